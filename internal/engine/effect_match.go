package engine

import (
	"ttpctl/internal/engine/program"
	"ttpctl/internal/event"
)

// An effectTest holds on an effect of its verb that passes every check.
type effectTest struct {
	verb   program.Verb
	checks []effectCheck // in document order
	target *wordTest     // what is asked of the target, nil = nothing
	what   *wordTest     // and of what is searched for
	key    effectKey     // for the index
	sought effectKey     // the same of what it searches for
}

// An effectCheck is one member of an effect block.
type effectCheck struct {
	key   string
	asked []string
	holds func(e *program.Effect) bool
}

func (t *effectTest) holds(e *program.Effect) bool {
	if e.Verb != t.verb {
		return false
	}
	for i := range t.checks {
		if !t.checks[i].holds(e) {
			return false
		}
	}
	return true
}

// of reports whether an effect of c passes.
func (t *effectTest) of(c *program.Command) bool {
	for i := range c.Effects {
		if t.holds(&c.Effects[i]) {
			return true
		}
	}
	return false
}

// A lineEffect is an effect block that stands by itself: one effect of the
// line's commands passes.
type lineEffect struct{ *effectTest }

func (t lineEffect) holds(_ *event.Event, h *Hit) bool {
	if h.line == nil || !h.line.Verbs.Has(t.verb) {
		return false
	}
	for i := range h.line.Commands {
		if c := &h.line.Commands[i]; t.of(c) {
			h.noteCommand(c.Text)
			return true
		}
	}
	return false
}

func (t lineEffect) reads(ids *[]event.FieldID) { *ids = append(*ids, commandText, commandPwd) }

func (t lineEffect) requirement() (requirement, bool) {
	return requirement{t.clause()}, true
}

// clause is what the line must show for t to hold on one of its effects.
func (t *effectTest) clause() clause {
	c := clause{{line: &lineAtom{effect: &effectAtom{verb: t.verb, key: t.key}}}}
	if !t.sought.isZero() {
		c = c.and(clause{{line: &lineAtom{effect: &effectAtom{t.verb, t.sought, true}}}})
	}
	return c
}
