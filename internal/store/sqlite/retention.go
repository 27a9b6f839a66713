package sqlite

import (
	"context"
	"database/sql"
	"os"
	"time"
)

// pruneChunk is how many tags are deleted in one transaction: other writers
// get their turn between two.
const pruneChunk = 5000

// CountOlderThan returns how many tags PruneOlderThan would delete.
func (t *TagTable) CountOlderThan(ctx context.Context, cutoff time.Time) (n int, err error) {
	err = t.db.view(ctx, "counting old tags", func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, sqlCountBefore, cutoff.UnixMilli()).Scan(&n)
	})
	return n, err
}

// PruneOlderThan deletes the tags that were stored before cutoff and returns
// how many, also when an error ends it midway. The file keeps its size; its
// free pages are used again.
func (t *TagTable) PruneOlderThan(ctx context.Context, cutoff time.Time) (deleted int, err error) {
	for {
		n := 0
		err := t.db.update(ctx, "deleting old tags", func(ctx context.Context, tx *sql.Tx) error {
			return count(&n)(tx.ExecContext(ctx, sqlPruneSome, cutoff.UnixMilli(), pruneChunk))
		})
		if err != nil {
			return deleted, err
		}
		deleted += n
		if n < pruneChunk {
			return deleted, nil
		}
	}
}

// Stats is how large a database is.
type Stats struct {
	Path           string
	Schema         int   // version
	Bytes, WAL     int64 // of the file, and of the -wal beside it
	FreeBytes      int64 // of the file, not in use
	Tags           int
	Oldest, Newest time.Time // created_at of tags, zero when there are none
	Rules          int       // definitions
	States         int       // of rules that are not enabled
	StateChanges   int
}

// Stats returns how large the database is.
func (db *DB) Stats(ctx context.Context) (Stats, error) {
	s := Stats{Path: db.path}
	err := db.view(ctx, "reading statistics", func(ctx context.Context, tx *sql.Tx) (err error) {
		if s.Schema, err = versionOf(ctx, tx); err != nil {
			return err
		}
		var pages, free, size int64
		if err := tx.QueryRowContext(ctx, sqlPageStats).Scan(&pages, &free, &size); err != nil {
			return err
		}
		s.Bytes, s.FreeBytes = pages*size, free*size
		var oldest, newest sql.NullInt64
		if err := tx.QueryRowContext(ctx, sqlTagStats).Scan(&s.Tags, &oldest, &newest); err != nil {
			return err
		}
		if oldest.Valid {
			s.Oldest, s.Newest = time.UnixMilli(oldest.Int64).UTC(), time.UnixMilli(newest.Int64).UTC()
		}
		return tx.QueryRowContext(ctx, sqlCounts).Scan(&s.Rules, &s.States, &s.StateChanges)
	})
	if err != nil {
		return s, err
	}
	if info, err := os.Stat(db.path + "-wal"); err == nil {
		s.WAL = info.Size()
	}
	return s, nil
}
