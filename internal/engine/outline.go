package engine

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
)

// Outlines are what compiling told of rule files, in a form that is read in a moment:
// all of a [Rule] but its matcher. A file with the very bytes of the one that was
// outlined need not be parsed until an event comes that its rule might match, for
// all that can go wrong with it was seen not to when the outlines were written.
//
// They are a text. Its first line has the release of the catalogue that the rules
// were checked against, each other line a rule, beginning with its rule_id and the
// SHA-256 of its file, or the index of all of them for one kind of events, beginning
// with the kind and the hash of the ruleset: see [codec]. Rules are outlined by
// [WriteOutlines].
type Outlines struct {
	release string
	rules   []string          // rule_ids, ascending
	lines   map[string]string // by rule_id or kind
}

// releaseKey begins the line with the catalogue's release.
const releaseKey = "attack_release "

// ReadOutlines finds the lines of text. A line is only read when a file asks for it.
func ReadOutlines(text string) *Outlines {
	head, text, _ := strings.Cut(text, "\n")
	o := &Outlines{release: strings.TrimPrefix(head, releaseKey), lines: make(map[string]string, strings.Count(text, "\n"))}
	for line := range strings.Lines(text) {
		id, _, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(id, indexPrefix) {
			o.rules = append(o.rules, id)
		}
		o.lines[id] = strings.TrimSuffix(line, "\n")
	}
	return o
}

// Sources returns the files that were outlined, as if they stood in dir. Their hashes
// are those that the outlines were made with, and text reads R0001.yaml when somebody
// wants to see it. Nobody compares the two here: whoever ships both has to.
func (o *Outlines) Sources(dir string, text func(name string) []byte) []Source {
	all := make([]Source, len(o.rules))
	for i, id := range o.rules {
		name, s := id+".yaml", &Shipped{}
		if _, err := hex.Decode(s.hash[:], []byte(o.lines[id][len(id)+1:][:2*len(s.hash)])); err != nil {
			panic("engine: outlines: " + err.Error())
		}
		s.text = func() []byte { return text(name) }
		all[i] = Source{Name: path.Join(dir, name), Shipped: s}
	}
	return all
}

// WriteOutlines compiles rule files and outlines them, in rule_id order. A file with
// anything to say of it is an error.
func WriteOutlines(srcs []Source, cfg Config) (string, error) {
	cfg.Pack, cfg.Quick, cfg.Today, cfg.Outlines = true, false, "", nil
	rs, diags := Compile(srcs, cfg)
	if len(diags) > 0 {
		return "", fmt.Errorf("the rules are not in order: %w", &diags[0])
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s%s\n", releaseKey, cfg.Catalogue.Release())
	for _, r := range rs.Rules() {
		p, _ := Parse(r.Source)
		c, requires := codec{}, codec{}
		requires.demands(&r.demands)
		c.outline(&outline{
			rule: r, hash: hex.EncodeToString(r.Hash[:]), id: r.checked.id, title: r.checked.title, release: r.checked.release, review: p.NextReview,
			requires: string(requires.out),
		})
		c.tree(p.Match)
		if c.broken {
			return "", fmt.Errorf("%s: match has a value that is no text, number or truth", r.Source.Name)
		}
		text.Write(append(c.out, '\n'))
	}
	for _, k := range event.Kinds() {
		writeIndex(&text, k, rs)
	}
	return text.String(), nil
}

// An outline is one line of Outlines.
type outline struct {
	hash               string // of the file, in hex
	rule               *Rule
	id, title, release At[string]
	review             At[string] // when its next review is due
	requires           string     // the words of its demands
	match              string     // the words of its tree
}

// of returns the outline of a file; nil when there is none, or one of other bytes.
func (o *Outlines) of(src Source, cat *attack.Catalogue) *outline {
	if o == nil || o.release != cat.Release() {
		return nil
	}
	stem, _ := stemOf(src.Name)
	line, ok := o.lines[stem]
	if !ok {
		return nil
	}
	out := &outline{rule: &Rule{Source: src, Hash: src.Hash()}}
	if !strings.HasPrefix(line[len(stem):], " "+hex.EncodeToString(out.rule.Hash[:])+" ") {
		return nil
	}
	c := codec{in: line, reading: true}
	c.outline(out)
	if c.broken || !out.rule.nameEmits(cat) {
		return nil
	}
	planEvidence(out.rule)
	out.match = c.in
	return out
}

// nameEmits fills in of the emits what the catalogue says.
func (r *Rule) nameEmits(cat *attack.Catalogue) bool {
	for i := range r.Emits {
		e := &r.Emits[i]
		t, ok := cat.Find(cmp.Or(e.SubTechnique, e.Technique))
		if !ok {
			return false
		}
		e.Release, e.URL = cat.ReleaseTag(t.Domain), t.URL
	}
	return true
}

// outlined returns what compiling src would come to, from its outline; nil when it
// has none.
func (c *compiler) outlined(src Source) *checked {
	o := c.cfg.Outlines.of(src, c.cfg.Catalogue)
	if o == nil {
		return nil
	}
	l := linter{cfg: c.cfg, p: &ParsedRule{NextReview: o.review}}
	l.dates()
	for i := range l.diags {
		l.diags[i].File, l.diags[i].RuleID = src.Name, o.id.V
	}
	r := o.rule
	r.late, r.likeness = &late{cfg: c.late, match: o.match, requires: o.requires}, likenessOf(r, o.match)
	r.checked = &checked{origin: c.origin, name: src.Name, id: o.id, title: o.title, release: o.release, rule: r, diags: l.diags}
	return r.checked
}
