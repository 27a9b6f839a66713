package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// StateTable is the operator's states in a DB: a StateStore.
type StateTable struct{ db *DB }

// States returns the operator's states in the database.
func (db *DB) States() *StateTable { return &StateTable{db} }

// State implements StateStore.
func (t *StateTable) State(ctx context.Context, ruleID string) (event.State, error) {
	var c store.StateChange
	err := t.db.view(ctx, "reading a rule's state", func(ctx context.Context, tx *sql.Tx) (err error) {
		c, err = readState(ctx, tx, ruleID)
		return err
	})
	return c.State.At(t.db.now()), err
}

// SetState implements StateStore.
func (t *StateTable) SetState(ctx context.Context, ruleID string, st event.State) error {
	st, err := store.PrepareState(ruleID, st, t.db.now())
	if err != nil {
		return err
	}
	return t.db.update(ctx, "setting a rule's state", func(ctx context.Context, tx *sql.Tx) error {
		current, err := readState(ctx, tx, ruleID)
		if err != nil {
			return err
		}
		stored, err := writeState(ctx, tx, store.StateChange{RuleID: ruleID, Revision: current.Revision + 1, State: st})
		if err == nil && !stored {
			err = errors.New("changed by somebody under our write lock")
		}
		return err
	})
}

// States returns the states in effect, of rules that have one.
func (t *StateTable) States(ctx context.Context) (event.States, error) {
	var all map[string]store.StateChange
	err := t.db.view(ctx, "reading states", func(ctx context.Context, tx *sql.Tx) (err error) {
		all, err = readStates(ctx, tx)
		return err
	})
	return store.InEffect(all, t.db.now()), err
}

// History implements StateStore.
func (t *StateTable) History(ctx context.Context, ruleID string) (h []store.StateChange, err error) {
	err = t.db.view(ctx, "reading the history of states", func(ctx context.Context, tx *sql.Tx) error {
		return query(ctx, tx, func(rows *sql.Rows) error {
			c, err := scanState(rows)
			h = append(h, c)
			return err
		}, sqlHistory, ruleID)
	})
	return h, err
}

// Watch implements StateStore.
func (t *StateTable) Watch(ctx context.Context) (event.States, *store.Subscription[store.StateChange], error) {
	return t.db.tail.watchStates(ctx)
}

// revert stores that c's state has expired, unless something was stored since
// c was read: of several processes that see an expiry, one stores it.
func (t *StateTable) revert(ctx context.Context, c store.StateChange) error {
	return t.db.update(ctx, "reverting an expired state", func(ctx context.Context, tx *sql.Tx) error {
		_, err := writeState(ctx, tx, c.Revert(t.db.now()))
		return err
	})
}

// writeState stores c if c's is the revision after the one stored.
func writeState(ctx context.Context, tx *sql.Tx, c store.StateChange) (stored bool, err error) {
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
	statement := sqlInsertState
	if c.Revision > 1 {
		statement, args = sqlUpdateState, append(args, c.Revision-1)
	}
	rows := 0
	err = count(&rows)(tx.ExecContext(ctx, statement, args...))
	return rows == 1, err
}

// readState returns a rule's stored state; that of a rule without one has
// revision 0.
func readState(ctx context.Context, tx *sql.Tx, ruleID string) (store.StateChange, error) {
	c, err := scanState(tx.QueryRowContext(ctx, sqlState, ruleID))
	if errors.Is(err, sql.ErrNoRows) {
		return store.StateChange{RuleID: ruleID}, nil
	}
	return c, err
}

func readStates(ctx context.Context, tx *sql.Tx) (map[string]store.StateChange, error) {
	all := map[string]store.StateChange{}
	err := query(ctx, tx, func(rows *sql.Rows) error {
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
