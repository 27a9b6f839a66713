package mysql

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"ttpctl/internal/store/sqldb"
	"ttpctl/internal/store/storetest"
)

func TestMain(m *testing.M) {
	// Each test has some connections, of which the server has 150.
	storetest.MainOf(m, 8)
}

// serverVariable names a server whose user may make databases.
const serverVariable = "TTPCTL_TEST_MYSQL"

var fixture = storetest.DatabaseFixture{
	New: newDatabase, Open: storetest.Opener(Open), OpenReadOnly: storetest.Opener(OpenReadOnly), Drop: drop, Exec: exec,
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	storetest.ServerAddress(t, serverVariable)
	storetest.Database(t, fixture)
}

func BenchmarkDatabase(b *testing.B) { storetest.BenchmarkDatabase(b, fixture) }

func TestRewrite(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]string{
		`INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT DO NOTHING`:                                      `INSERT INTO t (a, b) VALUES (?, ?) ON DUPLICATE KEY UPDATE a = a`,
		`INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (a) DO NOTHING`:                                  `INSERT INTO t (a, b) VALUES (?, ?) ON DUPLICATE KEY UPDATE a = a`,
		"INSERT INTO t (a) VALUES (?)\nON CONFLICT (a) DO UPDATE SET b = excluded.b, c = excluded.c + 1": "INSERT INTO t (a) VALUES (?)\nON DUPLICATE KEY UPDATE b = VALUES(b), c = VALUES(c) + 1",
		`SELECT a FROM t`: `SELECT a FROM t`,
	} {
		if got := rewrite(statement); got != want {
			t.Errorf("rewrite(%q) = %q, want %q", statement, got, want)
		}
	}
}

// newDatabase makes a database that goes with the test.
func newDatabase(t testing.TB) string {
	server := storetest.ServerAddress(t, serverVariable)
	name := "ttp_test_" + strings.ToLower(rand.Text())
	exec(t, server, `CREATE DATABASE `+name)
	t.Cleanup(func() {
		db := pool(t, server)
		defer db.Close()
		// The server may still be removing a file of its own.
		storetest.Eventually(t, "the database is dropped", func() bool {
			_, err := db.Exec(`DROP DATABASE IF EXISTS ` + name)
			return err == nil
		})
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func pool(t testing.TB, address string) *sql.DB {
	t.Helper()
	a, err := sqldb.ParseAddress(address, defaultPort, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	connector, err := connectorOf(a)
	if err != nil {
		t.Fatal(err)
	}
	return sql.OpenDB(connector)
}

func exec(t testing.TB, address, statement string) {
	t.Helper()
	db := pool(t, address)
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func drop(t testing.TB, address string) {
	t.Helper()
	db := pool(t, address)
	defer db.Close()
	rows, err := db.Query(`SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> connection_id()`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		_, _ = db.Exec(fmt.Sprintf(`KILL %d`, id)) // it may have ended by itself
	}
}
