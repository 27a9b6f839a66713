package sqldb

import (
	"context"
	"time"

	"ttpctl/internal/store"
)

// expiryPoll is the time between two looks at the clock.
const expiryPoll = 200 * time.Millisecond

// expire reverts states as they expire, until ctx is done: in the database, or,
// where that must not be written, for the subscriptions of this process.
func (t *Tail) expire(ctx context.Context) {
	ticker := time.NewTicker(expiryPoll)
	defer ticker.Stop()
	for {
		for _, c := range t.expired() {
			err := t.revert(ctx, c)
			if ctx.Err() != nil {
				return
			}
			t.notices.Tell(t.address+": expiry", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (t *Tail) expired() []store.StateChange {
	t.Mu.Lock()
	defer t.Mu.Unlock()
	return t.board.Expired(t.host.Now())
}

func (t *Tail) revert(ctx context.Context, c store.StateChange) error {
	if !t.ReadOnly {
		return Revert(ctx, t.host, c)
	}
	t.Mu.Lock()
	defer t.Mu.Unlock()
	if t.board.Revision(c.RuleID) == c.Revision {
		t.board.Set(c.Revert(t.host.Now()))
	}
	return nil
}
