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
	literals prefilter.Set
	effects  []*effectTest
	around   []*commandTest // input_from, output_to
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

func (t *commandTest) holds(_ *event.Event, h *Hit) bool {
	if h.line == nil {
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
	if req, ok := t.requirement(); ok && req[0].line == nil {
		*ids = append(*ids, simpleCommand)
	}
}

// requirement is that of the strongest check: the command's name, what stands
// in its text, one of its effects, or the same of a command that it is piped
// from or into.
func (t *commandTest) requirement() (requirement, bool) {
	var best requirement
	better := func(r requirement) {
		if best == nil || r.score() > best.score() {
			best = r
		}
	}
	if t.programs != nil {
		better(requirement{{line: &lineAtom{programs: t.programs, heads: t.heads}}})
	}
	if t.pathed {
		better(requirement{{line: &lineAtom{pathed: true}}})
	}
	for _, e := range t.effects {
		better(requirement{{line: &lineAtom{effect: e}}})
	}
	if !t.literals.IsZero() && !t.literals.Weak() {
		better(requirement{{field: simpleCommand, literals: t.literals}})
	}
	for _, other := range t.around {
		if r, ok := other.requirement(); ok {
			better(r)
		}
	}
	return best, best != nil
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
