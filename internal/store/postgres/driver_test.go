package postgres

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
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

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
