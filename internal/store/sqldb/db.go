package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

const (
	// connections bounds the pool of a process; one more may wait for news.
	connections = 6
	// idleFor is how long a connection is kept that nobody uses.
	idleFor = 5 * time.Minute
	// attempts is how often a transaction is tried that lost against another, or
	// whose connection broke; between two there are pause, 2*pause and so on, up to
	// longestPause.
	attempts     = 6
	pause        = 20 * time.Millisecond
	longestPause = time.Second
)

// A Server is what a DB needs to know of the database behind it.
type Server struct {
	Dialect *Dialect
	// Address is what people call the database: without a password.
	Address string
	// Pool is closed by the DB.
	Pool *sql.DB
	// Judge returns the class of an error of the driver's and what of those that
	// store names is wrong, nil = none; and whether the transaction is worth another
	// attempt.
	Judge func(error) (class store.Class, kind error, again bool)
	// Lock has other processes wait that migrate, until the connection unlocks.
	Lock, Unlock func(ctx context.Context, c *sql.Conn) error
	// Migrations make the schema.
	Migrations []Migration
	// PutTags stores rows that are new, and says which were, in one way to the server
	// and back.
	PutTags func(ctx context.Context, tx *Tx, rows []TagRow) (isNew []bool, err error)
	// AnyOf is a table of the uuids in a parameter that is a list of strings; "" =
	// there are no such parameters, and each uuid is one.
	AnyOf string
	// Size is a statement for the database's size in bytes.
	Size string
	// Hint calls nudge whenever another process may have written, until ctx ends or
	// its connection breaks; nil = the database gives no hints.
	Hint func(ctx context.Context, pool *sql.DB, nudge func()) error
}

// A DB is a database with a server. It is safe for concurrent use. Everything
// works over connections that break: what was not to be committed yet is tried
// again, and what may have been is an error that passes.
type DB struct {
	*Tables
	Server
	now      func() time.Time
	readOnly bool
	closed   atomic.Bool
	tail     *Tail
	replayed atomic.Bool // most of the tags that came last were stored before
}

// Open opens the database behind s for writing, and brings its schema up to date,
// which it makes when there is none. It closes s.Pool after an error.
func Open(ctx context.Context, s Server, opts store.DBOptions) (*DB, error) {
	return open(ctx, s, opts, false)
}

// OpenReadOnly opens it without ever writing to it. A database without a schema
// of ours is fs.ErrNotExist.
func OpenReadOnly(ctx context.Context, s Server, opts store.DBOptions) (*DB, error) {
	return open(ctx, s, opts, true)
}

func open(ctx context.Context, s Server, opts store.DBOptions, readOnly bool) (*DB, error) {
	s.Pool.SetMaxOpenConns(connections)
	s.Pool.SetMaxIdleConns(connections)
	s.Pool.SetConnMaxIdleTime(idleFor)
	db := &DB{Server: s, now: opts.Now, readOnly: readOnly}
	db.Tables = NewTables(db, opts.DeadLetters)
	db.tail = NewTail(db, &serverFeed{db: db}, s.Address, opts.Notify)
	db.tail.ReadOnly = readOnly
	if s.Hint != nil {
		db.tail.Hint = func(ctx context.Context, nudge func()) error { return s.Hint(ctx, s.Pool, nudge) }
	}
	op, prepare := "opening the database", db.migrate
	if readOnly {
		op, prepare = "opening the database to read", db.checkSchema
	}
	if err := prepare(ctx); err != nil {
		return nil, errors.Join(db.Fail(op, err), db.Close())
	}
	return db, nil
}

// Path implements [store.Database].
func (db *DB) Path() string { return db.Address }

// Now implements Host.
func (db *DB) Now() time.Time { return db.now() }

// Close implements [store.Database].
func (db *DB) Close() error {
	if db.closed.Swap(true) {
		return nil
	}
	db.tail.Close()
	return db.Fail("closing the database", db.Pool.Close())
}

// Writable implements [store.Database].
func (db *DB) Writable(ctx context.Context) error {
	return db.Update(ctx, "writing", func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM ttp_lease WHERE lease_id = ''`)
		return err
	})
}

// Update implements Host.
func (db *DB) Update(ctx context.Context, op string, fn func(ctx context.Context, tx *Tx) error) error {
	if err := db.usable(op, true); err != nil {
		return err
	}
	err := db.retry(ctx, func() (again bool, err error) {
		tx, err := db.Pool.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		if err != nil {
			return true, err
		}
		defer tx.Rollback()
		if err := fn(ctx, db.Dialect.Begin(tx)); err != nil {
			return true, err
		}
		// Nobody knows what became of a commit that the connection did not outlive.
		err = tx.Commit()
		return IsUndone(err), err
	})
	if err != nil {
		return db.Fail(op, err)
	}
	db.tail.Nudge()
	return nil
}

// View implements Host.
func (db *DB) View(ctx context.Context, op string, fn func(ctx context.Context, tx *Tx) error) error {
	if err := db.usable(op, false); err != nil {
		return err
	}
	return db.Fail(op, db.retry(ctx, func() (again bool, err error) {
		tx, err := db.Pool.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
		if err != nil {
			return true, err
		}
		defer tx.Rollback()
		return IsAlone(ctx), fn(ctx, db.Dialect.Begin(tx))
	}))
}

// retry calls try until it succeeds, or fails in a way that another attempt does
// not mend, or says that there must be none.
func (db *DB) retry(ctx context.Context, try func() (again bool, err error)) error {
	wait := pause
	for n := 1; ; n++ {
		again, err := try()
		if err == nil || !again || n == attempts || !db.worthAnother(err) {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
		wait = min(2*wait, longestPause)
	}
}

func (db *DB) worthAnother(err error) bool {
	_, _, again := db.Judge(err)
	return again
}

func (db *DB) usable(op string, write bool) error {
	switch {
	case db.closed.Load():
		return &store.Error{Path: db.Address, Op: op, Kind: store.ErrDBClosed}
	case write && db.readOnly:
		return &store.Error{Path: db.Address, Op: op, Class: store.Unusable, Kind: store.ErrReadOnly, Err: errors.New("opened for reading")}
	}
	return nil
}

// Fail implements Host. Errors of a context, of a commit that is fenced off and of a
// claim that another holds stay what they are.
func (db *DB) Fail(op string, err error) error {
	if err == nil {
		return nil
	}
	if own, ok := errors.AsType[*store.Error](err); ok {
		return own
	}
	for _, kept := range []error{context.Canceled, context.DeadlineExceeded, store.ErrFenced, store.ErrReplaced, store.ErrClaimed} {
		if errors.Is(err, kept) {
			return fmt.Errorf("%s: %s: %w", db.Address, op, err)
		}
	}
	if _, ok := errors.AsType[yielded](err); ok {
		return err
	}
	class, kind := db.judge(err)
	return &store.Error{Path: db.Address, Op: op, Class: class, Kind: kind, Err: err}
}

func (db *DB) judge(err error) (store.Class, error) {
	for _, kind := range []error{store.ErrNotDatabase, store.ErrNewerSchema, store.ErrOlderSchema} {
		if errors.Is(err, kind) {
			return store.Unusable, kind
		}
	}
	class, kind, _ := db.Judge(err)
	return class, kind
}

// WatchRules implements Host.
func (db *DB) WatchRules(ctx context.Context) ([]store.StoredRule, *store.Subscription[store.RuleChange], error) {
	return db.tail.WatchRules(ctx)
}

// WatchStates implements Host.
func (db *DB) WatchStates(ctx context.Context) (event.States, *store.Subscription[store.StateChange], error) {
	return db.tail.WatchStates(ctx)
}
