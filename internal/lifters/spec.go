package lifters

import (
	"embed"
	"io/fs"
	"slices"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// prefix begins the match.kind of every lifter rule.
const prefix = "lifter:"

// A Spec describes one predicate, for compilation, documentation and the
// schema of rules.
type Spec struct {
	Name     string       // <owner>_<predicate>
	Kinds    []event.Kind // that it reads; applies_to may name no other
	Params   []engine.Param
	Evidence []string // keys that it may write
	// FieldsToo: the rule's evidence_fields become evidence too (behavioral).
	FieldsToo bool

	build func(*binding) matchFunc
}

// MatchKind returns what rules write as match.kind.
func (s *Spec) MatchKind() string { return prefix + s.Name }

// Specs returns the table of predicates in the order of LIFTERS.md. The
// result is the caller's.
func Specs() []Spec {
	return slices.Concat(behavioralSpecs(), credentialSpecs(), identitySpecs(), intelSpecs(),
		canarySpecs(), emailSpecs(), httpSpecs(), ipv6Specs(), c2Specs(), shellSpecs(), webSpecs())
}

// Params returns the parameters of every predicate by match.kind.
func Params() map[string][]engine.Param {
	params := map[string][]engine.Param{}
	for _, spec := range Specs() {
		params[spec.MatchKind()] = spec.Params
	}
	return params
}

// Builders returns the builder of every predicate by match.kind.
func Builders() map[string]engine.Builder {
	return builders(shipped)
}

//go:embed data/*.tsv
var shipped embed.FS

// builders makes the builders of the predicates, which read the tables in data.
func builders(data fs.FS) map[string]engine.Builder {
	specs := Specs()
	m := make(map[string]engine.Builder, len(specs))
	for i := range specs {
		s := &specs[i]
		m[s.MatchKind()] = func(p engine.Params) (engine.Matcher, engine.Diagnostics) {
			return s.compile(p, data)
		}
	}
	return m
}

// compile checks a rule's parameters, kinds and evidence fields, and builds
// its matcher when they are in order.
func (s *Spec) compile(p engine.Params, data fs.FS) (engine.Matcher, engine.Diagnostics) {
	args, diags := p.Decode(s.Params)
	b := &binding{spec: s, params: p, args: args, data: data, diags: diags}
	b.checkKinds()
	b.checkEvidence()
	if b.diags.HasErrors() {
		return nil, b.diags
	}
	match := s.build(b)
	if b.diags.HasErrors() {
		return nil, b.diags
	}
	return &lifter{spec: s, match: match, reads: b.reads, decides: b.decides, demands: b.demands}, b.diags
}

// A matchFunc decides one event, and notes evidence in h when it fires.
type matchFunc func(ev *event.Event, h *engine.Hit) bool

// A lifter is a built predicate. It is immutable and safe for concurrent use.
type lifter struct {
	spec           *Spec
	match          matchFunc
	reads, decides [event.NumKinds][]event.FieldID
	demands        [event.NumKinds][]event.FieldID
}

func (l *lifter) Match(ev *event.Event, h *engine.Hit) bool { return l.match(ev, h) }
func (l *lifter) Reads(k event.Kind) []event.FieldID        { return l.reads[k] }
func (l *lifter) Decides(k event.Kind) []event.FieldID      { return l.decides[k] }
func (l *lifter) Demands(k event.Kind) []event.FieldID      { return l.demands[k] }
func (l *lifter) EvidenceKeys() []string                    { return l.spec.Evidence }

// Withholds reports whether field may not be evidence although the field table
// allows it: only some lifters show the rule's evidence_fields.
func (l *lifter) Withholds(k event.Kind, field string) bool { return !l.spec.mayShow(k, field) }

// mayShow reports whether name may be evidence on events of kind k. Email is
// never shown by field: its lifters, and behavioral ones on email, write
// their own keys.
func (s *Spec) mayShow(k event.Kind, name string) bool {
	return slices.Contains(s.Evidence, name) || s.FieldsToo && k != event.KindEmail
}
