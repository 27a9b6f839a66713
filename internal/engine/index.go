package engine

import (
	"slices"
	"sync"

	"ttpctl/internal/engine/dfa"
	"ttpctl/internal/engine/prefilter"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/event"
)

// A kindIndex admits the rules of one kind that an event might match. It may
// admit a rule that does not match, and never keeps out one that does.
type kindIndex struct {
	rules  []uint32 // every rule and step of the kind, ascending: what a plain scan judges
	always []uint32 // the rules of which nothing is required
	// clauses are by atom: each stands with the rarest of its atoms. The rest of the
	// index finds the atoms that an event shows.
	clauses [][]admission // until build puts them one behind the other
	from    []uint32      // by atom, and one more: where in packed its clauses begin
	packed  []packedClause
	width   int // of places of rules and steps
	fields  []fieldIndexer
	line    *lineIndex // nil = nothing is asked of what a line's commands show
	present []presence
	// newer admits the rules that changed since the rest was built, which
	// still admits them by what they required then. nil = none did.
	newer *kindIndex
}

// An admission is a rule or step that an atom admits when the others are there, and the
// branch of its any_of that they stand for, see [block.branches].
type admission struct {
	id     uint32
	branch uint32
	others []uint32
}

// A packedClause is an admission in one piece, for an event looks at dozens.
type packedClause struct {
	id       uint32
	branches branchSet
	others   [maxClause - 1]uint32 // the atom itself where there are fewer
}

// A presence is an atom that a field shows by any value.
type presence struct {
	field event.FieldID
	atom  uint32
}

// A fieldIndexer finds the required literals of all rules in one field's values, in
// one pass over each, and the patterns that these may have.
type fieldIndexer struct {
	field event.FieldID
	words wordIndex
	patternIndex
}

// A wordIndex finds what the literals of a text stand for. It gathers them until
// build makes the searcher.
type wordIndex struct {
	literals []prefilter.Pattern
	prepared bool                // literals are as prefilter.Prepare leaves them
	searcher *prefilter.Searcher // nil = there are no literals
}

func (x *wordIndex) prepare() {
	if !x.prepared {
		x.literals, x.prepared = prefilter.Prepare(x.literals), true
	}
}

func (x *wordIndex) build() {
	if len(x.literals) == 0 {
		return
	}
	x.prepare()
	x.searcher = prefilter.BuildPrepared(x.literals)
	x.literals, x.prepared = nil, false
}

// newKindIndex returns the index of all rules of one kind, nil when no rule asks for
// any. Of the shipped pack most of the work was done before, see [Outlines].
func newKindIndex(k event.Kind, rs *Ruleset) *kindIndex {
	ix := rs.outlines.index(k, rs)
	if ix == nil {
		ix = gather(k, rs, func(int) bool { return true })
	}
	return ix.build(rs.table)
}

// indexAmong indexes the rules of rs that among chooses, by their place.
func indexAmong(k event.Kind, rs *Ruleset, among func(rule int) bool) *kindIndex {
	return gather(k, rs, among).build(rs.table)
}

// gather is indexAmong without the searchers.
func gather(k event.Kind, rs *Ruleset, among func(rule int) bool) *kindIndex {
	b := indexBuilder{ix: &kindIndex{}, fields: map[event.FieldID]*fieldAtoms{}, known: map[string]uint32{}}
	for i, r := range rs.rules {
		if among(i) && slices.Contains(r.AppliesTo, k) && !r.ordered() {
			b.add(uint32(i), r.requirement(k), r.branches(k))
		}
	}
	for i, ref := range rs.steps {
		r := rs.rules[ref.rule]
		if among(int(ref.rule)) && r.steps[ref.step].kind == k {
			b.add(uint32(len(rs.rules)+i), r.stepRequirement(ref.step), r.stepBranches(ref.step))
		}
	}
	if len(b.ix.rules) == 0 && !rs.tallies {
		return nil
	}
	b.join(k)
	return b.ix
}

// build makes the searchers, side by side, once all atoms are there. table is that
// by which lines are analysed.
func (ix *kindIndex) build(table *program.Table) *kindIndex {
	if ix == nil {
		return nil
	}
	var wg sync.WaitGroup
	if ix.line != nil {
		wg.Go(func() { ix.line.build(table) })
	}
	ix.pack()
	machines := dfa.NewBudget(maxIndexMachines)
	for i := range ix.fields {
		f := &ix.fields[i]
		f.prepare(machines)
		wg.Go(f.words.build)
	}
	wg.Wait()
	return ix
}

func (ix *kindIndex) pack() {
	for atom, list := range ix.clauses {
		ix.from = append(ix.from, uint32(len(ix.packed)))
		for _, a := range list {
			p := packedClause{a.id, branchSetOf(a.branch), [maxClause - 1]uint32{uint32(atom), uint32(atom), uint32(atom)}}
			copy(p.others[:], a.others)
			ix.packed = append(ix.packed, p)
			ix.width = max(ix.width, int(a.id)+1)
		}
	}
	if len(ix.clauses) > 0 {
		ix.from = append(ix.from, uint32(len(ix.packed)))
	}
	ix.clauses = nil
}

// An indexBuilder numbers the atoms, of which many rules have the same.
type indexBuilder struct {
	ix     *kindIndex
	fields map[event.FieldID]*fieldAtoms
	known  map[string]uint32
	key    []byte
}

// join puts together, once all atoms are there, what is looked for in each field.
func (b *indexBuilder) join(k event.Kind) {
	var wg sync.WaitGroup
	b.ix.fields = make([]fieldIndexer, 0, len(b.fields))
	for _, id := range event.FieldsOf(k) {
		atoms := b.fields[id]
		if atoms == nil {
			continue
		}
		b.ix.fields = append(b.ix.fields, fieldIndexer{field: id})
		f := &b.ix.fields[len(b.ix.fields)-1]
		wg.Go(func() {
			atoms.join(uint32(len(b.ix.clauses)))
			f.words.literals, f.patternIndex = atoms.literals, atoms.patternIndex
		})
	}
	wg.Wait()
}

// add adds what a rule or step requires. branches are those of the clauses, nil when
// there is nothing to tell.
func (b *indexBuilder) add(id uint32, req requirement, branches []uint32) {
	b.ix.rules = append(b.ix.rules, id)
	if req == nil {
		b.ix.always = append(b.ix.always, id)
		return
	}
	for n, c := range req {
		branch := noBranch
		if branches != nil {
			branch = branches[n]
		}
		var others []uint32
		for i := range c[1:] {
			others = append(others, b.atom(&c[i+1]))
		}
		first := b.atom(&c[0])
		b.ix.clauses[first] = append(b.ix.clauses[first], admission{id, branch, others})
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
	case a.present && a.pattern == "":
		b.ix.present = append(b.ix.present, presence{a.field, n})
	default:
		field := lookedForIn(a.field)
		if b.fields[field] == nil {
			b.fields[field] = &fieldAtoms{}
		}
		b.fields[field].add(a, n)
	}
	return n
}

func (ix *kindIndex) lineIndex() *lineIndex {
	if ix.line == nil {
		ix.line = &lineIndex{}
	}
	return ix.line
}

// admit returns the rules to judge, ascending. The result is valid until the
// scratch is used again.
func (ix *kindIndex) admit(ev *event.Event, sc *Scratch) []uint32 {
	sc.found.Reset() // also where nothing is looked for: what an event before showed is no answer
	if len(ix.from) == 0 && ix.newer == nil {
		return ix.always
	}
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

// find notes the rules and steps of whose clauses the event shows one, and for which
// of their branches these stand.
func (ix *kindIndex) find(ev *event.Event, sc *Scratch) {
	sc.marks.Reset()
	ix.mark(ev, sc)
	sc.branches.grow(ix.width)
	shown, from, packed := sc.marks.Look(len(ix.from)), ix.from, ix.packed
	for _, atom := range sc.marks.IDs() {
		for i, to := from[atom], from[atom+1]; i < to; i++ {
			c := &packed[i]
			if !shown.Has(c.others[0]) || !shown.Has(c.others[1]) || !shown.Has(c.others[2]) {
				continue
			}
			if sc.found.Has(c.id) {
				sc.branches.of[c.id] |= c.branches
				continue
			}
			sc.found.Add(c.id)
			sc.branches.of[c.id] = c.branches
		}
	}
}

// mark marks the atoms that the event shows.
func (ix *kindIndex) mark(ev *event.Event, sc *Scratch) {
	if ix.line != nil && sc.hit.line != nil {
		ix.line.mark(sc.hit.line, sc)
	}
	for _, p := range ix.present {
		if v := ev.Value(p.field); v != nil && (v.Kind != event.List || len(v.List) > 0) {
			sc.marks.Add(p.atom)
		}
	}
	for i := range ix.fields {
		f := &ix.fields[i]
		switch v := ev.Value(f.field); {
		case v == nil:
		case v.Kind == event.String:
			f.look(v.Str, sc)
		default:
			for _, text := range ev.Texts(event.FieldRef{ID: f.field}) {
				f.look(text, sc)
			}
		}
	}
}

// look marks the atoms that one text of the field shows.
func (f *fieldIndexer) look(text string, sc *Scratch) {
	sc.literals.Reset()
	if s := f.words.searcher; s != nil {
		s.Search(text, &sc.literals)
	}
	f.mark(text, sc)
}
