package sqldb

import (
	"context"
	"sync"
	"time"

	"ttpctl/internal/store"
)

// expiryPoll is the time between two looks at the clock.
const expiryPoll = 200 * time.Millisecond

// Expiry reverts the states of a board as they expire: in the database, or, where
// that must not be written, for the subscriptions of this process.
type Expiry struct {
	Host     Host
	ReadOnly bool
	Mu       *sync.Mutex // held while Board is looked at or changed
	Board    *Board
	Tell     func(error) // nil = it works
}

// Run looks at the clock until ctx is done.
func (e *Expiry) Run(ctx context.Context) {
	ticker := time.NewTicker(expiryPoll)
	defer ticker.Stop()
	for {
		for _, c := range e.expired() {
			err := e.revert(ctx, c)
			if ctx.Err() != nil {
				return
			}
			e.Tell(err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (e *Expiry) expired() []store.StateChange {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	return e.Board.Expired(e.Host.Now())
}

func (e *Expiry) revert(ctx context.Context, c store.StateChange) error {
	if !e.ReadOnly {
		return Revert(ctx, e.Host, c)
	}
	e.Mu.Lock()
	defer e.Mu.Unlock()
	if e.Board.Revision(c.RuleID) == c.Revision {
		e.Board.Set(c.Revert(e.Host.Now()))
	}
	return nil
}
