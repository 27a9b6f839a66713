package sqldb

import (
	"context"
	"database/sql"

	"ttpctl/internal/event"
)

const (
	sqlAddressless = `SELECT count(*) FROM ttp_tag WHERE attacker_ip IS NULL`
	sqlEvents      = `SELECT source_kind, source_id, max(attacker_uuid), max(attacker_ip), max(session_id), max(evidence) FROM ttp_tag
GROUP BY source_kind, source_id ORDER BY source_kind, source_id`
)

// Addressless reports whether events of tags lack an address.
func (db *DB) Addressless(ctx context.Context) (bool, error) {
	n := 0
	err := db.View(ctx, "reading events", func(ctx context.Context, tx *Tx) error { return tx.Row(ctx, sqlAddressless).Scan(&n) })
	return n > 0, err
}

// Events calls yield for the events that tags are of. What it is given is valid
// during the call only; an error of yield ends it and is returned.
func (db *DB) Events(ctx context.Context, yield func(*event.Event) error) error {
	return Outcome(db.View(ctx, "reading events", func(ctx context.Context, tx *Tx) error {
		return tx.Query(ctx, func(rows *Rows) error {
			var cells [6]sql.NullString
			if err := rows.Scan(&cells[0], &cells[1], &cells[2], &cells[3], &cells[4], &cells[5]); err != nil {
				return err
			}
			var ev event.Event
			TaggedEvent(cells[:], &ev)
			return Yielded(yield(&ev))
		}, sqlEvents)
	}))
}
