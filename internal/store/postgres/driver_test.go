package postgres

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"ttpctl/internal/store/sqldb"
)

// Values come back as they went in, in arrays too; what failed is not committed.
func TestDriver(t *testing.T) {
	t.Parallel()
	cfg, err := pgconn.ParseConfig(newDatabase(t))
	must(t, err)
	db := pool(cfg)
	defer db.Close()
	texts := []string{"", "a", `"quoted"`, `back\slash`, "{a,b}", "NULL", "ü 日本\n", " "}
	given := []*string{nil}
	for i := range texts {
		given = append(given, &texts[i])
	}
	rows, err := db.QueryContext(t.Context(), `SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::float8[], $5::int[]) WITH ORDINALITY ORDER BY ordinality`,
		append([]string{"first"}, texts...), given, []int64{-1 << 63, 7}, []float64{0.1, 1e300}, []int{-3})
	must(t, err)
	defer rows.Close()
	var got []string
	for n := 0; rows.Next(); n++ {
		var plain string
		var pointer *string
		var big, small *int64
		var float *float64
		var at int
		must(t, rows.Scan(&plain, &pointer, &big, &float, &small, &at))
		if n == 0 {
			if pointer != nil || *big != -1<<63 || *float != 0.1 || *small != -3 {
				t.Errorf("the first row is %v, %d, %v, %d", pointer, *big, *float, *small)
			}
			continue
		}
		if *pointer != plain {
			t.Errorf("%q and %q are one text", *pointer, plain)
		}
		got = append(got, plain)
	}
	must(t, rows.Err())
	if !slices.Equal(got, texts) {
		t.Errorf("texts come back as %q, want %q", got, texts)
	}
	for _, want := range [][]byte{{}, []byte("a\x00\xff\\x"), nil} {
		var b []byte
		var yes bool
		must(t, db.QueryRowContext(t.Context(), `SELECT $1::bytea, $2::bool`, want, true).Scan(&b, &yes))
		if !slices.Equal(b, want) || (b == nil) != (want == nil) || !yes {
			t.Errorf("bytes %q come back as %q, true as %v", want, b, yes)
		}
	}
	tx, err := db.BeginTx(t.Context(), nil)
	must(t, err)
	if _, err := tx.ExecContext(t.Context(), `SELECT no_such_column`); err == nil {
		t.Error("a statement that is wrong: no error")
	}
	if err := tx.Commit(); err == nil {
		t.Error("a transaction that failed is committed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.ExecContext(ctx, `SELECT 1`); err == nil {
		t.Error("a cancelled call: no error")
	}
	must(t, db.PingContext(t.Context()))
}

// What is put off is done with the next statement or the end, in its order; what is
// wrong with it is told there, leaves nothing behind, and is known not to be committed.
func TestLater(t *testing.T) {
	t.Parallel()
	cfg, err := pgconn.ParseConfig(newDatabase(t))
	must(t, err)
	db := pool(cfg)
	defer db.Close()
	db.SetMaxOpenConns(1) // the one that a failure may leave in a transaction
	_, err = db.ExecContext(t.Context(), `CREATE TABLE t (n int PRIMARY KEY)`)
	must(t, err)
	later := sqldb.Later(t.Context())
	put := func(tx *sql.Tx, ctx context.Context, n int) {
		t.Helper()
		_, err := tx.ExecContext(ctx, `INSERT INTO t VALUES ($1)`, n)
		must(t, err)
	}
	all := func() (ns []int) {
		t.Helper()
		rows, err := db.QueryContext(t.Context(), `SELECT n FROM t ORDER BY n`)
		must(t, err)
		defer rows.Close()
		for rows.Next() {
			var n int
			must(t, rows.Scan(&n))
			ns = append(ns, n)
		}
		must(t, rows.Err())
		return ns
	}
	begin := func() *sql.Tx {
		t.Helper()
		tx, err := db.BeginTx(t.Context(), nil)
		must(t, err)
		return tx
	}
	tx := begin()
	put(tx, later, 1)
	put(tx, later, 2)
	var n int
	must(t, tx.QueryRowContext(t.Context(), `SELECT count(*) FROM t`).Scan(&n))
	put(tx, t.Context(), 3)
	put(tx, later, 4)
	must(t, tx.Commit())
	if got := all(); n != 2 || !slices.Equal(got, []int{1, 2, 3, 4}) {
		t.Errorf("%d rows were there in the middle, and %v at the end; want 2, and 1 to 4", n, got)
	}
	tx = begin()
	put(tx, later, 5)
	put(tx, later, 1) // it is there
	put(tx, later, 6)
	err = tx.Commit()
	if e, ok := errors.AsType[*pgconn.PgError](err); !ok || e.Code != "23505" || !sqldb.IsUndone(err) {
		t.Errorf("Commit() error = %v, want a row that is there, and that nothing was done", err)
	}
	tx = begin()
	put(tx, later, 1)
	if _, err := tx.ExecContext(t.Context(), `INSERT INTO t VALUES (7)`); err == nil {
		t.Error("a statement behind one that fails: no error")
	}
	must(t, tx.Rollback())
	for _, end := range []func(*sql.Tx) error{(*sql.Tx).Commit, (*sql.Tx).Rollback} {
		must(t, end(begin())) // nothing was asked for
		tx = begin()
		put(tx, later, 8)
		must(t, end(tx))
	}
	if got := all(); !slices.Equal(got, []int{1, 2, 3, 4, 8}) {
		t.Errorf("in the end there are %v, want 1 to 4 and 8", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	tx = begin()
	cancel()
	if _, err := tx.ExecContext(ctx, `INSERT INTO t VALUES (9)`); err == nil {
		t.Error("a statement of a context that has ended: no error")
	}
	must(t, tx.Rollback())
	put(begin(), t.Context(), 10) // the connection can be used
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
