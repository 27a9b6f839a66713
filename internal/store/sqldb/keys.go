package sqldb

import (
	"context"
	"database/sql"
	"errors"
)

// The SQL of keys.
const (
	sqlKey    = `SELECT value FROM ttp_key WHERE name = ?`
	sqlPutKey = `INSERT INTO ttp_key (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING`
)

// Key returns the secret kept under name. The first to ask stores fresh, of 16
// bytes or more; of several processes one does, and all get its secret.
func (t *Tables) Key(ctx context.Context, name string, fresh []byte) (key []byte, err error) {
	err = t.db.Update(ctx, "keeping the key "+name, func(ctx context.Context, tx *Tx) error {
		err := tx.Row(ctx, sqlKey, name).Scan(&key)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if _, err := tx.Exec(ctx, sqlPutKey, name, fresh); err != nil {
			return err
		}
		return tx.Row(ctx, sqlKey, name).Scan(&key) // another process's, if it was faster
	})
	return key, err
}
