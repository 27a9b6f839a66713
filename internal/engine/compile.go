package engine

import (
	"cmp"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine/dfa"
	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// Compile reads, checks and compiles rule files. The ruleset holds the rules
// without an error; the diagnostics are everything found in any file, sorted.
//
// A file whose bytes and name are those of a rule in cfg.Previous is not
// compiled again when cfg is otherwise the same: the same catalogue, the same
// Builders map (not an equal one), the same Pack, Quick and Today. What other files
// say of it is checked all the same.
//
// A file whose rule a higher layer has too, whether that is in order or not, is
// replaced: nothing is said of it, and [Ruleset.Replaced] has its rule.
func Compile(srcs []Source, cfg Config) (*Ruleset, Diagnostics) {
	if cfg.Catalogue == nil {
		panic("engine: Compile without a catalogue")
	}
	c := newCompiler(&cfg)
	files := c.files(srcs)
	sorting.By(files, func(a, b *checkedFile) int {
		return cmp.Or(cmp.Compare(a.layer, b.layer), cmp.Compare(a.name, b.name))
	})
	files, replaced := overlay(files)
	diags := crossCheck(files)
	var rules []*Rule
	for _, f := range files {
		diags = append(diags, f.diags...)
		if f.rule != nil && !f.refused {
			rules = append(rules, f.rule)
		}
	}
	diags.Sort()
	rs := newRuleset(rules, cfg.Programs, cfg.Previous)
	rs.catalogue, rs.outlines = cfg.Catalogue, cfg.Outlines
	rs.replaced = replaced
	return rs, diags
}

// A checkedFile is what one file came to, apart from the others.
type checkedFile struct {
	*checked
	layer   int
	refused bool // another file has its id or name
}

// checked is the part of a checkedFile that does not change; the rule keeps
// it for a later Compile.
type checked struct {
	origin  origin
	name    string
	id      At[string]
	title   At[string] // the rule's name
	release At[string]
	rule    *Rule // nil when there are errors
	diags   Diagnostics
}

// An origin is what a file was checked against. Equal origins give equal
// results.
type origin struct {
	catalogue *attack.Catalogue
	builders  uintptr // of the map
	pack      bool
	quick     bool
	today     string
}

func originOf(cfg *Config) origin {
	return origin{cfg.Catalogue, reflect.ValueOf(cfg.Builders).Pointer(), cfg.Pack, cfg.Quick, cfg.Today}
}

type compiler struct {
	cfg    *Config
	origin origin
	late   *Config // for the matchers that are built late
}

func newCompiler(cfg *Config) *compiler {
	cfg.Programs, cfg.machines, cfg.places = tableOf(cfg), dfa.NewBudget(maxMachines), &knownPlaces{}
	late := &Config{Catalogue: cfg.Catalogue, Builders: cfg.Builders, Programs: cfg.Programs, machines: cfg.machines, places: cfg.places}
	return &compiler{cfg: cfg, origin: originOf(cfg), late: late}
}

// files checks every source, on all processors.
func (c *compiler) files(srcs []Source) []*checkedFile {
	files := make([]*checkedFile, len(srcs))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(srcs)) {
		wg.Go(func() {
			sc := NewScratch()
			for i := next.Add(1) - 1; int(i) < len(srcs); i = next.Add(1) - 1 {
				files[i] = &checkedFile{checked: c.file(srcs[i], sc), layer: srcs[i].Layer}
			}
		})
	}
	wg.Wait()
	return files
}

// file checks one source apart from the others.
func (c *compiler) file(src Source, sc *Scratch) *checked {
	if old := c.unchanged(src); old != nil {
		return old
	}
	if out := c.outlined(src); out != nil {
		return out
	}
	p, diags := Parse(src)
	f := &checked{origin: c.origin, name: src.Name}
	if p == nil {
		f.diags = unsaid(src, diags)
		return f
	}
	f.id, f.title, f.release = p.ID, p.Name, p.AttackRelease
	rule, found := c.rule(p, diags.HasErrors(), sc)
	for i := range found {
		found[i].File, found[i].RuleID = src.Name, p.ID.V
	}
	f.diags = unsaid(src, applySuppressions(p, append(diags, found...)))
	if !f.diags.HasErrors() {
		f.rule, rule.checked = rule, f
	}
	return f
}

func (c *compiler) unchanged(src Source) *checked {
	if c.cfg.Previous == nil {
		return nil
	}
	stem, _ := stemOf(src.Name)
	r := c.cfg.Previous.Rule(stem)
	if replaced := c.cfg.Previous.replaced[src.Name]; replaced != nil {
		r = replaced
	}
	if r == nil || r.checked.name != src.Name || r.checked.origin != c.origin || !r.Source.SameText(src) {
		return nil
	}
	return r.checked
}

// rule lints and builds one rule; broken says that Parse found errors.
// Examples are tried only on a rule without errors: of others they would only
// repeat what is wrong.
func (c *compiler) rule(p *ParsedRule, broken bool, sc *Scratch) (*Rule, Diagnostics) {
	l := linter{cfg: c.cfg, p: p, rule: &Rule{Source: p.Source, Hash: p.Hash}}
	l.lint()
	l.matcher()
	l.evidence()
	l.exampleCount()
	if !broken && !l.diags.HasErrors() {
		tell(l.rule)
		l.rule.likeness = likenessOf(l.rule, treeWords(l.p.Match))
		if !c.cfg.Quick {
			l.examples(sc)
		}
	}
	return l.rule, l.diags
}

// matcher builds the rule's matcher; it stays nil when that is impossible.
func (l *linter) matcher() {
	if l.p.Match == nil {
		return
	}
	var diags Diagnostics
	if kind := l.p.Match.member("kind"); kind != nil && kind.isText() {
		l.rule.Lifter = kind.Value
		l.rule.matcher, diags = l.lifter(kind)
	} else if kinds := l.rule.AppliesTo; len(kinds) > 0 {
		l.rule.matcher, diags = guard(l.p.Match, func() (Matcher, Diagnostics) { return buildMatch(l.p.Match, kinds, l.cfg) })
	}
	l.diags = append(l.diags, diags...)
	l.wrongKinds()
}

func (l *linter) lifter(kind *Node) (Matcher, Diagnostics) {
	build, ok := l.cfg.Builders[kind.Value]
	if !ok {
		d := NewDiagnostic(CodeUnknownLifter, kind.Span, "there is no lifter %q", short(kind.Value))
		d.Help = didYouMean(kind.Value, builderNames(l.cfg.Builders))
		if len(l.cfg.Builders) == 0 {
			d = d.WithHelp("this version has no lifters")
		}
		return nil, Diagnostics{d}
	}
	return guard(kind, func() (Matcher, Diagnostics) {
		return build(Params{Kind: kind.Value, Rule: l.p, Node: l.p.Match, Catalogue: l.cfg.Catalogue})
	})
}

func builderNames(builders map[string]Builder) []string {
	names := make([]string, 0, len(builders))
	for name := range builders {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// guard calls build and turns its panic into a diagnostic: it costs the rule.
func guard(at *Node, build func() (Matcher, Diagnostics)) (m Matcher, diags Diagnostics) {
	defer func() {
		if v := recover(); v != nil {
			m, diags = nil, Diagnostics{panicked(at.Span, "building the matcher", v)}
		}
	}()
	m, diags = build()
	if m == nil && !diags.HasErrors() {
		diags.add(newDiag(CodePanic, at.Span, "the lifter built no matcher and does not say why"))
	}
	return m, diags
}

func panicked(at Span, doing string, v any) Diagnostic {
	return NewDiagnostic(CodePanic, at, "%s: the matcher panicked: %s", doing, short(fmt.Sprint(v))).
		WithHelp("this is a defect of ttpctl: please report it with the rule")
}

// wrongKinds reports the kinds of a lifter rule that its matcher does not
// read, as far as it tells.
func (l *linter) wrongKinds() {
	reader, ok := l.rule.matcher.(Reader)
	if !ok || l.rule.Lifter == "" {
		return
	}
	for _, a := range l.p.AppliesTo {
		if k := event.ParseKind(a.V); k != event.KindUnknown && len(reader.Reads(k)) == 0 {
			l.diags.add(NewDiagnostic(CodeWrongKind, a.Span, "%s does not read %s events", l.rule.Lifter, k))
		}
	}
}

// evidence checks evidence_fields: payload fields of one of the rule's kinds
// that may be shown, or keys that the matcher names.
func (l *linter) evidence() {
	var keys []string
	if x, ok := l.rule.matcher.(Explainer); ok {
		keys = x.EvidenceKeys()
	}
	lost := l.rule.Lifter != "" && l.rule.matcher == nil // its keys are not known
	for _, a := range l.p.EvidenceFields {
		known, shown := l.evidenceField(a.V)
		switch {
		case shown || slices.Contains(keys, a.V):
			l.rule.EvidenceFields = append(l.rule.EvidenceFields, a.V)
		case known:
			l.diags.add(NewDiagnostic(CodeNoEvidence, a.Span, "%s may not become evidence, and is not shown", a.V).
				WithHelp("leave it out; the rule may read it all the same"))
		case len(l.rule.AppliesTo) > 0 && !lost:
			l.diags.add(l.unknownEvidence(a, keys))
		}
	}
}

func (l *linter) evidenceField(name string) (known, shown bool) {
	for _, k := range l.rule.AppliesTo {
		if id, ok := event.LookupField(k, name); ok {
			known = true
			shown = shown || id.Field().Evidence
		}
	}
	return known, shown
}

func (l *linter) unknownEvidence(a At[string], keys []string) Diagnostic {
	kinds, names := []string{}, slices.Clone(keys)
	for _, k := range l.rule.AppliesTo {
		kinds = append(kinds, k.String())
		for _, id := range event.FieldsOf(k) {
			if f := id.Field(); f.Evidence {
				names = append(names, f.Name)
			}
		}
	}
	d := NewDiagnostic(CodeNoEvidence, a.Span, "%s has no field %q: nothing is shown", strings.Join(kinds, " and "), short(a.V))
	d.Help = didYouMean(a.V, names)
	return d
}
