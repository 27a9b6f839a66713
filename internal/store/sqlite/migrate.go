package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"ttpctl/internal/store"
)

// Migrations are numbered from 1, without gaps, and never change once they
// were released. The schema's version is the number of the last one applied.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

func migrations() ([]string, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(names))
	for i, name := range names {
		data, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		texts[i] = string(data)
	}
	return texts, nil
}

// migrate brings the schema up to date. It takes the write lock only when
// there is something to do.
func (db *DB) migrate(ctx context.Context, patience time.Duration) error {
	steps, err := migrations()
	if err != nil {
		return err
	}
	version, err := db.schemaVersion(ctx, patience)
	if err != nil || version == len(steps) {
		return err
	}
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := applySteps(ctx, tx, steps); err != nil {
		return err
	}
	return tx.Commit()
}

// applySteps runs what is missing in tx, which holds the write lock: another
// process may have been quicker.
func applySteps(ctx context.Context, tx *sql.Tx, steps []string) error {
	version, err := versionOf(ctx, tx)
	if err != nil {
		return err
	}
	if version > len(steps) {
		return newerSchema(version, len(steps))
	}
	if version == 0 {
		if err := mustBeEmpty(ctx, tx); err != nil {
			return err
		}
	}
	for i := version; i < len(steps); i++ {
		if _, err := tx.ExecContext(ctx, steps[i]); err != nil {
			return fmt.Errorf("migration %d: %w", i+1, err)
		}
	}
	_, err = tx.ExecContext(ctx, fmt.Sprintf(sqlSetUserVersion, len(steps)))
	return err
}

// schemaVersion is the first thing read of a database: it opens the writing
// connection. Two processes that turn a new file to WAL at once may find each
// other's lock whatever busy_timeout says; the loser tries again.
func (db *DB) schemaVersion(ctx context.Context, patience time.Duration) (int, error) {
	deadline := time.After(patience)
	for {
		version, err := versionOf(ctx, db.writer)
		if err == nil || !isLocked(err) {
			return version, err
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-deadline:
			return 0, err
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// checkSchema refuses a schema that this program cannot read.
func (db *DB) checkSchema(ctx context.Context) error {
	steps, err := migrations()
	if err != nil {
		return err
	}
	version, err := versionOf(ctx, db.reader)
	if err != nil {
		return err
	}
	if version == 0 {
		if err := mustBeEmpty(ctx, db.reader); err != nil {
			return err
		}
	}
	switch {
	case version > len(steps):
		return newerSchema(version, len(steps))
	case version < len(steps):
		return fmt.Errorf("%w: its schema is %d, this ttpctl reads %d", store.ErrOlderSchema, version, len(steps))
	}
	return nil
}

func newerSchema(version, known int) error {
	return fmt.Errorf("%w: its schema is %d, this ttpctl knows %d", store.ErrNewerSchema, version, known)
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// versionOf returns the schema's version, 0 = none. A file that has one and is
// not marked as ours is another program's.
func versionOf(ctx context.Context, q querier) (version int, err error) {
	if err := q.QueryRowContext(ctx, sqlUserVersion).Scan(&version); err != nil || version == 0 {
		return 0, err
	}
	var id int
	if err := q.QueryRowContext(ctx, sqlApplicationID).Scan(&id); err != nil {
		return 0, err
	}
	if id != applicationID {
		return 0, errForeign
	}
	return version, nil
}

var errForeign = fmt.Errorf("%w: it belongs to another program", store.ErrNotDatabase)

// mustBeEmpty refuses a database without our mark that has tables: another
// program's.
func mustBeEmpty(ctx context.Context, q querier) error {
	var tables int
	if err := q.QueryRowContext(ctx, sqlTableCount).Scan(&tables); err != nil {
		return err
	}
	if tables > 0 {
		return errForeign
	}
	return nil
}
