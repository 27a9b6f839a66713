package aggregate

import (
	"slices"
	"time"

	"ttpctl/internal/state"
)

// The least number of failed passwords that are guessing, and the time for
// which they count.
const (
	bruteFails = 5
	bruteSpan  = 24 * time.Hour
)

// keptFails is more than bruteFails, for lines out of order.
const keptFails = 16

// never is before every time of a log.
const never instant = startOfTime

// access is what one attacker's logins to one service of a sensor say of
// whether the next success was guessed: at least 5 failed passwords in the 24 h
// before it, and no success between the first of these and it, nor in the 24 h
// before them.
type access struct {
	fails []instant // the latest, at most keptFails
	// in is the latest success. edge is the latest failed password up to 24 h
	// after it: if that one is among those that count, the first of them is too
	// close to the success.
	in, edge instant
	entered  bool // in is set
}

// guessed reports whether a success at the given time came of guessing.
func (a *access) guessed(at instant) bool {
	n := 0
	for _, f := range a.fails {
		if f <= at && at.after(f) <= bruteSpan {
			n++
		}
	}
	if n < bruteFails {
		return false
	}
	return !a.entered || at.after(a.in) > bruteSpan && at.after(a.edge) > bruteSpan
}

// note takes in an attempt.
func (a *access) note(t *attempt) {
	switch {
	case t.Success:
		a.enter(t.at)
	case t.failed:
		if len(a.fails) == keptFails {
			a.fails = slices.Delete(a.fails, 0, 1)
		}
		a.fails = append(a.fails, t.at)
		if a.entered && t.at.after(a.in) <= bruteSpan {
			a.edge = max(a.edge, t.at)
		}
	}
}

func (a *access) enter(at instant) {
	if a.entered && at <= a.in {
		return
	}
	a.in, a.edge, a.entered = at, never, true
	for _, f := range a.fails {
		if f.after(at) <= bruteSpan {
			a.edge = max(a.edge, f)
		}
	}
}

// forgotten returns the first moment at which nothing of a counts any more.
func (a *access) forgotten() instant {
	at := never
	if a.entered {
		at = a.in.plus(2 * bruteSpan)
	}
	for _, f := range a.fails {
		at = max(at, f.plus(bruteSpan))
	}
	return at.plus(1)
}

func (a *access) code(c *state.Codec) {
	state.Slice(c, &a.fails, codeInstant)
	codeInstant(c, &a.in)
	codeInstant(c, &a.edge)
	c.Flag(&a.entered)
}
