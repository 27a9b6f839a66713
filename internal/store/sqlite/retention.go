package sqlite

import (
	"context"
	"database/sql"
	"os"
	"time"

	"ttpctl/internal/store"
	"ttpctl/internal/store/sqldb"
)

// pruneChunk is how many tags are deleted in one transaction: other writers
// get their turn between two.
const pruneChunk = 5000

// CountOlderThan implements [store.TagTable].
func (t *TagTable) CountOlderThan(ctx context.Context, cutoff time.Time) (n int, err error) {
	err = t.db.view(ctx, "counting old tags", func(ctx context.Context, tx *sqldb.Tx) error {
		return tx.QueryRowContext(ctx, sqlCountBefore, cutoff.UnixMilli()).Scan(&n)
	})
	return n, err
}

// PruneOlderThan implements [store.TagTable]. The file keeps its size; its free
// pages are used again.
func (t *TagTable) PruneOlderThan(ctx context.Context, cutoff time.Time) (deleted int, err error) {
	for {
		n := int64(0)
		err := t.db.update(ctx, "deleting old tags", func(ctx context.Context, tx *sqldb.Tx) error {
			r, err := tx.ExecContext(ctx, sqlPruneSome, cutoff.UnixMilli(), pruneChunk)
			if err == nil {
				n, err = r.RowsAffected()
			}
			return err
		})
		if err != nil {
			return deleted, err
		}
		deleted += int(n)
		if n < pruneChunk {
			return deleted, nil
		}
	}
}

// Stats returns how large the database is.
func (db *DB) Stats(ctx context.Context) (store.Stats, error) {
	s := store.Stats{Path: db.path}
	err := db.view(ctx, "reading statistics", func(ctx context.Context, tx *sqldb.Tx) (err error) {
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
		if err := tx.QueryRowContext(ctx, sqlCounts).Scan(&s.Rules, &s.States, &s.StateChanges); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, sqlLedgerCounts).Scan(&s.Sources, &s.Unpublished, &s.DeadLetters)
	})
	if err != nil {
		return s, err
	}
	if info, err := os.Stat(db.path + "-wal"); err == nil {
		s.WAL = info.Size()
	}
	return s, nil
}
