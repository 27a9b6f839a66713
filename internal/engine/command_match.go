package engine

import (
	"slices"

	"ttpctl/internal/engine/prefilter"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/event"
)

// A commandTest holds on a simple command that passes every check.
type commandTest struct {
	checks []commandCheck // the cheap ones first

	// For the index: programs are the names of which the command has one, unless
	// its name begins with one of heads, nil = any; pathed, that it is named with a
	// path; the literals stand in its text; the effects are its own.
	programs []string
	heads    []string
	pathed   bool
	literals []prefilter.Set
	effects  []*effectTest
	verbs    program.VerbSet // of effects
	options  []nameSet       // of each of which one is given
	vias     nameSet         // of which one is a wrapper around the command; the zero one = whatever is
	words    []*wordTest     // of which a word of the command, or its path, passes each
	rows     rowSketch       // of programs; 0 = any
	only     int             // one more than the place of the only one in the table; 0 = there are others
	around   []*commandTest  // input_from, output_to
}

// A commandCheck is one key of a command block.
type commandCheck struct {
	key   string
	asked []string
	holds func(l *analysis, c int) bool
}

func (t *commandTest) at(l *analysis, c int) bool {
	if !t.mayBe(l.bits[c]) {
		return false
	}
	checks := t.checks
	if t.only != 0 {
		if r := l.Commands[c].Row; r == nil || r.ID+1 != t.only {
			return false
		}
		checks = checks[1:] // program, which is the first of all
	}
	for i := range checks {
		if !checks[i].holds(l, c) {
			return false
		}
	}
	return true
}

// mayBe is false when a command of that row is none of programs.
func (t *commandTest) mayBe(bit rowSketch) bool { return t.rows == 0 || t.rows&bit != 0 }

// mayHold is the cheap question: whether the commands of the line, together, show
// what the block asks of one.
func (t *commandTest) mayHold(l *analysis) bool {
	if l == nil || l.Verbs&t.verbs != t.verbs || t.rows != 0 && l.rows&t.rows == 0 {
		return false
	}
	s := l.sketched()
	if t.vias.names != nil && s.vias&t.vias.bits == 0 {
		return false
	}
	for i := range t.options {
		if s.options&t.options[i].bits == 0 {
			return false
		}
	}
	for _, w := range t.words {
		if !w.mayHold(s, s.typedWord) {
			return false
		}
	}
	for _, e := range t.effects {
		if !e.mayHold(l) {
			return false
		}
	}
	for _, other := range t.around {
		if !other.mayHold(l) {
			return false
		}
	}
	return true
}

func (t *commandTest) holds(_ *event.Event, h *Hit) bool {
	if h.line == nil {
		return false
	}
	for i, bit := range h.line.bits {
		if t.mayBe(bit) && t.at(h.line, i) {
			h.noteCommand(h.line.Commands[i].Text)
			return true
		}
	}
	return false
}

func (t *commandTest) reads(ids *[]event.FieldID) {
	*ids = append(*ids, commandText, commandPwd)
	if len(t.literals) > 0 {
		*ids = append(*ids, simpleCommand)
	}
}

// requirement is that of all checks: the command's name, what stands in its
// text, its options, its effects, and the same of a command that it is piped from or
// into.
func (t *commandTest) requirement() (requirement, bool) {
	var all requirement
	need := func(a atom) { all = all.and(requirement{{a}}) }
	if t.programs != nil {
		need(atom{line: &lineAtom{programs: t.programs, heads: t.heads}})
	}
	if t.pathed {
		need(atom{line: &lineAtom{pathed: true}})
	}
	for _, o := range t.options {
		need(atom{line: &lineAtom{options: o.names}})
	}
	if t.vias.names != nil {
		need(atom{line: &lineAtom{vias: t.vias.names}})
	}
	for _, e := range t.effects {
		all = all.and(requirement{e.clause()})
	}
	for _, other := range t.around {
		if r, ok := other.requirement(); ok {
			all = all.and(r)
		}
	}
	for _, words := range t.literals {
		need(atom{field: simpleCommand, literals: words})
	}
	return all, all != nil
}

// hasOption reports whether command i was given one of the options, by any of its
// names. Nearly always it was not, which the bits say.
func (a *analysis) hasOption(i int, set *nameSet) bool {
	if a.options[i]&set.bits == 0 {
		return false
	}
	given := a.Commands[i].Options
	for k := range given {
		if isOption(&given[k], set.names) {
			return true
		}
	}
	return false
}

func isOption(o *program.Option, names []string) bool {
	if slices.Contains(names, o.Name) {
		return true
	}
	return o.Spec != nil && slices.ContainsFunc(o.Spec.Names, func(n string) bool { return slices.Contains(names, n) })
}
