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
	rows     rowSketch       // of programs; 0 = any
	around   []*commandTest  // input_from, output_to
}

// A commandCheck is one key of a command block.
type commandCheck struct {
	key   string
	asked []string
	holds func(l *analysis, c int) bool
}

func (t *commandTest) at(l *analysis, c int) bool {
	for i := range t.checks {
		if !t.checks[i].holds(l, c) {
			return false
		}
	}
	return true
}

// mayHold is the cheap question: whether the line has a program and the effects
// that the block asks for.
func (t *commandTest) mayHold(l *analysis) bool {
	return l.Verbs&t.verbs == t.verbs && (t.rows == 0 || l.rows&t.rows != 0)
}

func (t *commandTest) holds(_ *event.Event, h *Hit) bool {
	if h.line == nil || !t.mayHold(h.line) {
		return false
	}
	for i := range h.line.Commands {
		if t.at(h.line, i) {
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
// text, its effects, and the same of a command that it is piped from or into.
// Words that nearly all lines have are asked for only when nothing else is.
func (t *commandTest) requirement() (requirement, bool) {
	var all requirement
	need := func(a atom) { all = all.and(requirement{{a}}) }
	if t.programs != nil {
		need(atom{line: &lineAtom{programs: t.programs, heads: t.heads}})
	}
	if t.pathed {
		need(atom{line: &lineAtom{pathed: true}})
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
		if !words.Weak() || all == nil {
			need(atom{field: simpleCommand, literals: words})
		}
	}
	return all, all != nil
}

// hasOption reports whether c was given one of the options, by any of its
// names.
func hasOption(c *program.Command, names []string) bool {
	return slices.ContainsFunc(c.Options, func(o program.Option) bool { return isOption(&o, names) })
}

func isOption(o *program.Option, names []string) bool {
	if slices.Contains(names, o.Name) {
		return true
	}
	return o.Spec != nil && slices.ContainsFunc(o.Spec.Names, func(n string) bool { return slices.Contains(names, n) })
}
