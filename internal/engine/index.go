package engine

import (
	"slices"

	"ttpctl/internal/engine/prefilter"
	"ttpctl/internal/event"
)

// A kindIndex admits the rules of one kind that an event might match. It may
// admit a rule that does not match, and never keeps out one that does.
type kindIndex struct {
	rules  []uint32 // every rule and step of the kind, ascending: what a plain scan judges
	always []uint32 // the rules of which nothing is required
	fields []fieldIndexer
	line   *lineIndex // nil = no rule is found by what a line's commands show
	// present are rules that are found by nothing but that a field has a value.
	present []presence
	// newer admits the rules that changed since the rest was built, which
	// still admits them by what they required then. nil = none did.
	newer *kindIndex
}

// A presence is a rule, and the field of which it needs any value.
type presence struct {
	field event.FieldID
	id    uint32
}

// A fieldIndexer finds the required literals of all rules in one field's
// values, in one pass over each.
type fieldIndexer struct {
	field     event.FieldID
	automaton *prefilter.Automaton
}

// indexed is a Matcher that can say what its matches require.
type indexed interface {
	requirement(event.Kind) (requirement, bool)
}

func newKindIndex(k event.Kind, rs *Ruleset) *kindIndex {
	return indexOf(k, rs, func(int) bool { return true })
}

// indexOf indexes the rules of rs that among chooses, by their place.
func indexOf(k event.Kind, rs *Ruleset, among func(rule int) bool) *kindIndex {
	ix := &kindIndex{}
	patterns := map[event.FieldID][]prefilter.Pattern{}
	add := func(id uint32, req requirement, ok bool) {
		ix.rules = append(ix.rules, id)
		if !ok {
			ix.always = append(ix.always, id)
			return
		}
		for _, a := range req {
			switch {
			case a.line != nil:
				ix.lineIndex().add(a.line, id)
				continue
			case a.present:
				ix.present = append(ix.present, presence{a.field, id})
				continue
			}
			for _, l := range a.literals.Literals() {
				patterns[a.field] = append(patterns[a.field], prefilter.Pattern{Literal: l, ID: id})
			}
		}
	}
	for i, r := range rs.rules {
		if among(i) && slices.Contains(r.AppliesTo, k) && r.sequence == nil && !r.tallies {
			req, ok := requirementOf(r, k)
			add(uint32(i), req, ok)
		}
	}
	for i, ref := range rs.steps {
		if !among(int(ref.rule)) {
			continue
		}
		if s := &rs.rules[ref.rule].sequence.steps[ref.step]; s.kind == k {
			req, ok := s.root.requirement()
			add(uint32(len(rs.rules)+i), req, ok)
		}
	}
	if len(ix.rules) == 0 && !rs.tallies {
		return nil
	}
	for _, id := range event.FieldsOf(k) {
		if ps := patterns[id]; ps != nil {
			ix.fields = append(ix.fields, fieldIndexer{id, prefilter.Build(ps)})
		}
	}
	return ix
}

func (ix *kindIndex) lineIndex() *lineIndex {
	if ix.line == nil {
		ix.line = &lineIndex{}
	}
	return ix.line
}

func requirementOf(r *Rule, k event.Kind) (requirement, bool) {
	m, ok := r.matcher.(indexed)
	if !ok {
		return nil, false
	}
	return m.requirement(k)
}

// admit returns the rules to judge, ascending. The result is valid until the
// scratch is used again.
func (ix *kindIndex) admit(ev *event.Event, sc *Scratch) []uint32 {
	if len(ix.fields) == 0 && ix.line == nil && len(ix.present) == 0 && ix.newer == nil {
		return ix.always
	}
	sc.marks.Reset()
	ix.mark(ev, sc)
	if ix.newer != nil {
		ix.newer.mark(ev, sc)
	}
	found := sc.marks.IDs()
	if len(found) == 0 {
		return ix.always
	}
	sc.admitted = append(append(sc.admitted[:0], ix.always...), found...)
	slices.Sort(sc.admitted)
	if ix.newer != nil {
		// A rule may have required nothing before it changed.
		sc.admitted = slices.Compact(sc.admitted)
	}
	return sc.admitted
}

// mark marks the rules whose requirements the event shows.
func (ix *kindIndex) mark(ev *event.Event, sc *Scratch) {
	if ix.line != nil && sc.hit.line != nil {
		ix.line.admit(sc.hit.line, &sc.marks)
	}
	for _, p := range ix.present {
		if v := ev.Value(p.field); v != nil && len(v.List) > 0 {
			sc.marks.Add(p.id)
		}
	}
	for i := range ix.fields {
		f := &ix.fields[i]
		for _, text := range ev.Texts(event.FieldRef{ID: f.field}) {
			sc.fold = prefilter.AppendFold(sc.fold[:0], text)
			f.automaton.Scan(sc.fold, &sc.marks)
		}
	}
}
