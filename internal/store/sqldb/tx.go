package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"ttpctl/internal/store"
)

// A Dialect is what a database says differently. Statements are written for
// SQLite: with ? and ?1 for parameters, ON CONFLICT, greatest and least.
type Dialect struct {
	// Rewrite turns the words of a statement into the database's, nil = they are.
	Rewrite func(statement string) string
	// Parameter appends parameter number n, from 1; nil = ? and ?1 are understood.
	// Positional says that parameters have no numbers: one that is used twice is
	// given twice.
	Parameter  func(dst []byte, n int) []byte
	Positional bool
	// Escapes says that text cannot hold every string.
	Escapes bool
	// ManyRows says that a statement may insert many rows: each is a way to the
	// server and back.
	ManyRows bool
	// LockChanges begins a transaction that writes definitions or states, and
	// ForUpdate ends a SELECT that locks its rows; "" where transactions that write
	// exclude each other.
	LockChanges, ForUpdate string
	// Notes says that no trigger of the schema writes ttp_change and
	// ttp_rule_state_log: it is done here.
	Notes bool
	// Schema is what information_schema calls the schema that tables are made in.
	Schema string
}

// What a context asks of a driver, which may take no notice of it: see Later and alone.
type (
	laterKey struct{}
	aloneKey struct{}
)

// Later has Exec put statements off to the next one or the end of the transaction,
// where a server is better asked once than many times. They report no rows, and what
// is wrong with one is an error of what follows.
func Later(ctx context.Context) context.Context { return context.WithValue(ctx, laterKey{}, true) }

// IsLater reports whether a statement may be put off.
func IsLater(ctx context.Context) bool { return ctx.Value(laterKey{}) != nil }

// An undone error is of a commit that certainly did not happen.
type undone struct{ error }

func (u undone) Unwrap() error { return u.error }

// Undone says that an error of a statement came before the end of its transaction, even
// if the end is where it is told.
func Undone(err error) error { return undone{err} }

// IsUndone reports whether an error is one of these.
func IsUndone(err error) bool {
	_, is := errors.AsType[undone](err)
	return is
}

// alone is for a View whose statements need not see one state of the database, and that
// may be run again.
func alone(ctx context.Context) context.Context { return context.WithValue(ctx, aloneKey{}, true) }

// IsAlone reports whether a transaction need not be one.
func IsAlone(ctx context.Context) bool { return ctx.Value(aloneKey{}) != nil }

// Begin returns tx as a transaction in d.
func (d *Dialect) Begin(tx *sql.Tx) *Tx { return &Tx{tx, d} }

// bind returns a statement and its arguments as the database takes them.
func (d *Dialect) bind(statement string, args []any) (string, []any) {
	if d.Rewrite != nil {
		statement = d.Rewrite(statement)
	}
	if d.Escapes {
		args = escapeAll(args)
	}
	if d.Parameter == nil {
		return statement, args
	}
	var out []byte
	var given []any
	for last := 0; ; {
		at := strings.IndexByte(statement, '?')
		if at < 0 {
			break
		}
		out = append(out, statement[:at]...)
		n, digits := 0, at+1
		for ; digits < len(statement) && '0' <= statement[digits] && statement[digits] <= '9'; digits++ {
			n = 10*n + int(statement[digits]-'0')
		}
		if n == 0 {
			last++
			n = last
		}
		out = d.Parameter(out, n)
		given = append(given, args[n-1])
		statement = statement[digits:]
	}
	if !d.Positional {
		given = args
	}
	return string(append(out, statement...)), given
}

// A Tx is a transaction in a dialect.
type Tx struct {
	*sql.Tx
	dialect *Dialect
}

// Exec runs a statement.
func (tx *Tx) Exec(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	statement, args = tx.dialect.bind(statement, args)
	return tx.ExecContext(ctx, statement, args...)
}

// Row runs a statement that returns a row.
func (tx *Tx) Row(ctx context.Context, statement string, args ...any) *Row {
	statement, args = tx.dialect.bind(statement, args)
	return &Row{tx.QueryRowContext(ctx, statement, args...), tx.dialect}
}

// Query calls scan for each row of a statement's result.
func (tx *Tx) Query(ctx context.Context, scan func(rows *Rows) error, statement string, args ...any) error {
	statement, args = tx.dialect.bind(statement, args)
	rows, err := tx.QueryContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	row := &Rows{rows, tx.dialect}
	for rows.Next() {
		if err := scan(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// lockChanges has the transaction wait for others that write definitions or
// states.
func (tx *Tx) lockChanges(ctx context.Context) error {
	if tx.dialect.LockChanges == "" {
		return nil
	}
	var rev int64
	return tx.Row(ctx, tx.dialect.LockChanges).Scan(&rev)
}

// note leaves a row in ttp_change, unless a trigger does.
func (tx *Tx) note(ctx context.Context, ruleID, plane string, op store.Op) error {
	if !tx.dialect.Notes {
		return nil
	}
	if _, err := tx.Exec(ctx, sqlCountChange); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, sqlNoteChange, ruleID, plane, op.String())
	return err
}

// rowsAtOnce bounds the rows of one statement.
const rowsAtOnce = 500

// insertEach runs a statement, which ends in one row of VALUES and perhaps ON
// CONFLICT, or changes one row, for each of keys. It returns how many rows were
// new or changed.
func insertEach[K any](ctx context.Context, tx *Tx, statement string, keys []K, args func(K) []any) (rows int, err error) {
	if len(keys) == 0 {
		return 0, nil
	}
	if tx.dialect.ManyRows {
		if strings.Contains(statement, "VALUES (") {
			return insertMany(ctx, tx, statement, keys, args)
		}
		for _, k := range keys {
			if err := count(&rows)(tx.Exec(ctx, statement, args(k)...)); err != nil {
				return 0, err
			}
		}
		return rows, nil
	}
	statement, _ = tx.dialect.bind(statement, args(keys[0]))
	stmt, err := tx.PrepareContext(ctx, statement)
	if err != nil {
		return 0, err
	}
	defer stmt.Close()
	// For a context that can end, the driver of SQLite starts a goroutine for
	// every statement.
	each := context.WithoutCancel(ctx)
	for _, k := range keys {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := count(&rows)(stmt.ExecContext(each, args(k)...)); err != nil {
			return 0, err
		}
	}
	return rows, nil
}

// insertMany is insertEach with many rows a statement.
func insertMany[K any](ctx context.Context, tx *Tx, statement string, keys []K, args func(K) []any) (rows int, err error) {
	before, rest, _ := strings.Cut(statement, "VALUES (")
	row, after, _ := strings.Cut(rest, ")")
	for len(keys) > 0 {
		n := min(len(keys), rowsAtOnce)
		var given []any
		for _, k := range keys[:n] {
			given = append(given, args(k)...)
		}
		values := strings.Repeat("("+row+"), ", n-1) + "(" + row + ")"
		if err := count(&rows)(tx.Exec(ctx, before+"VALUES "+values+after, given...)); err != nil {
			return 0, err
		}
		keys = keys[n:]
	}
	return rows, nil
}

// count returns a function that adds a statement's rows to n.
func count(n *int) func(sql.Result, error) error {
	return func(r sql.Result, err error) error {
		if err != nil {
			return err
		}
		rows, err := r.RowsAffected()
		*n += int(rows)
		return err
	}
}

// Rows are the rows of a result, of which one is read.
type Rows struct {
	rows    *sql.Rows
	dialect *Dialect
}

// Scan reads the row.
func (r *Rows) Scan(into ...any) error {
	return r.dialect.scanned(r.rows.Scan(into...), into)
}

// A Row is the only row of a result.
type Row struct {
	row     *sql.Row
	dialect *Dialect
}

// Scan reads the row; sql.ErrNoRows says that there is none.
func (r *Row) Scan(into ...any) error {
	return r.dialect.scanned(r.row.Scan(into...), into)
}

// scanned takes back the escapes of what was read.
func (d *Dialect) scanned(err error, into []any) error {
	if err != nil || !d.Escapes {
		return err
	}
	for _, dst := range into {
		switch s := dst.(type) {
		case *string:
			*s = Unescape(*s)
		case *sql.NullString:
			s.String = Unescape(s.String)
		}
	}
	return nil
}
