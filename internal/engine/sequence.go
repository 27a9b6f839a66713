package engine

import (
	"ttpctl/internal/event"
)

// A sequence is steps that come one behind the other: in one line, or in the
// lines of a session or of an attacker (COMMANDS.md, section 3).
type sequence struct {
	over     sequenceSpan
	minutes  int // between the first step and the last; 0 = any
	commands int // command events behind the first step's; 0 = any
	same     binding
	steps    []sequenceStep
}

// A sequenceSpan says whose steps make a sequence.
type sequenceSpan uint8

const (
	overLine sequenceSpan = iota
	overSession
	overAttacker
	overSessions // as overAttacker, the last step in another session than the first
)

var sequenceSpans = []string{"line", "session", "attacker", "sessions"}

// A sequenceStep is a match block, and the kind of event that it is for.
type sequenceStep struct {
	kind event.Kind
	root *block
	node *Node
}

// A place is where a step holds: at a simple command of the line, or at the
// line's end.
type place struct {
	at    int    // see finder.at; of the end, behind all commands
	text  string // of the command, or of the line
	bound bound
}

// A finder finds the places of one step on one event.
type finder struct {
	ev   *event.Event
	h    *Hit
	same binding
}

// step returns the places at which s holds. A step that looks at no command
// stands at the line's end.
func (f *finder) step(s *sequenceStep, branches branchSet) []place {
	if f.ev.Kind != s.kind || !s.root.holdsAmong(branches, f.ev, f.h) {
		return nil
	}
	if found, at := f.block(s.root); at {
		return found
	}
	end := place{text: eventText(f.ev)}
	if f.h.line != nil {
		end.at = len(f.h.line.Commands) * placeStep
	}
	if f.ev.Kind == event.KindPayload && f.same != sameNothing {
		return end.boundBy(payloadBounds(f.ev, f.same))
	}
	return []place{end}
}

// boundBy returns p once for each of the values that it has.
func (p place) boundBy(bounds []bound) []place {
	var all []place
	for _, b := range bounds {
		p.bound = b
		all = append(all, p)
	}
	return all
}

// eventText is what a person would look for of an event: its default field,
// or the name of its file, or where that came from.
func eventText(ev *event.Event) string {
	for _, name := range [...]string{ev.Kind.DefaultField(), "filename", "url"} {
		if id, ok := event.LookupField(ev.Kind, name); ok {
			if text, ok := ev.Text(id); ok {
				return text
			}
		}
	}
	return ""
}

// A placed condition says at which commands it holds.
type placed interface {
	places(f *finder) []place
}

// block returns where a block, which holds, does so; at is false when it looks
// at no command. Of several conditions the last one decides: a block of two
// effects holds where the second of them comes.
func (f *finder) block(b *block) (found []place, at bool) {
	var lists [][]place
	for _, c := range b.conditions {
		lists = f.condition(lists, c)
	}
	for i, list := range lists {
		for _, p := range list {
			for j, other := range lists {
				if j != i {
					p.at = max(p.at, firstPlace(other))
				}
			}
			found = append(found, p)
		}
	}
	return found, len(found) > 0
}

func firstPlace(list []place) int {
	at := list[0].at
	for _, p := range list[1:] {
		at = min(at, p.at)
	}
	return at
}

// condition appends the places of a condition, if it has any.
func (f *finder) condition(lists [][]place, c condition) [][]place {
	var list []place
	switch c := c.(type) {
	case placed:
		list = c.places(f)
	case allOf:
		for _, b := range c {
			if found, at := f.block(b); at {
				lists = append(lists, found)
			}
		}
	case anyOf:
		for _, b := range c {
			if b.holds(f.ev, f.h) {
				found, _ := f.block(b)
				list = append(list, found...)
			}
		}
	}
	if len(list) > 0 {
		lists = append(lists, list)
	}
	return lists
}

func (t lineEffect) places(f *finder) []place {
	var list []place
	for i := range f.h.line.Commands {
		list = t.effectTest.placesAt(list, f, i)
	}
	return list
}

// placesAt appends a place for each effect of command i that passes.
func (t *effectTest) placesAt(list []place, f *finder, i int) []place {
	c := &f.h.line.Commands[i]
	for k := range c.Effects {
		if e := &c.Effects[k]; t.holds(e) {
			list = append(list, place{f.at(i), c.Text, f.effectBound(i, e)})
		}
	}
	return list
}

// placesAround appends the places of an effect of command i, or of the nearest
// wrapper around it that has one.
func (f *finder) placesAround(list []place, t *effectTest, i int) []place {
	n := len(list)
	for ; i >= 0 && len(list) == n; i = f.h.line.wrapper(i) {
		list = t.placesAt(list, f, i)
	}
	return list
}

func (t *commandTest) places(f *finder) []place {
	var list []place
	for i := range f.h.line.Commands {
		c := &f.h.line.Commands[i]
		switch {
		case !t.at(f.h.line, i):
		case len(t.effects) > 0:
			list = f.placesAround(list, t.effects[0], i)
		case f.same == sameProcess:
			list = append(list, place{f.at(i), c.Text, bound{value: c.Program}})
		default:
			list = append(list, place{at: f.at(i), text: c.Text})
		}
	}
	return list
}
