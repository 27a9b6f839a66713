package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"ttpctl/internal/store"
)

// settled is how long the file in the database's place must stand still before
// it is opened: a copy that is under way begins with a valid header.
const settled = 2 * time.Second

const (
	sqlCheckpoint = `PRAGMA wal_checkpoint(TRUNCATE)`
	sqlFileSize   = `SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)`
)

// check compares the file under the database's name with the one that was
// opened. SQLite itself would go on writing into a file that has no name any
// more, or beside another one whose -wal it then mixes with ours.
func (db *DB) check() error {
	info, err := os.Stat(db.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: there is no file of that name any more", store.ErrGone)
	case err != nil:
		return fmt.Errorf("%w: %w", store.ErrGone, err)
	case !os.SameFile(info, db.identity.Load().info):
		return fmt.Errorf("%w: another file has taken its place", store.ErrGone)
	}
	return nil
}

// An identity is a file that was opened as the database, with no info when none
// is open. There is another one each time that the database is opened again.
type identity struct{ info fs.FileInfo }

// ensure returns an error while the file under the database's name is not the
// one that is open. A database of ours that has taken its place is opened
// instead; transactions wait meanwhile.
func (db *DB) ensure(ctx context.Context) error {
	if db.readOnly || db.check() == nil {
		return nil
	}
	// The lock of the tail comes before that of the pools, everywhere.
	db.tail.Mu.Lock()
	defer db.tail.Mu.Unlock()
	db.pools.Lock()
	defer db.pools.Unlock()
	gone := db.check()
	if gone == nil || db.closed.Load() {
		return nil
	}
	// What is committed and only in the -wal goes into the file that it belongs
	// to, wherever that is now; the -wal is empty then, and harms no file that
	// takes the place.
	if db.writer != nil {
		if err := db.writeBack(ctx); err != nil {
			return fmt.Errorf("%w; the -wal beside it still belongs to the file before, and cannot be written back: %w", gone, err)
		}
	}
	info, err := os.Stat(db.path)
	if err != nil {
		return gone
	}
	if size := info.Size(); size == 0 || time.Since(info.ModTime()) < settled {
		return fmt.Errorf("%w, and is not finished", gone)
	}
	return db.replace(ctx, info)
}

// writeBack empties the -wal into the file that is open.
func (db *DB) writeBack(ctx context.Context) error {
	var busy, frames, written int
	err := db.writer.QueryRowContext(ctx, sqlCheckpoint).Scan(&busy, &frames, &written)
	if err == nil && busy != 0 {
		err = store.ErrLocked
	}
	return err
}

// replace closes what is open and opens the file info in its place. The caller
// holds the locks of the tail and of the pools. The old connections must be
// closed before: they have the -shm mapped that the new ones truncate.
func (db *DB) replace(ctx context.Context, info fs.FileInfo) error {
	db.feed.detach()
	db.closePools()
	// No file is open now. The one before may come back, or its number in the
	// file system go to another: neither may pass for open.
	db.identity.Store(&identity{})
	fresh := &DB{path: db.path, now: db.now, busy: db.busy, full: db.full}
	err := fresh.openPools(true)
	if err == nil {
		err = fresh.adopt(ctx, info)
	}
	if err != nil {
		fresh.closePools()
		return fmt.Errorf("%w: another file has taken its place, which is no such database: %w", store.ErrGone, err)
	}
	db.writer, db.reader = fresh.writer, fresh.reader
	db.identity.Store(&identity{info})
	db.Forget()
	return nil
}

// adopt checks that the opened file is whole and has a schema of ours, which it
// brings up to date. A file that is not a database of ours stays as it is.
func (db *DB) adopt(ctx context.Context, info fs.FileInfo) error {
	version, err := versionOf(ctx, db.writer)
	if err != nil {
		return err
	}
	if version == 0 {
		return store.ErrNotDatabase
	}
	var size int64
	if err := db.writer.QueryRowContext(ctx, sqlFileSize).Scan(&size); err != nil {
		return err
	}
	if size > info.Size() {
		return fmt.Errorf("%w: %d bytes of %d", store.ErrCorrupt, info.Size(), size)
	}
	return db.migrate(ctx, db.busy)
}
