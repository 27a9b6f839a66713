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

	"ttpctl/internal/store/sqldb"
)

// A connector makes connections for database/sql on pgconn, pgx's protocol. Pgx's
// own driver brings a codec for every type of PostgreSQL, 3 MB of the binary; what
// goes through here are texts, numbers and bytes.
//
// A statement with its arguments is one way to the server and back. What begins a
// transaction that writes goes with its first statement, and what [sqldb.Later] puts off with the
// next one, or with the end: on a busy machine each way costs a turn of the scheduler
// at either end. Arguments are written as text, of types that the server infers, and
// bytes as they are.
type connector struct{ cfg *pgconn.Config }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	pg, err := pgconn.ConnectConfig(ctx, c.cfg)
	if err != nil {
		return nil, err
	}
	return &conn{pg: pg}, nil
}

func (c connector) Driver() driver.Driver { return nil }

// A conn is one connection.
type conn struct {
	pg   *pgconn.PgConn
	late []command // that go with the next one
}

// A command is a statement and its arguments.
type command struct {
	statement string
	args      []driver.NamedValue
}

var errNotSupported = errors.New("not supported")

// Prepare is not called: statements are run as they are.
func (c *conn) Prepare(string) (driver.Stmt, error) { return nil, errNotSupported }

// Begin is not called: there is BeginTx.
func (c *conn) Begin() (driver.Tx, error) { return nil, errNotSupported }

func (c *conn) Close() error { return c.pg.Close(context.Background()) }

// IsValid implements [driver.Validator].
func (c *conn) IsValid() bool { return !c.pg.IsClosed() }

// beginReading begins a transaction that reads.
const beginReading = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`

// beginWriting begins one that writes. The server ends it when it goes silent, as when
// its process is stopped: others wait for what it has locked.
var beginWriting = []command{
	{statement: `BEGIN ISOLATION LEVEL READ COMMITTED`}, {statement: `SET LOCAL idle_in_transaction_session_timeout = '8s'`},
}

// BeginTx implements [driver.ConnBeginTx].
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.late = nil
	switch {
	case sqldb.IsAlone(ctx):
	case opts.ReadOnly: // whether the connection still works must be known before others are given what is read
		if _, err := c.exec(ctx, beginReading, nil); err != nil {
			return nil, err
		}
	default:
		c.late = append(c.late, beginWriting...)
	}
	return transaction{c, len(c.late)}, nil
}

// A transaction may not have begun yet.
type transaction struct {
	*conn
	begins int // how many commands begin it
}

// none reports whether the server knows nothing of the transaction, and nothing waits.
func (t transaction) none() bool {
	return len(t.late) <= t.begins && !t.pg.IsClosed() && t.pg.TxStatus() == 'I'
}

func (t transaction) Commit() error {
	if t.none() {
		t.late = nil
		return nil
	}
	tag, err := t.exec(context.Background(), `COMMIT`, nil)
	if err != nil {
		if rolled := t.Rollback(); rolled != nil { // when what was put off failed, the server waits for the end
			err = errors.Join(err, rolled)
		}
		return err
	}
	if tag.String() != "COMMIT" {
		return errors.New("the transaction had failed before, and was not committed")
	}
	return nil
}

func (t transaction) Rollback() error {
	t.late = nil
	if t.pg.IsClosed() || t.pg.TxStatus() == 'I' {
		return nil
	}
	_, err := t.exec(context.Background(), `ROLLBACK`, nil)
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

// encode returns arguments as they are sent.
func encode(args []driver.NamedValue) (values [][]byte, formats []int16) {
	values, formats = make([][]byte, len(args)), make([]int16, len(args))
	for i := range args {
		values[i], formats[i] = valueOf(args[i].Value)
	}
	return values, formats
}

// run sends a statement behind those that wait, and returns its result, which is to be
// closed.
func (c *conn) run(ctx context.Context, statement string, args []driver.NamedValue) (*result, error) {
	late := c.late
	c.late = nil
	values, formats := encode(args)
	if len(late) == 0 {
		return &result{reader: c.pg.ExecParams(ctx, statement, values, nil, formats, nil)}, nil
	}
	var batch pgconn.Batch
	for _, l := range late {
		values, formats := encode(l.args)
		batch.ExecParams(l.statement, values, nil, formats, nil)
	}
	batch.ExecParams(statement, values, nil, formats, nil)
	r := &result{batch: c.pg.ExecBatch(ctx, &batch)}
	for range late {
		if !r.batch.NextResult() {
			err := r.batch.Close()
			if _, told := errors.AsType[*pgconn.PgError](err); told {
				err = sqldb.Undone(err) // the server went no further
			}
			return nil, err
		}
		_, _ = r.batch.ResultReader().Close() // an error is the batch's, too
	}
	if !r.batch.NextResult() {
		return nil, r.batch.Close()
	}
	r.reader = r.batch.ResultReader()
	return r, nil
}

// exec runs a statement without a result.
func (c *conn) exec(ctx context.Context, statement string, args []driver.NamedValue) (pgconn.CommandTag, error) {
	r, err := c.run(ctx, statement, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return r.end()
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
	if sqldb.IsLater(ctx) {
		c.late = append(c.late, command{statement, args})
		return driver.RowsAffected(0), nil
	}
	tag, err := c.exec(ctx, statement, args)
	return driver.RowsAffected(tag.RowsAffected()), err
}

// QueryContext implements [driver.QueryerContext].
func (c *conn) QueryContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Rows, error) {
	r, err := c.run(ctx, statement, args)
	if err != nil {
		return nil, err
	}
	// An error of the statement comes before its first row.
	if r.more = r.reader.NextRow(); !r.more {
		if err := r.Close(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// A result is the rows of a statement.
type result struct {
	reader *pgconn.ResultReader
	batch  *pgconn.MultiResultReader // that it is the last of; nil = it is alone
	more   bool                      // a row is read and not taken
}

// end reads what is left of it.
func (r *result) end() (pgconn.CommandTag, error) {
	tag, err := r.reader.Close()
	if r.batch != nil {
		if end := r.batch.Close(); err == nil {
			err = end
		}
	}
	return tag, err
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
	_, err := r.end()
	return err
}

// byteaOID is the type of bytes, which come as text in hexadecimal.
const byteaOID = 17

// Next implements [driver.Rows]. Numbers are given as text: database/sql reads
// them.
func (r *result) Next(dest []driver.Value) (err error) {
	if !r.more && !r.reader.NextRow() {
		if err := r.Close(); err != nil {
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
