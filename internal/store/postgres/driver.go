package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"io"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
)

// A connector makes connections for database/sql on pgconn, pgx's protocol. Pgx's
// own driver brings a codec for every type of PostgreSQL, 3 MB of the binary; what
// goes through here are texts, numbers and bytes.
//
// A statement with its arguments is one way to the server and back. Arguments are
// written as text, of types that the server infers, and bytes as they are.
type connector struct{ cfg *pgconn.Config }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	pg, err := pgconn.ConnectConfig(ctx, c.cfg)
	if err != nil {
		return nil, err
	}
	return &conn{pg}, nil
}

func (c connector) Driver() driver.Driver { return nil }

// A conn is one connection.
type conn struct{ pg *pgconn.PgConn }

var errNotSupported = errors.New("not supported")

// Prepare is not called: statements are run as they are.
func (c *conn) Prepare(string) (driver.Stmt, error) { return nil, errNotSupported }

// Begin is not called: there is BeginTx.
func (c *conn) Begin() (driver.Tx, error) { return nil, errNotSupported }

func (c *conn) Close() error { return c.pg.Close(context.Background()) }

// IsValid implements [driver.Validator].
func (c *conn) IsValid() bool { return !c.pg.IsClosed() }

// begins are how transactions begin, by whether they only read. The server ends one
// that writes and goes silent, as when its process is stopped: others wait for what it
// has locked.
var begins = map[bool]string{
	false: `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '8s'`,
	true:  `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`,
}

// BeginTx implements [driver.ConnBeginTx]; see begins.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if _, err := c.pg.Exec(ctx, begins[opts.ReadOnly]).ReadAll(); err != nil {
		return nil, err
	}
	return transaction{c.pg}, nil
}

type transaction struct{ pg *pgconn.PgConn }

func (t transaction) Commit() error {
	results, err := t.pg.Exec(context.Background(), `COMMIT`).ReadAll()
	if err == nil && (len(results) != 1 || results[0].CommandTag.String() != "COMMIT") {
		err = errors.New("the transaction had failed before, and was not committed")
	}
	return err
}

func (t transaction) Rollback() error {
	_, err := t.pg.Exec(context.Background(), `ROLLBACK`).ReadAll()
	return err
}

// CheckNamedValue implements [driver.NamedValueChecker]: arrays are taken as they
// are.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if _, ok := appendArray(nil, v.Value); ok {
		return nil
	}
	return driver.ErrSkip
}

// run sends a statement.
func (c *conn) run(ctx context.Context, statement string, args []driver.NamedValue) *pgconn.ResultReader {
	values, formats := make([][]byte, len(args)), make([]int16, len(args))
	for i := range args {
		values[i], formats[i] = valueOf(args[i].Value)
	}
	return c.pg.ExecParams(ctx, statement, values, nil, formats, nil)
}

// The formats of a value.
const (
	asText   = 0
	asBinary = 1
)

func valueOf(v driver.Value) (value []byte, format int16) {
	switch v := v.(type) {
	case nil:
		return nil, asText
	case string:
		return append([]byte{}, v...), asText // not nil, which is NULL
	case []byte:
		return v, asBinary
	case int64:
		return strconv.AppendInt(nil, v, 10), asText
	case float64:
		return strconv.AppendFloat(nil, v, 'g', -1, 64), asText
	case bool:
		return strconv.AppendBool(nil, v), asText
	}
	array, _ := appendArray(nil, v)
	return array, asText
}

// ExecContext implements [driver.ExecerContext].
func (c *conn) ExecContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Result, error) {
	tag, err := c.run(ctx, statement, args).Close()
	return driver.RowsAffected(tag.RowsAffected()), err
}

// QueryContext implements [driver.QueryerContext].
func (c *conn) QueryContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Rows, error) {
	r := &result{reader: c.run(ctx, statement, args)}
	// An error of the statement comes before its first row.
	if r.more = r.reader.NextRow(); !r.more {
		if _, err := r.reader.Close(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// A result is the rows of a statement.
type result struct {
	reader *pgconn.ResultReader
	more   bool // a row is read and not taken
}

func (r *result) Columns() []string {
	fields := r.reader.FieldDescriptions()
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].Name
	}
	return names
}

func (r *result) Close() error {
	_, err := r.reader.Close()
	return err
}

// byteaOID is the type of bytes, which come as text in hexadecimal.
const byteaOID = 17

// Next implements [driver.Rows]. Numbers are given as text: database/sql reads
// them.
func (r *result) Next(dest []driver.Value) (err error) {
	if !r.more && !r.reader.NextRow() {
		if _, err := r.reader.Close(); err != nil {
			return err
		}
		return io.EOF
	}
	r.more = false
	fields := r.reader.FieldDescriptions()
	for i, v := range r.reader.Values() {
		switch {
		case v == nil:
			dest[i] = nil
		case fields[i].DataTypeOID == byteaOID:
			if dest[i], err = bytesOf(v); err != nil {
				return err
			}
		default:
			dest[i] = string(v)
		}
	}
	return nil
}

// bytesOf reads \x and hexadecimal digits.
func bytesOf(text []byte) ([]byte, error) {
	if len(text) < 2 || string(text[:2]) != `\x` {
		return nil, errors.New("bytes are not in hexadecimal: bytea_output was changed")
	}
	b := make([]byte, hex.DecodedLen(len(text)-2))
	_, err := hex.Decode(b, text[2:])
	return b, err
}

// appendArray appends an array as PostgreSQL reads it, and reports whether v is
// one.
func appendArray(dst []byte, v any) (array []byte, ok bool) {
	switch v := v.(type) {
	case []string:
		return appendElements(dst, v, appendQuoted), true
	case []*string:
		return appendElements(dst, v, func(dst []byte, s *string) []byte {
			if s == nil {
				return append(dst, "NULL"...)
			}
			return appendQuoted(dst, *s)
		}), true
	case []int:
		return appendElements(dst, v, func(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }), true
	case []int64:
		return appendElements(dst, v, func(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }), true
	case []float64:
		return appendElements(dst, v, func(dst []byte, n float64) []byte { return strconv.AppendFloat(dst, n, 'g', -1, 64) }), true
	}
	return dst, false
}

func appendElements[E any](dst []byte, elements []E, add func([]byte, E) []byte) []byte {
	dst = append(dst, '{')
	for i, e := range elements {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = add(dst, e)
	}
	return append(dst, '}')
}

func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

// pool returns a pool of connections.
func pool(cfg *pgconn.Config) *sql.DB { return sql.OpenDB(connector{cfg}) }
