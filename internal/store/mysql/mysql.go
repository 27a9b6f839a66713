package mysql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"time"

	"github.com/go-sql-driver/mysql"

	"ttpctl/internal/hint"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	defaultPort    = "3306"
	connectTimeout = 5 * time.Second
)

// session are the variables of each connection. || joins texts, and nothing is cut
// or changed to fit. The server ends a transaction that writes and goes silent, as when
// its process is stopped: others wait for what it has locked.
var session = map[string]string{
	"idle_write_transaction_timeout": "8",
	"sql_mode":                       `'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT,ANSI_QUOTES,NO_BACKSLASH_ESCAPES'`,
	"collation_connection":           `'utf8mb4_nopad_bin'`,
}

var dialect = &sqldb.Dialect{
	Rewrite:    rewrite,
	Parameter:  func(dst []byte, _ int) []byte { return append(dst, '?') },
	Positional: true, Escapes: true, ManyRows: true, Notes: true,
	LockChanges: `SELECT rev FROM ttp_counter FOR UPDATE`, ForUpdate: ` FOR UPDATE`,
	Schema: `DATABASE()`,
}

var (
	upsert   = regexp.MustCompile(`ON CONFLICT \([^)]*\) DO UPDATE SET`)
	excluded = regexp.MustCompile(`excluded\.(\w+)`)
	// An insert that leaves a row as it is sets its first column to itself.
	nothing = regexp.MustCompile(`(?s)^(INSERT INTO \w+ \((\w+).*)ON CONFLICT(?: \([^)]*\))? DO NOTHING`)
)

// rewrite turns ON CONFLICT into what MariaDB calls it.
func rewrite(statement string) string {
	statement = upsert.ReplaceAllString(statement, `ON DUPLICATE KEY UPDATE`)
	statement = excluded.ReplaceAllString(statement, `VALUES($1)`)
	return nothing.ReplaceAllString(statement, `${1}ON DUPLICATE KEY UPDATE $2 = $2`)
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
	connector, err := connectorOf(a)
	if err != nil {
		return nil, err
	}
	steps, err := sqldb.ReadMigrations(migrations)
	if err != nil {
		return nil, err
	}
	return how(ctx, sqldb.Server{
		Dialect: dialect, Address: a.String(), Pool: sql.OpenDB(connector), Judge: judge,
		Lock: lock, Unlock: unlock, Migrations: steps, PutTags: putTags,
		Size: `SELECT coalesce(sum(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = DATABASE()`,
	}, opts)
}

// connectorOf returns what makes connections to a.
func connectorOf(a sqldb.Address) (driver.Connector, error) {
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User, cfg.Passwd, cfg.DBName = "tcp", net.JoinHostPort(a.Host, a.Port), a.User, a.Password, a.Name
	cfg.Timeout, cfg.Params, cfg.Logger = connectTimeout, session, &mysql.NopLogger{}
	// A statement with its arguments is one way to the server and back.
	cfg.InterpolateParams = true
	if err := secure(cfg, a); err != nil {
		return nil, hint.Errorf("parameters are sslmode=disable, prefer, require or verify-full, sslrootcert, sslcert and sslkey", "%s: %w", a, err)
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a, err)
	}
	return connector, nil
}

// secure sets how cfg uses TLS.
func secure(cfg *mysql.Config, a sqldb.Address) error {
	t := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: a.Host}
	switch mode := a.SSLMode(); mode {
	case "disable":
		return nil
	case "prefer":
		cfg.AllowFallbackToPlaintext = true
		t.InsecureSkipVerify = true
	case "require":
		t.InsecureSkipVerify = true
	case "verify-full":
	default:
		return fmt.Errorf("sslmode=%s is unknown", mode)
	}
	if file := a.Params.Get("sslrootcert"); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("sslrootcert %s holds no certificate", file)
		}
	}
	if file := a.Params.Get("sslcert"); file != "" {
		pair, err := tls.LoadX509KeyPair(file, a.Params.Get("sslkey"))
		if err != nil {
			return err
		}
		t.Certificates = []tls.Certificate{pair}
	}
	cfg.TLS = t
	return nil
}

const (
	// Names of locks are those of the server, and short.
	sqlLock   = `SELECT GET_LOCK(CONCAT('ttpctl ', MD5(DATABASE())), 60)`
	sqlUnlock = `SELECT RELEASE_LOCK(CONCAT('ttpctl ', MD5(DATABASE())))`
)

var errLocked = errors.New("another process has been migrating it for a minute")

func lock(ctx context.Context, c *sql.Conn) error {
	var got sql.NullInt64
	if err := c.QueryRowContext(ctx, sqlLock).Scan(&got); err != nil {
		return err
	}
	if got.Int64 != 1 {
		return errLocked
	}
	return nil
}

func unlock(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, sqlUnlock)
	return err
}
