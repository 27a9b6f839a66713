package sqldb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"

	"ttpctl/internal/store"
)

// A Migration is one step of a schema. Steps are numbered from 1, without gaps,
// and never change once they were released.
type Migration struct {
	Name string
	Text string // statements, each ends in a line that is --
}

// ReadMigrations returns migrations/*.sql of files, in the order of their names.
func ReadMigrations(files fs.FS) ([]Migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	all := make([]Migration, len(names))
	for i, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		all[i] = Migration{strings.TrimSuffix(strings.TrimPrefix(name, "migrations/"), ".sql"), string(data)}
	}
	return all, nil
}

// statements returns those of m. A server that runs one at a time needs them
// apart, and bodies of triggers hold semicolons.
func (m Migration) statements() (all []string) {
	for part := range strings.SplitSeq(m.Text, "\n--\n") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// sum is how a migration that changed after it was applied is known.
func (m Migration) sum() string {
	sum := sha256.Sum256([]byte(m.Text))
	return hex.EncodeToString(sum[:])
}

const (
	sqlMakeMigrations = `CREATE TABLE IF NOT EXISTS ttp_migration (version int NOT NULL PRIMARY KEY, name varchar(100) NOT NULL, sum varchar(64) NOT NULL, applied_at bigint NOT NULL)`
	sqlHasMigrations  = `SELECT count(*) FROM information_schema.tables WHERE table_name = 'ttp_migration' AND table_schema = `
	sqlMigrations     = `SELECT name, sum FROM ttp_migration ORDER BY version`
	sqlPutMigration   = `INSERT INTO ttp_migration (version, name, sum, applied_at) VALUES (?, ?, ?, ?)`
	// A migration that older programs can live with says so, once there is a column
	// for it.
	sqlPutOldest = `UPDATE ttp_migration SET oldest = ? WHERE version = ?`
	sqlLivesWith = `SELECT min(oldest), max(oldest) FROM ttp_migration WHERE version > ?`
)

// applied returns the migrations that a database has seen; none when it has no
// schema of ours.
func (db *DB) applied(ctx context.Context, c *sql.Conn) (all []struct{ name, sum string }, err error) {
	var tables int
	if err := c.QueryRowContext(ctx, sqlHasMigrations+db.Dialect.Schema).Scan(&tables); err != nil || tables == 0 {
		return nil, err
	}
	rows, err := c.QueryContext(ctx, sqlMigrations)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var m struct{ name, sum string }
		if err := rows.Scan(&m.name, &m.sum); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, rows.Err()
}

// oldest returns the least number of migrations that a program must know to work on
// a database with m, which m's first line says if it is not all of them: it adds
// what older programs do not miss, so that they go on beside newer ones. 0 = all.
func (m Migration) oldest() int {
	var n int
	line, _, _ := strings.Cut(m.Text, "\n")
	if _, err := fmt.Sscanf(line, "-- oldest: %d", &n); err != nil {
		return 0
	}
	return n
}

// liveWith refuses a schema that has migrations which this program does not know and
// cannot live with. version is how many it has.
func (db *DB) liveWith(ctx context.Context, c *sql.Conn, version int) error {
	known := len(db.Migrations)
	if version <= known {
		return nil
	}
	var least, most int
	statement, args := db.Dialect.bind(sqlLivesWith, []any{known})
	if err := c.QueryRowContext(ctx, statement, args...).Scan(&least, &most); err != nil {
		return err
	}
	if least == 0 || most > known {
		return fmt.Errorf("%w: its schema is %d, this ttpctl knows %d", store.ErrNewerSchema, version, known)
	}
	return nil
}

// schema returns how many migrations a database has seen, and refuses one that is
// too new for this program, or was made by other migrations.
func (db *DB) schema(ctx context.Context, c *sql.Conn) (version int, err error) {
	all, err := db.applied(ctx, c)
	if err != nil {
		return 0, err
	}
	if err := db.liveWith(ctx, c, len(all)); err != nil {
		return 0, err
	}
	for i, m := range all[:min(len(all), len(db.Migrations))] {
		if m.sum != db.Migrations[i].sum() {
			return 0, fmt.Errorf("%w: migration %s of its schema is not the one that this ttpctl has", store.ErrNotDatabase, m.name)
		}
	}
	return len(all), nil
}

// onConn runs fn on one connection, again when that cannot be had or breaks.
func (db *DB) onConn(ctx context.Context, fn func(c *sql.Conn) error) error {
	return db.retry(ctx, func() (again bool, err error) {
		c, err := db.Pool.Conn(ctx)
		if err != nil {
			return true, err
		}
		defer c.Close()
		return true, fn(c)
	})
}

// checkSchema refuses a schema that this program cannot read.
func (db *DB) checkSchema(ctx context.Context) error {
	return db.onConn(ctx, func(c *sql.Conn) error {
		version, err := db.schema(ctx, c)
		switch {
		case err != nil:
			return err
		case version == 0:
			return fmt.Errorf("there is nothing of ttpctl in it: %w", fs.ErrNotExist)
		case version < len(db.Migrations):
			return fmt.Errorf("%w: its schema is %d, this ttpctl reads %d", store.ErrOlderSchema, version, len(db.Migrations))
		}
		return nil
	})
}

// migrate brings the schema up to date. It takes the lock only when there is
// something to do.
func (db *DB) migrate(ctx context.Context) error {
	return db.onConn(ctx, func(c *sql.Conn) error {
		version, err := db.schema(ctx, c)
		if err != nil || version >= len(db.Migrations) {
			return err
		}
		if err := db.Lock(ctx, c); err != nil {
			return err
		}
		err = db.applySteps(ctx, c)
		if e := db.Unlock(context.WithoutCancel(ctx), c); err == nil {
			err = e
		}
		return err
	})
}

// applySteps runs what is missing: another process may have been quicker.
func (db *DB) applySteps(ctx context.Context, c *sql.Conn) error {
	if _, err := c.ExecContext(ctx, sqlMakeMigrations); err != nil {
		return err
	}
	version, err := db.schema(ctx, c)
	if err != nil {
		return err
	}
	for i := version; i < len(db.Migrations); i++ {
		if err := db.applyStep(ctx, c, i); err != nil {
			return fmt.Errorf("migration %s: %w", db.Migrations[i].Name, err)
		}
	}
	return nil
}

// applyStep runs one migration. Where a failure leaves half of it, its statements
// may run again.
func (db *DB) applyStep(ctx context.Context, c *sql.Conn, i int) error {
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	m := db.Migrations[i]
	for _, statement := range m.statements() {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if _, err := db.Dialect.Begin(tx).Exec(ctx, sqlPutMigration, i+1, m.Name, m.sum(), db.now().UnixMilli()); err != nil {
		return err
	}
	if n := m.oldest(); n > 0 {
		if _, err := db.Dialect.Begin(tx).Exec(ctx, sqlPutOldest, n, i+1); err != nil {
			return err
		}
	}
	return tx.Commit()
}
