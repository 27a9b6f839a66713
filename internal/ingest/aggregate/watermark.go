package aggregate

import (
	"time"

	"ttpctl/internal/state"
)

const (
	// lateness is how much later than others a line may come and still find
	// its aggregate open.
	lateness = 5 * time.Minute
	// maxStep is how far a line may be from the watermark before it is doubted.
	maxStep = 24 * time.Hour
	// confirming is how many lines in a row must agree on a step beyond maxStep.
	confirming = 100
)

// A watermark is the time up to which the log of one sensor has been read: the
// newest time of its lines. A line more than 24 h away from it, ahead or
// behind, does not move it, and nothing closes at that line, until 100 lines in
// a row lie on that side; then it is where the nearest of them is. So a line
// dated 2099 closes nothing, be it the first one, and a log that is read again
// from its beginning is believed after a while.
type watermark struct {
	at      instant
	set     bool
	doubted int // lines in a row beyond maxStep, on one side
	ahead   bool
	nearest instant // of those
}

// see takes in the time of a line, and reports whether the watermark can be
// relied on at it.
func (w *watermark) see(at instant) bool {
	if !w.set {
		w.at, w.set = at, true
	}
	step := at.after(w.at)
	if -maxStep <= step && step <= maxStep {
		w.at, w.doubted = max(w.at, at), 0
		return true
	}
	if ahead := step > 0; w.doubted == 0 || ahead != w.ahead {
		w.doubted, w.ahead, w.nearest = 0, ahead, at
	}
	if w.ahead {
		w.nearest = min(w.nearest, at)
	} else {
		w.nearest = max(w.nearest, at)
	}
	if w.doubted++; w.doubted < confirming {
		return false
	}
	w.at, w.doubted = w.nearest, 0
	return true
}

func (w *watermark) code(c *state.Codec) {
	c.Flag(&w.set)
	codeInstant(c, &w.at)
	c.Int(&w.doubted)
	c.Flag(&w.ahead)
	codeInstant(c, &w.nearest)
}
