package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"ttpctl/internal/store"
)

// The SQL of the ledger.
const (
	sqlResume = `INSERT INTO ttp_source (source, owner, epoch, tags_cursor, seq) VALUES (?, ?, 1, '', 0)
ON CONFLICT (source) DO UPDATE SET owner = excluded.owner, epoch = ttp_source.epoch + 1`
	sqlSources = `SELECT s.source, s.owner, s.epoch, s.tags_cursor, coalesce(t.state_cursor, ''), s.seq, s.committed_at
FROM ttp_source s LEFT JOIN ttp_source_state t USING (source)`
	sqlOneSource   = sqlSources + ` WHERE s.source = ?`
	sqlAllSources  = sqlSources + ` ORDER BY s.source`
	sqlEpoch       = `SELECT epoch, seq, EXISTS (SELECT 1 FROM ttp_output o WHERE o.source = ttp_source.source) FROM ttp_source WHERE source = ?`
	sqlAdvance     = `UPDATE ttp_source SET seq = ?, tags_cursor = coalesce(nullif(?, ''), tags_cursor), committed_at = ? WHERE source = ?`
	sqlSourceState = `SELECT state FROM ttp_source_state WHERE source = ?`
	sqlPutState    = `INSERT INTO ttp_source_state (source, state_cursor, state) VALUES (?, ?, ?)
ON CONFLICT (source) DO UPDATE SET state_cursor = excluded.state_cursor, state = excluded.state`
	sqlLastCommit = `SELECT number FROM ttp_commit WHERE source = ? AND epoch = ?`
	sqlPutCommit  = `INSERT INTO ttp_commit (source, epoch, number) VALUES (?, ?, ?)
ON CONFLICT (source) DO UPDATE SET epoch = excluded.epoch, number = excluded.number`
)

// A LedgerTable is the ledger in a DB.
type LedgerTable struct{ *Tables }

// Resume implements [store.Ledger].
func (t *LedgerTable) Resume(ctx context.Context, source, owner string) (p store.Position, err error) {
	err = t.db.Update(ctx, "resuming a source", func(ctx context.Context, tx *Tx) error {
		if _, err := tx.Exec(ctx, sqlResume, source, owner); err != nil {
			return err
		}
		if p, err = scanPosition(tx.Row(ctx, sqlOneSource, source)); err != nil {
			return err
		}
		p.State, err = readSourceState(ctx, tx, source)
		return err
	})
	return p, err
}

// readSourceState returns the state of a source, nil when there is none.
func readSourceState(ctx context.Context, tx *Tx, source string) ([]byte, error) {
	state := []byte{}
	err := tx.Row(ctx, sqlSourceState, source).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if state == nil {
		state = []byte{} // as the driver returns an empty one
	}
	return state, err
}

// Sources implements [store.Ledger].
func (t *LedgerTable) Sources(ctx context.Context) (all []store.Position, err error) {
	err = t.db.View(ctx, "reading the sources", func(ctx context.Context, tx *Tx) error {
		return tx.Query(ctx, func(rows *Rows) error {
			p, err := scanPosition(rows)
			all = append(all, p)
			return err
		}, sqlAllSources)
	})
	return all, err
}

func scanPosition(row interface{ Scan(...any) error }) (p store.Position, err error) {
	var committed sql.NullInt64
	err = row.Scan(&p.Source, &p.Owner, &p.Epoch, &p.TagsCursor, &p.StateCursor, &p.Seq, &committed)
	if committed.Valid {
		p.CommittedAt = time.UnixMilli(committed.Int64).UTC()
	}
	return p, err
}

// Commit implements [store.Ledger].
func (t *LedgerTable) Commit(ctx context.Context, c *store.Commit) (fresh []int, err error) {
	const op = "storing what came of a source"
	for i := range c.Tags {
		if err := store.CheckTag(&c.Tags[i]); err != nil {
			return nil, t.db.Fail(op, err)
		}
	}
	var remember func()
	err = t.db.Update(ctx, op, func(ctx context.Context, tx *Tx) (err error) {
		fresh, remember, err = t.write(ctx, tx, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	remember()
	return fresh, nil
}

// write stores c in tx.
func (t *LedgerTable) write(ctx context.Context, tx *Tx, c *store.Commit) (fresh []int, remember func(), err error) {
	now := t.db.Now()
	seq, published, err := notFenced(ctx, tx, c)
	if err != nil {
		return nil, nil, err
	}
	done := c.Last > 0 && seq >= c.Last
	if !done {
		done, err = doneBefore(ctx, tx, c)
	}
	if err != nil || done {
		return nil, func() {}, err
	}
	in, err := t.db.PutTags(ctx, tx, c.Tags, now)
	if err != nil {
		return nil, nil, err
	}
	if remember, err = t.memo.insertNew(ctx, tx, c.Tags); err != nil {
		return nil, nil, err
	}
	ctx = Later(ctx) // with the end
	if c.Publish != nil {
		messages := c.Publish(in.New)
		if published {
			if err := putMessages(ctx, tx, c.Source, seq, messages); err != nil {
				return nil, nil, err
			}
		}
		seq += int64(len(messages))
	}
	if err := advance(ctx, tx, c, seq, now); err != nil {
		return nil, nil, err
	}
	if len(c.Sessions) > 0 {
		if err := keepSessions(ctx, tx, c, now); err != nil {
			return nil, nil, err
		}
	}
	return in.New, remember, t.setAside(ctx, tx, c.Source, c.Dead)
}

// doneBefore reports whether c was committed before, if it has what would be stored
// twice then, and else notes that it is now. The row of the source is locked: it
// commits one after the other.
func doneBefore(ctx context.Context, tx *Tx, c *store.Commit) (bool, error) {
	if c.Number == 0 || len(c.Sessions)+len(c.Dead) == 0 {
		return false, nil
	}
	var last int64
	err := tx.Row(ctx, sqlLastCommit, c.Source, c.Epoch).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) || last >= c.Number {
		return last >= c.Number, err
	}
	_, err = tx.Exec(ctx, sqlPutCommit, c.Source, c.Epoch, c.Number)
	return false, err
}

// notFenced returns the number of the last message of c's source and whether it has
// outputs, or why c may not be committed.
func notFenced(ctx context.Context, tx *Tx, c *store.Commit) (seq int64, published bool, err error) {
	var epoch int64
	err = tx.Row(ctx, sqlEpoch+tx.dialect.ForUpdate, c.Source).Scan(&epoch, &seq, &published)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, false, err
	}
	return seq, published, store.MayCommit(c.Epoch, epoch)
}

// advance moves the cursors of c's source, and stores its state.
func advance(ctx context.Context, tx *Tx, c *store.Commit, seq int64, now time.Time) error {
	if _, err := tx.Exec(ctx, sqlAdvance, seq, c.TagsCursor, now.UnixMilli(), c.Source); err != nil || c.State == nil {
		return err
	}
	_, err := tx.Exec(ctx, sqlPutState, c.Source, c.StateCursor, c.State)
	return err
}
