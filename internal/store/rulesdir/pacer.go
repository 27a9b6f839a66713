package rulesdir

import (
	"context"
	"time"
)

const (
	// checksumPoll is the time between two looks that read every file: it
	// covers file systems that send no events.
	checksumPoll = 30 * time.Second
	// lookShare bounds the time spent looking under a storm: the pause after
	// a look is so many times as long as the look, up to longestPause.
	lookShare = 4
	// longestPause bounds the pause after a slow look. From a save to its
	// change there are two looks with a pause between them, and 500 ms for all
	// three. It keeps far below the 2 s that a storm may hold back a look.
	longestPause = 250 * time.Millisecond
)

// A pacer decides when to look. A poke is answered with a look at once, to see
// what moves, and one a settle time later, to take what stands still; while
// pokes keep coming there is a look every settle time, less often when looks
// are slow. A poke that comes during a look is never lost.
type pacer struct {
	now  func() time.Time
	look func(deep bool) (again time.Duration) // 0 = nothing is in motion

	due   time.Time // of the next look, zero = none; never before the last look
	poked bool      // since the last look
	pause time.Duration
	last  time.Time // the end of the last look
}

// run looks until ctx ends. A first look is due at once.
func (p *pacer) run(ctx context.Context, pokes <-chan struct{}) {
	deep := time.NewTicker(checksumPoll)
	defer deep.Stop()
	p.last = p.now()
	p.due = p.last
	for {
		timer := p.timer()
		select {
		case <-pokes:
			p.poke()
		case <-timer:
			p.lookNow(false)
		case <-deep.C:
			p.lookNow(true)
		case <-ctx.Done():
			return
		}
	}
}

func (p *pacer) timer() <-chan time.Time {
	if p.due.IsZero() {
		return nil
	}
	return time.After(p.due.Sub(p.now()))
}

func (p *pacer) poke() {
	p.poked = true
	if at := p.last.Add(p.pause); p.due.IsZero() || at.Before(p.due) {
		p.due = at
	}
}

func (p *pacer) lookNow(deep bool) {
	start := p.now()
	again := p.look(deep)
	p.last = p.now()
	p.pause = min(max(settle, lookShare*p.last.Sub(start)), longestPause)
	if p.poked && (again == 0 || again > settle) {
		again = settle
	}
	p.poked = false
	p.due = time.Time{}
	if again > 0 {
		p.due = p.last.Add(max(again, p.pause))
	}
}
