package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

// The SQL of keys.
const (
	sqlKey    = `SELECT value FROM ttp_key WHERE name = ?`
	sqlPutKey = `INSERT INTO ttp_key (name, value) VALUES (?, ?)`
)

// Key returns the secret kept under name. The first to ask stores fresh, of 16
// bytes or more; of several processes one does, and all get its secret.
func (db *DB) Key(ctx context.Context, name string, fresh []byte) (key []byte, err error) {
	err = db.update(ctx, "keeping the key "+name, func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, sqlKey, name).Scan(&key)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		key = fresh
		_, err = tx.ExecContext(ctx, sqlPutKey, name, fresh)
		return err
	})
	return key, err
}
