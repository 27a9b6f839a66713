package engine

import "sync"

// A late matcher is that of a rule that was outlined: built when an event is first
// judged by it, for most rules never. What it requires is read when an index asks for
// it that was not outlined too.
type late struct {
	cfg     *Config
	match   string // the words of the tree
	once    sync.Once
	matcher Matcher

	requires string // the words of demands
	asked    sync.Once
	demands  demands
}

// asks returns what the rule requires. It is safe for concurrent use.
func (l *late) asks() *demands {
	l.asked.Do(func() {
		c := codec{in: l.requires, reading: true}
		c.demands(&l.demands)
		if c.broken {
			panic("engine: a rule was outlined, and what it requires cannot be read")
		}
	})
	return &l.demands
}

// judge returns the rule's matcher. It is safe for concurrent use.
func (r *Rule) judge() Matcher {
	if r.matcher != nil {
		return r.matcher
	}
	return r.late.of(r)
}

// sequence returns the steps of a rule that is sequenced.
func (r *Rule) sequence() *sequence { return r.judge().(sessionSequence).sequence }

func (l *late) of(r *Rule) Matcher {
	l.once.Do(func() { l.matcher = l.build(r) })
	if l.matcher == nil {
		panic("engine: " + r.ID + " was outlined, and its matcher cannot be built")
	}
	return l.matcher
}

// build makes the matcher from the words of its tree.
func (l *late) build(r *Rule) Matcher {
	c := newTreeReader(l.match)
	n := c.tree(0)
	if c.broken || c.in != "" {
		return nil
	}
	if r.Lifter != "" {
		m, _ := l.cfg.Builders[r.Lifter](Params{Kind: r.Lifter, Rule: r.parsed(n), Node: n, Catalogue: l.cfg.Catalogue})
		return m
	}
	b := newMatchBuilder(r.AppliesTo, l.cfg)
	b.settled = true
	return b.build(n)
}

// parsed returns what a lifter is told of a rule. Nothing is said of it any more, so
// that places in the file do not matter.
func (r *Rule) parsed(match *Node) *ParsedRule {
	p := &ParsedRule{Source: r.Source, Hash: r.Hash, ID: r.checked.id, Match: match}
	for _, k := range r.AppliesTo {
		p.AppliesTo = append(p.AppliesTo, At[string]{V: k.String()})
	}
	for _, e := range r.Emits {
		p.Emits = append(p.Emits, ParsedEmit{
			Tactic: At[string]{V: e.Tactic}, Technique: At[string]{V: e.Technique}, SubTechnique: At[string]{V: e.SubTechnique},
			Confidence: At[float64]{V: e.Confidence},
		})
	}
	for _, name := range r.EvidenceFields {
		p.EvidenceFields = append(p.EvidenceFields, At[string]{V: name})
	}
	return p
}
