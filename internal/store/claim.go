package store

import (
	"context"
	"errors"
)

// Claims say which process does what only one may do at a time: reading a
// partition, routing, mirroring rules. A claim is a row with a counter that its
// holder moves. Nobody's clock is in it: who wants a claim watches its counter, and
// takes the claim when that stood still for long enough by a clock of his own
// (internal/fleet). It is safe for concurrent use.
//
// A claim says who should work, and no more: a holder that was stopped for a minute
// does not know that it has lost its claim. What must happen once is guarded by
// where it is stored, as [Ledger] does by its own epochs.
type Claims interface {
	// All returns the claims, in the order of their names.
	All(ctx context.Context) ([]Claim, error)
	// Take makes owner the holder of seen.Name, if nothing has become of the claim
	// since it was seen: it still has seen's epoch and counter, 0 and 0 of a claim
	// that nobody ever took. The epoch grows by one. It is ErrClaimed when
	// somebody else was quicker, or its holder has moved it.
	Take(ctx context.Context, seen Claim, owner, note string) (Claim, error)
	// Renew moves the counters of claims that owner holds, and returns which of held
	// it does not hold any more under the epochs given.
	Renew(ctx context.Context, owner string, held []Claim) (lost []string, err error)
	// GiveUp frees a claim that owner holds under the epoch given; of one that it
	// does not hold, nothing comes.
	GiveUp(ctx context.Context, owner string, held Claim) error
}

// A Claim is one thing to do, and who does it.
type Claim struct {
	Name    string
	Owner   string // an id of the holder's making; "" = the claim is free
	Epoch   int64  // counts its holders
	Counter int64  // moves while there is one
	Note    string // of the holder, for people
}

// ErrClaimed says that somebody else has taken a claim, or goes on holding it.
var ErrClaimed = errors.New("another process holds this claim")
