package engine

import (
	"strconv"
	"strings"

	"ttpctl/internal/event"
)

// A techniqueSeen is a technique that an event of a session was tagged with.
type techniqueSeen struct{ tactic, technique string }

// A techniquesTest holds on a session whose events were tagged with so many
// distinct techniques of a tactic.
type techniquesTest struct {
	tactic string
	least  int
}

func (t *techniquesTest) holds(_ *event.Event, h *Hit) bool { return t.count(h) >= t.least }

func (t *techniquesTest) count(h *Hit) int {
	n := 0
	for _, seen := range h.techniques {
		if seen.tactic == t.tactic {
			n++
		}
	}
	return n
}

func (*techniquesTest) reads(*[]event.FieldID) {}

func (*techniquesTest) requirement() (requirement, bool) { return nil, false }

// explain lists the techniques that count.
func (t *techniquesTest) explain(_ *event.Event, h *Hit) Part {
	text, passes := strconv.Itoa(t.count(h))+" of "+t.tactic, t.holds(nil, h)
	for i, sep := 0, ": "; i < len(h.techniques); i++ {
		if seen := &h.techniques[i]; seen.tactic == t.tactic {
			text, sep = text+sep+seen.technique, ", "
		}
	}
	return Part{Op: "techniques", Holds: passes, Tried: []Tried{{
		Text: text, Passes: passes, Checks: []Check{{"min", []string{strconv.Itoa(t.least)}, passes}},
	}}}
}

// A commandsTest holds on a session of whose commands a block holds on so
// many, or on every one.
type commandsTest struct {
	of      *block
	least   int      // 0 = every
	derived *Ruleset // what the block needs of a line
	known   *knownLines
	bit     uint64 // of the block, in known
}

func (t *commandsTest) holds(ev *event.Event, h *Hit) bool {
	held, all := 0, 0
	t.each(ev, h, func(_ string, holds bool) (more bool) {
		all++
		if holds {
			held++
		}
		if t.least == 0 {
			return holds
		}
		return held < t.least
	})
	return t.enough(held, all)
}

func (t *commandsTest) enough(held, all int) bool {
	if t.least == 0 {
		return all > 0 && held == all
	}
	return held >= t.least
}

// each calls f with the session's commands, and whether the block holds on them,
// until f wants no more.
func (t *commandsTest) each(ev *event.Event, h *Hit, f func(line string, holds bool) (more bool)) {
	list := ev.Value(sessionCommands)
	if list == nil {
		return
	}
	for i := range list.List {
		if text, ok := event.EntryText(&list.List[i]); ok && !f(text, t.on(i, text, h)) {
			return
		}
	}
}

// on reports whether the block holds on line i, of which it sees nothing but the text.
func (t *commandsTest) on(i int, text string, h *Hit) bool {
	l := h.lines.at(t.known, i, text)
	if l != nil && l.asked.Load()&t.bit != 0 {
		return l.holds.Load()&t.bit != 0
	}
	holds := t.judge(text, h)
	l.learn(t.bit, holds)
	return holds
}

// judge is on for a line of which nothing is known.
func (t *commandsTest) judge(text string, h *Hit) bool {
	if h.inner == nil {
		h.inner = NewScratch()
	}
	var line event.Event
	line.SetKind(event.KindCommand.String())
	line.Set(commandText, event.StringValue(text))
	t.derived.derive(&line, h.inner)
	h.inner.hit.hasSpan = false
	return t.of.holds(&line, &h.inner.hit)
}

func (t *commandsTest) reads(ids *[]event.FieldID) { *ids = append(*ids, sessionCommands) }

func (*commandsTest) requirement() (requirement, bool) { return nil, false }

// explain lists the commands: those on which the block holds, and those on
// which it does not.
func (t *commandsTest) explain(ev *event.Event, _ *Hit) Part {
	p := Part{Op: "count"}
	asked := strconv.Itoa(t.least)
	if t.least == 0 {
		p.Op, asked = "every", "all"
	}
	held, all := 0, 0
	t.each(ev, &Hit{}, func(line string, holds bool) bool {
		all++
		if holds {
			held++
		}
		if len(p.Tried) < maxTested {
			p.Tried = append(p.Tried, Tried{Text: strings.Clone(line), Passes: holds, Command: all - 1})
		} else {
			p.Omitted++
		}
		return true
	})
	p.Holds = t.enough(held, all)
	sum := Tried{Text: strconv.Itoa(held) + " of " + strconv.Itoa(all) + " commands", Passes: p.Holds, Checks: []Check{{"min", []string{asked}, p.Holds}}}
	p.Tried = append([]Tried{sum}, p.Tried...)
	return p
}

// A valueTest holds on a number within bounds, or on a boolean.
type valueTest struct {
	ref   event.FieldRef
	least *float64
	most  *float64
	is    *bool
	asked []Check
}

func (t *valueTest) holds(ev *event.Event, _ *Hit) bool {
	if t.is != nil {
		b, ok := ev.Flag(t.ref.ID)
		return ok && b == *t.is
	}
	n, ok := ev.Num(t.ref.ID)
	return ok && (t.least == nil || n >= *t.least) && (t.most == nil || n <= *t.most)
}

func (t *valueTest) reads(ids *[]event.FieldID) { *ids = append(*ids, t.ref.ID) }

func (*valueTest) requirement() (requirement, bool) { return nil, false }

func (t *valueTest) explain(ev *event.Event, _ *Hit) Part {
	passes := t.holds(ev, nil)
	text := fieldText(t.ref) + " is absent"
	if n, ok := ev.Num(t.ref.ID); ok {
		text = fieldText(t.ref) + " " + strconv.FormatFloat(n, 'g', -1, 64)
	} else if b, ok := ev.Flag(t.ref.ID); ok {
		text = fieldText(t.ref) + " " + strconv.FormatBool(b)
	}
	p := Part{Op: "value", Holds: passes, Tried: []Tried{{Text: text, Passes: passes}}}
	for _, c := range t.asked {
		c.OK = passes
		p.Tried[0].Checks = append(p.Tried[0].Checks, c)
	}
	return p
}

func fieldText(ref event.FieldRef) string { return ref.ID.Field().Name }

var sessionCommands = event.MustField(event.KindSession, "commands")
