package engine

import (
	"slices"
	"strings"

	"ttpctl/internal/event"
)

// A Demand is what a rule asks of an event before its matcher is asked: what makes
// it cheap, or does not.
type Demand struct {
	Always    []event.Kind // of the rule's kinds, those of which no literal is required: every event is looked at
	Weak      []string     // what may be enough to be judged, and stands in many an ordinary event
	Steps     int          // of a sequence over a session
	Fallbacks int64        // texts of which package regexp had to say whether a pattern matches, so far
}

// weakScore is the score under which a requirement admits ordinary events.
const weakScore = 10

// Demand returns what r demands.
func (r *Rule) Demand() (d Demand) {
	d.Steps = len(r.steps)
	if m, ok := r.judge().(*patternMatcher); ok {
		d.Fallbacks = m.machines.fallbacks.Load()
	}
	if r.ordered() {
		return d
	}
	for _, k := range r.AppliesTo {
		req := r.requirement(k)
		if !req.selective() {
			d.Always = append(d.Always, k)
		}
		for _, c := range req {
			if c.score() < weakScore {
				d.Weak = append(d.Weak, c.words()...)
			}
		}
	}
	slices.Sort(d.Weak)
	d.Weak = slices.Compact(d.Weak)
	return d
}

// words says what the clause looks for; which white space stands beside it is left
// out.
func (c clause) words() []string {
	var all []string
	for i := range c {
		switch a := &c[i]; {
		case a.line == nil:
			for _, l := range a.literals.Literals() {
				all = append(all, strings.TrimSpace(l))
			}
		case a.line.effect != nil:
			all = append(all, "effect "+a.line.effect.verb.String())
		case a.line.pathed:
			all = append(all, "a path")
		default:
			all = append(append(all, a.line.programs...), a.line.heads...)
		}
	}
	return all
}
