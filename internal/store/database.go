package store

import (
	"context"
	"time"

	"ttpctl/internal/event"
)

// A Database holds everything that a store holds. It is safe for concurrent use,
// and several processes may have the same one open; once someone watches,
// goroutines follow the changes of all processes and revert expired states, until
// Close.
type Database interface {
	// Path returns what people call the database: a file, or an address without
	// its password.
	Path() string
	Tags() TagTable
	Rules() Definitions
	States() States
	Leases() Leases
	Claims() Claims
	Ledger() Ledger
	Outbox() Outbox
	Sessions() Sessions
	DeadLetters() LetterBox
	// Key returns the secret kept under name. The first to ask stores fresh, of 16
	// bytes or more; of several processes one does, and all get its secret.
	Key(ctx context.Context, name string, fresh []byte) (key []byte, err error)
	Stats(ctx context.Context) (Stats, error)
	// Writable returns why the database cannot be written, nil = it can.
	Writable(ctx context.Context) error
	// Close ends the subscriptions, waits for the goroutines and closes the
	// database.
	Close() error
}

// A TagTable is the tags in a database.
type TagTable interface {
	Tags
	// LinkCampaigns stores links, all or none, and returns how many were not
	// stored before.
	LinkCampaigns(ctx context.Context, links []CampaignLink) (added int, err error)
	// CountOlderThan returns how many tags PruneOlderThan would delete.
	CountOlderThan(ctx context.Context, cutoff time.Time) (n int, err error)
	// PruneOlderThan deletes the tags that were stored before cutoff and returns
	// how many, also when an error ends it midway.
	PruneOlderThan(ctx context.Context, cutoff time.Time) (deleted int, err error)
}

// States are a StateStore that can be asked for all at once.
type States interface {
	StateStore
	// States returns the states in effect, of rules that have one.
	States(ctx context.Context) (event.States, error)
}

// A LetterBox is dead letters that are counted, and to which some come that were
// found in no commit.
type LetterBox interface {
	DeadLetters
	// SetAside stores a letter as a commit does. One of its source and place that
	// is stored already is left as it is: who sets aside may do so again after a
	// kill.
	SetAside(ctx context.Context, d DeadLetter) error
	// Count returns how many there are.
	Count(ctx context.Context) (n int64, err error)
}

// Stats is how large a database is.
type Stats struct {
	Path           string
	Schema         int   // version
	Bytes, WAL     int64 // of the database, and of the -wal beside a file
	FreeBytes      int64 // of a file, not in use
	Tags           int
	Oldest, Newest time.Time // created_at of tags, zero when there are none
	Rules          int       // definitions
	States         int       // of rules that are not enabled
	StateChanges   int
	Sources        int // read by serve
	Unpublished    int // messages that an output of theirs has not passed
	DeadLetters    int
}

// DBOptions are what a Database needs besides its address.
type DBOptions struct {
	Now func() time.Time
	// Notify is told when the database cannot be followed, and when it can again.
	// It must not block. Nil = nobody wants to know.
	Notify func(Notice)
	// DeadLetters is how many dead letters are kept, 0 = DeadLettersKept.
	DeadLetters int
	// Durable says that a commit survives a failure of the power. A server does
	// as it is configured.
	Durable bool
	// Getenv looks up environment variables, as os.Getenv does: a password comes
	// from there.
	Getenv func(string) string
}
