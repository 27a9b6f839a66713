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
	// clauses are by atom: each stands with the rarest of its atoms. The rest of the
	// index finds the atoms that an event shows.
	clauses [][]admission
	fields  []fieldIndexer
	line    *lineIndex // nil = nothing is asked of what a line's commands show
	present []presence
	// newer admits the rules that changed since the rest was built, which
	// still admits them by what they required then. nil = none did.
	newer *kindIndex
}

// An admission is a rule or step that an atom admits when the others are there.
type admission struct {
	id     uint32
	others []uint32
}

// A presence is an atom that a field shows by any value.
type presence struct {
	field event.FieldID
	atom  uint32
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
	b := indexBuilder{ix: &kindIndex{}, patterns: map[event.FieldID][]prefilter.Pattern{}, known: map[string]uint32{}}
	for i, r := range rs.rules {
		if among(i) && slices.Contains(r.AppliesTo, k) && r.sequence == nil && !r.tallies {
			req, ok := requirementOf(r, k)
			b.add(uint32(i), req, ok)
		}
	}
	for i, ref := range rs.steps {
		if !among(int(ref.rule)) {
			continue
		}
		if s := &rs.rules[ref.rule].sequence.steps[ref.step]; s.kind == k {
			req, ok := s.root.requirement()
			b.add(uint32(len(rs.rules)+i), req, ok)
		}
	}
	if len(b.ix.rules) == 0 && !rs.tallies {
		return nil
	}
	if b.ix.line != nil {
		b.ix.line.build()
	}
	for _, id := range event.FieldsOf(k) {
		if ps := b.patterns[id]; ps != nil {
			b.ix.fields = append(b.ix.fields, fieldIndexer{id, prefilter.Build(ps)})
		}
	}
	return b.ix
}

// An indexBuilder numbers the atoms, of which many rules have the same.
type indexBuilder struct {
	ix       *kindIndex
	patterns map[event.FieldID][]prefilter.Pattern
	known    map[string]uint32
	key      []byte
}

func (b *indexBuilder) add(id uint32, req requirement, ok bool) {
	b.ix.rules = append(b.ix.rules, id)
	if !ok {
		b.ix.always = append(b.ix.always, id)
		return
	}
	for _, c := range req {
		var others []uint32
		for i := range c[1:] {
			others = append(others, b.atom(&c[i+1]))
		}
		first := b.atom(&c[0])
		b.ix.clauses[first] = append(b.ix.clauses[first], admission{id, others})
	}
}

// atom returns the number of a, which is looked for from now on.
func (b *indexBuilder) atom(a *atom) uint32 {
	b.key = a.appendKey(b.key[:0])
	if n, ok := b.known[string(b.key)]; ok {
		return n
	}
	n := uint32(len(b.ix.clauses))
	b.known[string(b.key)] = n
	b.ix.clauses = append(b.ix.clauses, nil)
	switch {
	case a.line != nil:
		b.ix.lineIndex().add(a.line, n)
	case a.present:
		b.ix.present = append(b.ix.present, presence{a.field, n})
	}
	for _, l := range a.literals.Literals() {
		b.patterns[a.field] = append(b.patterns[a.field], prefilter.Pattern{Literal: l, ID: n})
	}
	return n
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
	if len(ix.clauses) == 0 && ix.newer == nil {
		return ix.always
	}
	sc.found.Reset()
	ix.find(ev, sc)
	if ix.newer != nil {
		ix.newer.find(ev, sc)
	}
	found := sc.found.IDs()
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

// find notes the rules and steps of whose clauses the event shows one.
func (ix *kindIndex) find(ev *event.Event, sc *Scratch) {
	sc.marks.Reset()
	ix.mark(ev, sc)
	for _, atom := range sc.marks.IDs() {
		for i := range ix.clauses[atom] {
			if a := &ix.clauses[atom][i]; a.shown(&sc.marks) {
				sc.found.Add(a.id)
			}
		}
	}
}

// shown reports whether the other atoms of the clause are there too.
func (a *admission) shown(m *prefilter.Marks) bool {
	for _, other := range a.others {
		if !m.Has(other) {
			return false
		}
	}
	return true
}

// mark marks the atoms that the event shows.
func (ix *kindIndex) mark(ev *event.Event, sc *Scratch) {
	if ix.line != nil && sc.hit.line != nil {
		ix.line.mark(sc.hit.line, sc)
	}
	for _, p := range ix.present {
		if v := ev.Value(p.field); v != nil && len(v.List) > 0 {
			sc.marks.Add(p.atom)
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
