package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"

	"ttpctl/internal/store"
	"ttpctl/internal/store/sqldb"
)

const (
	// defaultBusy is how long a statement waits for another process's lock.
	// The longest that we hold ourselves is one batch of tags.
	defaultBusy = 5 * time.Second
	// readers bounds the pool for reading; one more is the tail's.
	readers = 4
)

// Options are what a DB needs besides its path.
type Options struct {
	Now func() time.Time
	// Notify is told when the tail cannot read, or an expiry cannot be
	// written, and when it can again. It must not block. Nil = nobody wants to
	// know.
	Notify func(store.Notice)
	// Busy is how long to wait for a lock, 0 = 5 s.
	Busy time.Duration
	// Durability says what a failure of the power may cost.
	Durability Durability
	// DeadLetters is how many dead letters are kept, 0 = store.DeadLettersKept.
	DeadLetters int
}

// A Durability says what survives a failure of the power or of the operating
// system. What was committed survives the end of a process in either.
type Durability uint8

// The durabilities.
const (
	// Normal loses at most the last commits, and damages nothing.
	Normal Durability = iota
	// Full has every commit on the disk before it returns.
	Full
)

// A DB is the SQLite database: definitions, states and tags. It is safe for
// concurrent use, and several processes may have the same file open. One
// connection writes, others read beside it; once someone watches, goroutines
// follow the changes of all processes and revert expired states, until Close.
type DB struct {
	path     string
	now      func() time.Time
	busy     time.Duration
	full     bool // every commit is on the disk before it returns
	readOnly bool
	closed   atomic.Bool
	identity atomic.Pointer[identity]
	tail     *sqldb.Tail
	feed     *feed // what the tail looks through

	pools  sync.RWMutex // held for reading while a transaction runs
	writer *sql.DB      // nil when readOnly, and while there is no database
	reader *sql.DB      // likewise

	*sqldb.Tables // of host
}

// Open opens the database in path for writing. It makes the file (0600), its
// directory (0700) and its schema when they are missing, and brings an older
// schema up to date.
func Open(ctx context.Context, path string, opts Options) (*DB, error) {
	const op = "opening the database"
	abs, err := absolute(path)
	if err != nil {
		return nil, err
	}
	if err := makeFile(abs); err != nil {
		return nil, fail(abs, op, err)
	}
	db := newDB(abs, opts)
	err = db.identify()
	if err == nil {
		err = db.openPools(true)
	}
	if err == nil {
		err = db.migrate(ctx, db.busy)
	}
	if err == nil {
		err = db.check() // the file may have been replaced meanwhile
	}
	if err != nil {
		db.Close()
		return nil, fail(abs, op, err)
	}
	return db, nil
}

// OpenReadOnly opens the database in path without writing to it, whether or
// not it may be written. A file that is missing is fs.ErrNotExist.
func OpenReadOnly(ctx context.Context, path string, opts Options) (*DB, error) {
	const op = "opening the database to read"
	abs, err := absolute(path)
	if err != nil {
		return nil, err
	}
	if err := isFile(abs); err != nil {
		return nil, fail(abs, op, err)
	}
	db := newDB(abs, opts)
	db.readOnly, db.tail.ReadOnly = true, true
	err = db.openPools(false)
	if err == nil {
		err = db.checkSchema(ctx)
	}
	if err != nil {
		db.Close()
		return nil, fail(abs, op, err)
	}
	return db, nil
}

func newDB(abs string, opts Options) *DB {
	db := &DB{path: abs, now: opts.Now, busy: opts.busy(), full: opts.Durability == Full}
	db.Tables = sqldb.NewTables(host{db}, opts.DeadLetters)
	db.feed = &feed{db: db}
	db.tail = sqldb.NewTail(host{db}, db.feed, abs, opts.Notify)
	return db
}

// identify notes which file the database is.
func (db *DB) identify() error {
	info, err := os.Stat(db.path)
	db.identity.Store(&identity{info})
	return err
}

// openPools opens the file for reading, and for writing if so wanted.
func (db *DB) openPools(write bool) (err error) {
	d := dsn{path: db.path, busy: db.busy, full: db.full}
	if write {
		d.write = true
		if db.writer, err = pool(d, 1); err != nil {
			return err
		}
		d.write = false
	} else {
		d.readOnly, d.immutable = true, mustBeImmutable(db.path)
	}
	db.reader, err = pool(d, readers+1)
	return err
}

// closePools closes what is open.
func (db *DB) closePools() error {
	var errs []error
	for _, p := range []*sql.DB{db.writer, db.reader} {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	db.writer, db.reader = nil, nil
	return errors.Join(errs...)
}

func (o Options) busy() time.Duration {
	if o.Busy == 0 {
		return defaultBusy
	}
	return o.Busy
}

// Path returns the database's absolute path.
func (db *DB) Path() string { return db.path }

// Close ends the subscriptions, waits for the goroutines and closes the file.
func (db *DB) Close() error {
	if db.closed.Swap(true) {
		return nil
	}
	db.tail.Close()
	db.feed.detach()
	db.pools.Lock()
	defer db.pools.Unlock()
	return fail(db.path, "closing the database", db.closePools())
}

func pool(d dsn, size int) (*sql.DB, error) {
	c, err := sqlite.NewConnector(d.String())
	if err != nil {
		return nil, err
	}
	p := sql.OpenDB(c)
	p.SetMaxOpenConns(size)
	p.SetMaxIdleConns(size)
	return p, nil
}

// makeFile makes the database's file and directory when they are missing.
// SQLite gives -wal and -shm the mode of the file.
func makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := isFile(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func isFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: not a regular file", store.ErrNotDatabase)
	}
	return nil
}

// mustBeImmutable reports whether SQLite cannot read the file in the usual
// way, which needs a -shm beside it, and may do without: the file may not be
// written, so that nobody's changes are missed, and has no -wal.
func mustBeImmutable(path string) bool {
	if _, err := os.Stat(path + "-wal"); err == nil {
		return false
	}
	return !writable(path) || !writable(filepath.Dir(path))
}

// update runs fn in a transaction that holds the write lock from its start. It
// commits only into the file that has the database's name.
func (db *DB) update(ctx context.Context, op string, fn func(ctx context.Context, tx *sqldb.Tx) error) error {
	if err := db.usable(op, true); err != nil {
		return err
	}
	if err := db.ensure(ctx); err != nil {
		return fail(db.path, op, err)
	}
	if err := db.commit(ctx, fn); err != nil {
		return fail(db.path, op, err)
	}
	db.tail.Nudge()
	return nil
}

// Writable returns why the database cannot be written, nil = it can.
func (db *DB) Writable(ctx context.Context) error {
	return db.update(ctx, "taking the write lock", func(context.Context, *sqldb.Tx) error { return nil })
}

func (db *DB) commit(ctx context.Context, fn func(ctx context.Context, tx *sqldb.Tx) error) error {
	db.pools.RLock()
	defer db.pools.RUnlock()
	if db.writer == nil {
		return db.absent()
	}
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := fn(ctx, dialect.Begin(tx)); err != nil {
		return err
	}
	if err := db.check(); err != nil {
		return err
	}
	return tx.Commit()
}

// absent is the error of pools that are not open.
func (db *DB) absent() error {
	if db.closed.Load() {
		return store.ErrDBClosed
	}
	return store.ErrGone
}

// view runs fn in a transaction that reads one state of the database.
func (db *DB) view(ctx context.Context, op string, fn func(ctx context.Context, tx *sqldb.Tx) error) error {
	if err := db.usable(op, false); err != nil {
		return err
	}
	db.pools.RLock()
	defer db.pools.RUnlock()
	if db.reader == nil {
		return fail(db.path, op, db.absent())
	}
	tx, err := db.reader.BeginTx(ctx, nil)
	if err != nil {
		return fail(db.path, op, err)
	}
	defer tx.Rollback()
	return fail(db.path, op, fn(ctx, dialect.Begin(tx)))
}

func (db *DB) usable(op string, write bool) error {
	switch {
	case db.closed.Load():
		return &store.Error{Path: db.path, Op: op, Kind: store.ErrDBClosed}
	case write && db.readOnly:
		return &store.Error{Path: db.path, Op: op, Class: store.Unusable, Kind: store.ErrReadOnly, Err: errors.New("opened for reading")}
	}
	return nil
}
