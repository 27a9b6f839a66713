package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"ttpctl/internal/hint"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	defaultPort    = "5432"
	connectTimeout = 5 * time.Second
	// migrating is the advisory lock of those that migrate ("ttpC").
	migrating = 0x74747043
)

var dialect = &sqldb.Dialect{
	Parameter: func(dst []byte, n int) []byte { return strconv.AppendInt(append(dst, '$'), int64(n), 10) },
	Escapes:   true, ManyRows: true,
	LockChanges: `SELECT rev FROM ttp_counter FOR UPDATE`, ForUpdate: ` FOR UPDATE`,
	Schema: `current_schema()`,
}

// Open opens the database at an address for writing, and makes its schema or
// brings it up to date.
func Open(ctx context.Context, address string, opts store.DBOptions) (*sqldb.DB, error) {
	return open(ctx, address, opts, sqldb.Open)
}

// OpenReadOnly opens it without ever writing to it. A database without a schema
// of ours is fs.ErrNotExist.
func OpenReadOnly(ctx context.Context, address string, opts store.DBOptions) (*sqldb.DB, error) {
	return open(ctx, address, opts, sqldb.OpenReadOnly)
}

func open(ctx context.Context, address string, opts store.DBOptions, how func(context.Context, sqldb.Server, store.DBOptions) (*sqldb.DB, error)) (*sqldb.DB, error) {
	a, err := sqldb.ParseAddress(address, defaultPort, opts.Getenv)
	if err != nil {
		return nil, err
	}
	cfg, err := configOf(a)
	if err != nil {
		return nil, err
	}
	steps, err := sqldb.ReadMigrations(migrations)
	if err != nil {
		return nil, err
	}
	return how(ctx, sqldb.Server{
		Dialect: dialect, Address: a.String(), Pool: pool(cfg), Judge: judge,
		Lock: lock, Unlock: unlock, Migrations: steps, PutTags: putTags, Hint: hear,
		AnyOf: `(SELECT unnest(?::uuid[]))`,
		Size:  `SELECT pg_database_size(current_database())`,
	}, opts)
}

// configOf returns how connections to a are made.
func configOf(a sqldb.Address) (*pgconn.Config, error) {
	a.Params.Set("sslmode", a.SSLMode())
	u := url.URL{Scheme: "postgres", Host: net.JoinHostPort(a.Host, a.Port), Path: "/" + a.Name, RawQuery: a.Params.Encode()}
	if a.User != "" {
		u.User = url.User(a.User)
	}
	// There is no password in it that an error could tell.
	cfg, err := pgconn.ParseConfig(u.String())
	if err != nil {
		return nil, hint.Errorf("the parameters are those of libpq, such as sslmode=verify-full&sslrootcert=ca.pem", "%s: %w", a, err)
	}
	if a.Password != "" {
		cfg.Password = a.Password
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	cfg.RuntimeParams["application_name"] = "ttpctl"
	cfg.RuntimeParams["client_encoding"] = "UTF8"
	return cfg, nil
}

func lock(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, migrating)
	return err
}

func unlock(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, migrating)
	return err
}

// hear waits for the notifications of ttp_note_change.
func hear(ctx context.Context, pool *sql.DB, nudge func()) error {
	c, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Raw(func(raw any) error {
		pg := raw.(*conn).pg
		_, err := pg.Exec(ctx, `LISTEN ttp_change`).ReadAll()
		for err == nil {
			nudge()
			err = pg.WaitForNotification(ctx)
		}
		// A connection that listens is of no use to others.
		return errors.Join(driver.ErrBadConn, fmt.Errorf("waiting for changes: %w", err))
	})
}
