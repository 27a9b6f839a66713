package sqldb

import (
	"context"
	"database/sql"
	"time"

	"ttpctl/internal/store"
)

const (
	sqlTagStats = `SELECT count(*), min(created_at), max(created_at) FROM ttp_tag`
	sqlCounts   = `SELECT (SELECT count(*) FROM ttp_rule), (SELECT count(*) FROM ttp_rule_state WHERE state <> 'enabled'), (SELECT count(*) FROM ttp_rule_state_log)`
	sqlLedger   = `SELECT (SELECT count(*) FROM ttp_source),
(SELECT coalesce(sum(s.seq - o.seq), 0) FROM ttp_source s JOIN (SELECT source, min(seq) AS seq FROM ttp_output GROUP BY source) o USING (source)),
(SELECT count(*) FROM ttp_dead_letter)`
)

// Stats implements [store.Database].
func (db *DB) Stats(ctx context.Context) (store.Stats, error) {
	s := store.Stats{Path: db.Address, Schema: len(db.Migrations)}
	err := db.View(ctx, "reading statistics", func(ctx context.Context, tx *Tx) (err error) {
		if err := tx.Row(ctx, db.Size).Scan(&s.Bytes); err != nil {
			return err
		}
		var oldest, newest sql.NullInt64
		if err := tx.Row(ctx, sqlTagStats).Scan(&s.Tags, &oldest, &newest); err != nil {
			return err
		}
		if oldest.Valid {
			s.Oldest, s.Newest = time.UnixMilli(oldest.Int64).UTC(), time.UnixMilli(newest.Int64).UTC()
		}
		if err := tx.Row(ctx, sqlCounts).Scan(&s.Rules, &s.States, &s.StateChanges); err != nil {
			return err
		}
		return tx.Row(ctx, sqlLedger).Scan(&s.Sources, &s.Unpublished, &s.DeadLetters)
	})
	return s, err
}
