package lifters

import (
	"io/fs"
	"slices"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// A binding builds one rule's matcher: it resolves fields, remembers which
// were asked for, and collects diagnostics.
type binding struct {
	spec   *Spec
	params engine.Params
	args   engine.Args
	data   fs.FS // the tables of the predicates
	// reads are all fields, decides those on which it depends whether the predicate
	// holds.
	reads, decides [event.NumKinds][]event.FieldID
	demands        [event.NumKinds][]event.FieldID // of demand
	diags          engine.Diagnostics
}

// kinds returns the rule's kinds that the predicate reads.
func (b *binding) kinds() []event.Kind {
	var ks []event.Kind
	for _, at := range b.params.Rule.AppliesTo {
		if k := event.ParseKind(at.V); slices.Contains(b.spec.Kinds, k) {
			ks = append(ks, k)
		}
	}
	return ks
}

// checkKinds reports kinds of applies_to on which the rule could never fire.
// Names that are no kinds at all are reported elsewhere.
func (b *binding) checkKinds() {
	for _, at := range b.params.Rule.AppliesTo {
		k := event.ParseKind(at.V)
		if k == event.KindUnknown || slices.Contains(b.spec.Kinds, k) {
			continue
		}
		b.report(engine.NewDiagnostic(engine.CodeWrongKind, at.Span,
			"%s does not read %s events", b.spec.MatchKind(), at.V).
			WithLabel("never fires here").
			WithHelp("it reads %s", kindList(b.spec.Kinds)))
	}
}

func kindList(ks []event.Kind) string {
	names := make([]string, len(ks))
	for i, k := range ks {
		names[i] = k.String()
	}
	return strings.Join(names, ", ")
}

// checkEvidence reports evidence_fields that the predicate may not show.
// Fields that may never be evidence, or do not exist, are reported elsewhere.
func (b *binding) checkEvidence() {
	for _, at := range b.params.Rule.EvidenceFields {
		for _, k := range b.kinds() {
			id, ok := event.LookupField(k, at.V)
			if !ok || !id.Field().Evidence || b.spec.mayShow(k, at.V) {
				continue
			}
			b.report(engine.NewDiagnostic(engine.CodeNoEvidence, at.Span,
				"%s does not show %s: the name has no effect", b.spec.MatchKind(), at.V).
				WithHelp("its evidence is %s", strings.Join(b.spec.Evidence, ", ")))
			break
		}
	}
}

func (b *binding) report(d engine.Diagnostic) { b.diags = append(b.diags, d) }

// needOneOf reports a rule that gives none of the parameters.
func (b *binding) needOneOf(names ...string) {
	if !slices.ContainsFunc(names, b.args.Has) {
		b.report(b.params.Errorf(engine.CodeMissingKey, "kind",
			"%s wants at least one of %s", b.spec.MatchKind(), strings.Join(names, " and ")))
	}
}

// A field is a payload field by name, in each kind that the rule reads and
// that has it.
type field struct {
	ids   [event.NumKinds]event.FieldID
	known [event.NumKinds]bool
}

// field resolves a field that decides whether the predicate holds. A name that none of the
// predicate's kinds has is a slip in this package.
func (b *binding) field(name string) *field {
	b.mustKnow(name)
	return b.optional(name)
}

// demand resolves fields of which an event must have one for the predicate to hold.
func (b *binding) demand(names ...string) {
	for _, name := range names {
		b.mustKnow(name)
		b.resolve(name, &b.demands)
	}
}

func (b *binding) mustKnow(name string) {
	if !slices.ContainsFunc(b.spec.Kinds, func(k event.Kind) bool {
		_, ok := event.LookupField(k, name)
		return ok
	}) {
		panic("lifters: " + b.spec.Name + " reads unknown field " + name)
	}
}

// optional is field for a name that the field table may lack.
func (b *binding) optional(name string) *field {
	f := b.resolve(name, &b.decides)
	b.resolve(name, &b.reads)
	return f
}

// resolve finds a field of the rule's kinds and notes it in lists.
func (b *binding) resolve(name string, lists *[event.NumKinds][]event.FieldID) *field {
	f := &field{}
	for _, k := range b.kinds() {
		if id, ok := event.LookupField(k, name); ok {
			f.ids[k], f.known[k] = id, true
			if !slices.Contains(lists[k], id) {
				lists[k] = append(lists[k], id)
			}
		}
	}
	return f
}

// value returns the field's value in ev, nil when it is absent.
func (f *field) value(ev *event.Event) *event.Value {
	if !f.known[ev.Kind] {
		return nil
	}
	return ev.Value(f.ids[ev.Kind])
}

// text returns the field's string, "" when it is absent or no string.
func (f *field) text(ev *event.Event) string {
	if v := f.value(ev); v != nil && v.Kind == event.String {
		return v.Str
	}
	return ""
}

// num returns the field's number; ok is false when it is absent or no number.
func (f *field) num(ev *event.Event) (n float64, ok bool) {
	if v := f.value(ev); v != nil && v.Kind == event.Number {
		return v.Num, true
	}
	return 0, false
}

// reaches reports whether the field is a number of at least min.
func (f *field) reaches(ev *event.Event, min float64) bool {
	n, ok := f.num(ev)
	return ok && n >= min
}

// isTrue reports whether the field is the boolean true.
func (f *field) isTrue(ev *event.Event) bool {
	v := f.value(ev)
	return v != nil && v.True()
}

// isFalse reports whether the field is the boolean false; absence is not.
func (f *field) isFalse(ev *event.Event) bool {
	v := f.value(ev)
	return v != nil && v.Kind == event.Bool && !v.True()
}

// list returns the list's elements, nil when the field is absent or no list.
func (f *field) list(ev *event.Event) []event.Value {
	if v := f.value(ev); v != nil && v.Kind == event.List {
		return v.List
	}
	return nil
}

// A source is a field that becomes evidence under a key.
type source struct {
	key string
	*field
}

// shows resolves fields that become evidence under their own names, and decide
// nothing.
func (b *binding) shows(names ...string) []source {
	out := make([]source, len(names))
	for i, name := range names {
		b.mustKnow(name)
		out[i] = source{name, b.resolve(name, &b.reads)}
	}
	return out
}

// show adds what is present of sources to the evidence.
func show(ev *event.Event, h *engine.Hit, sources []source) {
	for _, s := range sources {
		if v := s.value(ev); v != nil {
			h.Extra(s.key, *v)
		}
	}
}

// firstText returns the first of fields that holds a non-empty string.
func firstText(ev *event.Event, fields []*field) string {
	for _, f := range fields {
		if s := f.text(ev); s != "" {
			return s
		}
	}
	return ""
}
