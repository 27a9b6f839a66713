package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// StateTable is the operator's states in a DB: a StateStore.
type StateTable struct{ db Host }

// State implements StateStore.
func (t *StateTable) State(ctx context.Context, ruleID string) (event.State, error) {
	c, err := t.Last(ctx, ruleID)
	return c.State.At(t.db.Now()), err
}

// SetState implements StateStore.
func (t *StateTable) SetState(ctx context.Context, ruleID string, st event.State) error {
	return t.set(ctx, ruleID, st, func(int64) error { return nil })
}

// SetStateAfter implements StateStore.
func (t *StateTable) SetStateAfter(ctx context.Context, ruleID string, revision int64, st event.State) error {
	var check error
	err := t.set(ctx, ruleID, st, func(last int64) error {
		check = store.CheckRevision(last, revision)
		return check
	})
	if check != nil {
		return check // and no error of the database
	}
	return err
}

// Last implements StateStore.
func (t *StateTable) Last(ctx context.Context, ruleID string) (c store.StateChange, err error) {
	err = t.db.View(ctx, "reading a rule's state", func(ctx context.Context, tx *Tx) (err error) {
		c, err = readState(ctx, tx, ruleID)
		return err
	})
	return c, err
}

// set stores st if check agrees to the revision of the last change.
func (t *StateTable) set(ctx context.Context, ruleID string, st event.State, check func(last int64) error) error {
	st, err := store.PrepareState(ruleID, st, t.db.Now())
	if err != nil {
		return err
	}
	return t.db.Update(ctx, "setting a rule's state", func(ctx context.Context, tx *Tx) error {
		if err := tx.lockChanges(ctx); err != nil {
			return err
		}
		current, err := readState(ctx, tx, ruleID)
		if err == nil {
			err = check(current.Revision)
		}
		if err != nil {
			return err
		}
		stored, err := writeState(ctx, tx, store.StateChange{RuleID: ruleID, Revision: current.Revision + 1, State: st})
		if err == nil && !stored {
			err = errors.New("changed by somebody under our lock")
		}
		return err
	})
}

// States returns the states in effect, of rules that have one.
func (t *StateTable) States(ctx context.Context) (event.States, error) {
	var all map[string]store.StateChange
	err := t.db.View(ctx, "reading states", func(ctx context.Context, tx *Tx) (err error) {
		all, err = ReadStates(ctx, tx)
		return err
	})
	return store.InEffect(all, t.db.Now()), err
}

// History implements StateStore.
func (t *StateTable) History(ctx context.Context, ruleID string) (h []store.StateChange, err error) {
	statement, args := sqlHistory, []any(nil)
	if ruleID != "" {
		statement, args = sqlHistoryOf, []any{ruleID}
	}
	err = t.db.View(ctx, "reading the history of states", func(ctx context.Context, tx *Tx) error {
		h = nil
		return tx.Query(ctx, func(rows *Rows) error {
			c, err := scanState(rows)
			h = append(h, c)
			return err
		}, statement, args...)
	})
	return h, err
}

// Watch implements StateStore.
func (t *StateTable) Watch(ctx context.Context) (event.States, *store.Subscription[store.StateChange], error) {
	return t.db.WatchStates(ctx)
}

// Revert stores that c's state has expired, unless something was stored since
// c was read: of several processes that see an expiry, one stores it.
func Revert(ctx context.Context, db Host, c store.StateChange) error {
	return db.Update(ctx, "reverting an expired state", func(ctx context.Context, tx *Tx) error {
		if err := tx.lockChanges(ctx); err != nil {
			return err
		}
		_, err := writeState(ctx, tx, c.Revert(db.Now()))
		return err
	})
}

// writeState stores c if c's is the revision after the one stored.
func writeState(ctx context.Context, tx *Tx, c store.StateChange) (stored bool, err error) {
	ceiling, expires := sql.NullFloat64{}, sql.NullInt64{}
	if c.State.Mode == event.Clipped {
		ceiling = sql.NullFloat64{Float64: c.State.Max, Valid: true}
	}
	if !c.State.ExpiresAt.IsZero() {
		expires = sql.NullInt64{Int64: c.State.ExpiresAt.UnixMilli(), Valid: true}
	}
	args := []any{
		c.RuleID, c.State.Mode.String(), ceiling, expires, c.State.Reason, c.State.SetBy,
		c.State.SetAt.UnixMilli(), c.Revision,
	}
	statement, given := sqlInsertState, args
	if c.Revision > 1 {
		statement, given = sqlUpdateState, append(args, c.Revision-1)
	}
	rows := 0
	if err := count(&rows)(tx.Exec(ctx, statement, given...)); err != nil || rows != 1 || !tx.dialect.Notes {
		return rows == 1, err
	}
	if _, err := tx.Exec(ctx, sqlLogState, args...); err != nil {
		return true, err
	}
	return true, tx.note(ctx, c.RuleID, state, store.Put)
}

// readState returns a rule's stored state; that of a rule without one has
// revision 0.
func readState(ctx context.Context, tx *Tx, ruleID string) (store.StateChange, error) {
	c, err := scanState(tx.Row(ctx, sqlState, ruleID))
	if errors.Is(err, sql.ErrNoRows) {
		return store.StateChange{RuleID: ruleID}, nil
	}
	return c, err
}

// ReadStates returns the last change of each rule that has one.
func ReadStates(ctx context.Context, tx *Tx) (map[string]store.StateChange, error) {
	all := map[string]store.StateChange{}
	err := tx.Query(ctx, func(rows *Rows) error {
		c, err := scanState(rows)
		all[c.RuleID] = c
		return err
	}, sqlStates)
	return all, err
}

func scanState(row interface{ Scan(...any) error }) (c store.StateChange, err error) {
	var mode string
	var ceiling sql.NullFloat64
	var expires sql.NullInt64
	var at int64
	if err := row.Scan(&c.RuleID, &mode, &ceiling, &expires, &c.State.Reason, &c.State.SetBy, &at, &c.Revision); err != nil {
		return c, err
	}
	c.State.Mode, err = event.ParseMode(mode)
	c.State.Max = ceiling.Float64
	c.State.SetAt = time.UnixMilli(at).UTC()
	if expires.Valid {
		c.State.ExpiresAt = time.UnixMilli(expires.Int64).UTC()
	}
	return c, err
}
