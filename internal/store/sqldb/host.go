package sqldb

import (
	"context"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// A Host runs transactions on a database. It is safe for concurrent use.
type Host interface {
	// Update runs fn in a transaction that writes, and commits it. It may run fn
	// again, in another, when that one failed.
	Update(ctx context.Context, op string, fn func(ctx context.Context, tx *Tx) error) error
	// View runs fn in a transaction that reads one state of the database.
	View(ctx context.Context, op string, fn func(ctx context.Context, tx *Tx) error) error
	Now() time.Time
	// PutTags stores those of tags that are new, at the instant now.
	PutTags(ctx context.Context, tx *Tx, tags []event.Tag, now time.Time) (store.Inserted, error)
	// Fail says of err that it happened to this database during op.
	Fail(op string, err error) error

	WatchRules(ctx context.Context) ([]store.StoredRule, *store.Subscription[store.RuleChange], error)
	WatchStates(ctx context.Context) (event.States, *store.Subscription[store.StateChange], error)
}

// Tables are the contracts of store over a Host. They are safe for concurrent
// use.
type Tables struct {
	db      Host
	letters int // dead letters kept
	memo    memo
}

// NewTables returns the tables of db, with so many dead letters kept; 0 =
// store.DeadLettersKept.
func NewTables(db Host, letters int) *Tables {
	if letters == 0 {
		letters = store.DeadLettersKept
	}
	return &Tables{db: db, letters: letters}
}

// States returns the operator's states in the database.
func (t *Tables) States() store.States { return &StateTable{t.db} }

// Rules returns the definitions in the database.
func (t *Tables) Rules() store.Definitions { return &RuleTable{t.db} }

// Leases returns the leases in the database.
func (t *Tables) Leases() store.Leases { return &LeaseTable{t.db} }

// Claims returns the claims in the database.
func (t *Tables) Claims() store.Claims { return &ClaimTable{t.db} }

// Sessions returns the sessions that are kept in the database.
func (t *Tables) Sessions() store.Sessions { return &SessionTable{t.db} }

// Ledger returns the ledger in the database.
func (t *Tables) Ledger() store.Ledger { return &LedgerTable{t} }

// Outbox returns the outbox in the database.
func (t *Tables) Outbox() store.Outbox { return &OutboxTable{t.db} }

// DeadLetters returns the dead letters in the database.
func (t *Tables) DeadLetters() store.LetterBox { return &LetterTable{t} }

// Forget has the tables forget what they know to be stored: the database is
// another one.
func (t *Tables) Forget() { t.memo.reset() }
