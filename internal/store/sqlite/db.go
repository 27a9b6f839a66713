package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"modernc.org/sqlite"

	"ttpctl/internal/store"
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
}

// A DB is the SQLite database: definitions, states and tags. It is safe for
// concurrent use, and several processes may have the same file open. One
// connection writes, others read beside it; once someone watches, goroutines
// follow the changes of all processes and revert expired states, until Close.
type DB struct {
	path     string
	now      func() time.Time
	readOnly bool
	closed   atomic.Bool

	writer *sql.DB // nil when readOnly
	reader *sql.DB
	tail   *tail

	links    cache[link]
	versions cache[ruleVersion]
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
	d := dsn{path: abs, busy: opts.busy(), write: true}
	db := newDB(abs, opts)
	if db.writer, err = pool(d, 1); err != nil {
		return nil, fail(abs, op, err)
	}
	d.write = false
	if db.reader, err = pool(d, readers+1); err != nil {
		db.writer.Close()
		return nil, fail(abs, op, err)
	}
	if err := db.migrate(ctx, opts.busy()); err != nil {
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
	db.readOnly = true
	d := dsn{path: abs, busy: opts.busy(), readOnly: true, immutable: mustBeImmutable(abs)}
	if db.reader, err = pool(d, readers+1); err != nil {
		return nil, fail(abs, op, err)
	}
	if err := db.checkSchema(ctx); err != nil {
		db.Close()
		return nil, fail(abs, op, err)
	}
	return db, nil
}

func newDB(abs string, opts Options) *DB {
	db := &DB{path: abs, now: opts.Now}
	db.tail = newTail(db, opts.Notify)
	return db
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
	db.tail.close()
	var err error
	if db.writer != nil {
		err = db.writer.Close()
	}
	return fail(db.path, "closing the database", errors.Join(err, db.reader.Close()))
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

func writable(path string) bool {
	const wOK = 2 // access(2)
	return syscall.Access(path, wOK) == nil
}

// update runs fn in a transaction that holds the write lock from its start.
func (db *DB) update(ctx context.Context, op string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	if err := db.usable(op, true); err != nil {
		return err
	}
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return fail(db.path, op, err)
	}
	defer tx.Rollback()
	if err := fn(ctx, tx); err != nil {
		return fail(db.path, op, err)
	}
	if err := tx.Commit(); err != nil {
		return fail(db.path, op, err)
	}
	db.tail.nudge()
	return nil
}

// view runs fn in a transaction that reads one state of the database.
func (db *DB) view(ctx context.Context, op string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	if err := db.usable(op, false); err != nil {
		return err
	}
	tx, err := db.reader.BeginTx(ctx, nil)
	if err != nil {
		return fail(db.path, op, err)
	}
	defer tx.Rollback()
	return fail(db.path, op, fn(ctx, tx))
}

func (db *DB) usable(op string, write bool) error {
	switch {
	case db.closed.Load():
		return &store.Error{Path: db.path, Op: op, Kind: store.ErrDBClosed}
	case write && db.readOnly:
		return &store.Error{Path: db.path, Op: op, Kind: store.ErrReadOnly, Err: errors.New("opened for reading")}
	}
	return nil
}

// query calls scan for each row of a statement's result.
func query(ctx context.Context, tx *sql.Tx, scan func(rows *sql.Rows) error, statement string, args ...any) error {
	rows, err := tx.QueryContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
