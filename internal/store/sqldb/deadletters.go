package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"time"

	"ttpctl/internal/store"
)

// The SQL of dead letters.
const (
	sqlPutLetter    = `INSERT INTO ttp_dead_letter (source, place, reason, body, at) VALUES (?, ?, ?, ?, ?)`
	sqlLetters      = `SELECT letter_id, source, place, reason, body, at FROM ttp_dead_letter`
	sqlHasLetter    = `SELECT EXISTS (SELECT 1 FROM ttp_dead_letter WHERE source = ? AND place = ?)`
	sqlCountLetters = `SELECT count(*) FROM ttp_dead_letter`
	sqlOneLetter    = sqlLetters + ` WHERE letter_id = ?`
	sqlAllLetters   = sqlLetters + ` ORDER BY letter_id DESC LIMIT ?`
	sqlLastToGo     = `SELECT letter_id FROM ttp_dead_letter ORDER BY letter_id DESC LIMIT 1 OFFSET ?`
	sqlForgetOld    = `DELETE FROM ttp_dead_letter WHERE letter_id <= ?`
	sqlForget       = `DELETE FROM ttp_dead_letter WHERE letter_id = ?`
)

// A LetterTable is the dead letters in a DB.
type LetterTable struct{ *Tables }

// setAside stores what could not be processed of a source, and forgets the
// oldest past the bound.
func (t *Tables) setAside(ctx context.Context, tx *Tx, source string, dead []store.DeadLetter) error {
	if len(dead) == 0 {
		return nil
	}
	now := t.db.Now()
	_, err := insertEach(ctx, tx, sqlPutLetter, dead, func(d store.DeadLetter) []any {
		d = d.Bounded(now)
		body := d.Body
		if body == nil {
			body = []byte{}
		}
		return []any{source, d.Where, d.Reason, body, d.At.UnixMilli()}
	})
	if err != nil {
		return err
	}
	var last int64
	err = tx.Row(ctx, sqlLastToGo, t.letters).Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err == nil {
		_, err = tx.Exec(ctx, sqlForgetOld, last)
	}
	return err
}

// SetAside implements [store.LetterBox].
func (t *LetterTable) SetAside(ctx context.Context, d store.DeadLetter) error {
	return t.db.Update(ctx, "setting aside a dead letter", func(ctx context.Context, tx *Tx) error {
		known := false
		if err := tx.Row(ctx, sqlHasLetter, d.Source, d.Where).Scan(&known); err != nil || known {
			return err
		}
		return t.setAside(ctx, tx, d.Source, []store.DeadLetter{d})
	})
}

// Count returns how many there are.
func (t *LetterTable) Count(ctx context.Context) (n int64, err error) {
	err = t.db.View(ctx, "counting dead letters", func(ctx context.Context, tx *Tx) error {
		return tx.Row(ctx, sqlCountLetters).Scan(&n)
	})
	return n, err
}

// Each implements [store.DeadLetters].
func (t *LetterTable) Each(ctx context.Context, limit int, yield func(*store.DeadLetter) error) error {
	if limit == 0 {
		limit = math.MaxInt64
	}
	err := t.db.View(ctx, "reading dead letters", func(ctx context.Context, tx *Tx) error {
		return tx.Query(ctx, func(rows *Rows) error {
			d, err := scanLetter(rows)
			if err != nil {
				return err
			}
			return Yielded(yield(&d))
		}, sqlAllLetters, limit)
	})
	return Outcome(err)
}

func scanLetter(row interface{ Scan(...any) error }) (d store.DeadLetter, err error) {
	var at int64
	err = row.Scan(&d.ID, &d.Source, &d.Where, &d.Reason, &d.Body, &at)
	d.At = time.UnixMilli(at).UTC()
	return d, err
}

// Letter implements [store.DeadLetters].
func (t *LetterTable) Letter(ctx context.Context, id int64) (d store.DeadLetter, err error) {
	err = t.db.View(ctx, "reading a dead letter", func(ctx context.Context, tx *Tx) error {
		d, err = scanLetter(tx.Row(ctx, sqlOneLetter, id))
		if errors.Is(err, sql.ErrNoRows) {
			err = Yielded(fmt.Errorf("dead letter %d: %w", id, fs.ErrNotExist))
		}
		return err
	})
	return d, Outcome(err)
}

// Forget implements [store.DeadLetters].
func (t *LetterTable) Forget(ctx context.Context, ids ...int64) error {
	return t.db.Update(ctx, "forgetting dead letters", func(ctx context.Context, tx *Tx) error {
		_, err := insertEach(ctx, tx, sqlForget, ids, func(id int64) []any { return []any{id} })
		return err
	})
}
