package sqldb

import (
	"context"
	"math"
	"slices"

	"ttpctl/internal/store"
)

// The SQL of the outbox.
const (
	sqlPutMessages = `INSERT INTO ttp_outbox (source, last_seq, first_seq, messages) VALUES (?, ?, ?, ?)`
	// No rows are of an output that its source does not have. A server sends all that
	// a statement asks for, whoever reads on.
	sqlMessages = `SELECT m.first_seq, m.messages, o.seq FROM ttp_output o JOIN ttp_outbox m ON m.source = o.source AND m.last_seq > greatest(o.seq, ?3)
WHERE o.source = ?1 AND o.output = ?2 ORDER BY m.last_seq LIMIT ?4`
	// What all outputs have passed goes; without outputs, all of it.
	sqlForgetMessages = `DELETE FROM ttp_outbox WHERE source = ?1 AND last_seq <= (SELECT coalesce(min(seq), ?2) FROM ttp_output WHERE source = ?1)`

	sqlOutputs = `SELECT output FROM ttp_output WHERE source = ?`
	// A new output begins where the last of the others stands; without others
	// nothing is kept, and it begins behind all of it.
	sqlBegin        = `SELECT coalesce((SELECT min(seq) FROM ttp_output WHERE source = ?1), (SELECT seq FROM ttp_source WHERE source = ?1), 0)`
	sqlAddOutput    = `INSERT INTO ttp_output (source, output, seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`
	sqlRemoveOutput = `DELETE FROM ttp_output WHERE source = ? AND output = ?`
	sqlPass         = `UPDATE ttp_output SET seq = greatest(seq, least(?3, coalesce((SELECT seq FROM ttp_source WHERE source = ?1), 0)))
WHERE source = ?1 AND output = ?2`
	sqlBehind = `SELECT o.source, o.output, s.seq - o.seq FROM ttp_output o JOIN ttp_source s USING (source)
WHERE s.seq - o.seq > ? ORDER BY o.source, o.output`
	sqlLose = `UPDATE ttp_output SET seq = (SELECT seq FROM ttp_source WHERE source = ?1) - ?3 WHERE source = ?1 AND output = ?2`
)

// messageRows bounds the rows that one statement reads.
const messageRows = 64

// An OutboxTable is the outbox in a DB.
type OutboxTable struct{ db Host }

// Outputs implements [store.Outbox].
func (t *OutboxTable) Outputs(ctx context.Context, source string, names []string) error {
	return t.db.Update(ctx, "setting the outputs of a source", func(ctx context.Context, tx *Tx) error {
		had, err := outputsOf(ctx, tx, source)
		if err != nil {
			return err
		}
		var begin int64
		if err := tx.Row(ctx, sqlBegin, source).Scan(&begin); err != nil {
			return err
		}
		for _, name := range names {
			if _, err := tx.Exec(ctx, sqlAddOutput, source, name, begin); err != nil {
				return err
			}
		}
		for _, name := range had {
			if slices.Contains(names, name) {
				continue
			}
			if _, err := tx.Exec(ctx, sqlRemoveOutput, source, name); err != nil {
				return err
			}
		}
		return forgetPassed(ctx, tx, source)
	})
}

func outputsOf(ctx context.Context, tx *Tx, source string) (names []string, err error) {
	err = tx.Query(ctx, func(rows *Rows) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	}, sqlOutputs, source)
	return names, err
}

func forgetPassed(ctx context.Context, tx *Tx, source string) error {
	_, err := tx.Exec(ctx, sqlForgetMessages, source, int64(math.MaxInt64))
	return err
}

// Next implements [store.Outbox].
func (t *OutboxTable) Next(ctx context.Context, output, source string, after int64, most int) (ms []store.Message, err error) {
	err = t.db.View(alone(ctx), "reading the outbox", func(ctx context.Context, tx *Tx) error {
		ms = nil
		for passed, rows := after, messageRows; rows == messageRows && len(ms) < most; {
			rows = 0
			err := tx.Query(ctx, func(r *Rows) error {
				var first, seq int64
				var packed []byte
				if err := r.Scan(&first, &packed, &seq); err != nil || len(ms) >= most {
					return err
				}
				rows++
				ms, err = unpack(ms, packed, first, max(passed, seq), most)
				return err
			}, sqlMessages, source, output, passed, messageRows)
			if err != nil {
				return err
			}
			if len(ms) > 0 {
				passed = ms[len(ms)-1].Seq
			}
		}
		return nil
	})
	return ms, err
}

// Done implements [store.Outbox].
func (t *OutboxTable) Done(ctx context.Context, passed ...store.Mark) error {
	return t.db.Update(ctx, "noting what was published", func(ctx context.Context, tx *Tx) error {
		ctx = Later(ctx)
		var sources []string
		for _, m := range passed {
			if _, err := tx.Exec(ctx, sqlPass, m.Source, m.Output, m.Seq); err != nil {
				return err
			}
			sources = append(sources, m.Source)
		}
		slices.Sort(sources)
		for _, source := range slices.Compact(sources) {
			if err := forgetPassed(ctx, tx, source); err != nil {
				return err
			}
		}
		return nil
	})
}

// Waiting implements [store.Outbox].
func (t *OutboxTable) Waiting(ctx context.Context) (bs []store.Backlog, err error) {
	err = t.db.View(ctx, "reading how far the outbox is published", func(ctx context.Context, tx *Tx) error {
		bs, err = readBehind(ctx, tx, 0)
		return err
	})
	return bs, err
}

// readBehind returns the outputs with more than max messages to go.
func readBehind(ctx context.Context, tx *Tx, max int) (bs []store.Backlog, err error) {
	err = tx.Query(ctx, func(rows *Rows) error {
		var b store.Backlog
		err := rows.Scan(&b.Source, &b.Output, &b.Messages)
		bs = append(bs, b)
		return err
	}, sqlBehind, max)
	return bs, err
}

// Drop implements [store.Outbox]. It writes only when something goes.
func (t *OutboxTable) Drop(ctx context.Context, max int) (lost []store.Backlog, err error) {
	const op = "bounding the outbox"
	err = t.db.View(ctx, op, func(ctx context.Context, tx *Tx) error {
		lost, err = readBehind(ctx, tx, max)
		return err
	})
	if err != nil || len(lost) == 0 {
		return nil, err
	}
	err = t.db.Update(ctx, op, func(ctx context.Context, tx *Tx) error {
		lost, err = dropOldest(ctx, tx, max)
		return err
	})
	if err != nil {
		return nil, err
	}
	return lost, nil
}

func dropOldest(ctx context.Context, tx *Tx, max int) ([]store.Backlog, error) {
	lost, err := readBehind(ctx, tx, max)
	if err != nil {
		return nil, err
	}
	for i := range lost {
		b := &lost[i]
		b.Messages -= int64(max)
		if _, err := tx.Exec(ctx, sqlLose, b.Source, b.Output, max); err != nil {
			return nil, err
		}
		if err := forgetPassed(ctx, tx, b.Source); err != nil {
			return nil, err
		}
	}
	return lost, nil
}

// putMessages stores the messages behind number seq of source, which has outputs.
func putMessages(ctx context.Context, tx *Tx, source string, seq int64, ms []store.Message) error {
	if len(ms) == 0 {
		return nil
	}
	type row struct {
		first, last int64
		messages    []byte
	}
	var rows []row
	for len(ms) > 0 {
		packed, n := pack(nil, ms)
		rows = append(rows, row{seq + 1, seq + int64(n), packed})
		ms, seq = ms[n:], seq+int64(n)
	}
	_, err := insertEach(ctx, tx, sqlPutMessages, rows, func(r row) []any { return []any{source, r.last, r.first, r.messages} })
	return err
}
