package postgres

import (
	"crypto/rand"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"ttpctl/internal/store/storetest"
)

func TestMain(m *testing.M) {
	// Each test has some connections, of which the server has a hundred.
	storetest.MainOf(m, 8)
}

// serverVariable names a server whose user may make databases.
const serverVariable = "TTPCTL_TEST_POSTGRES"

var fixture = storetest.DatabaseFixture{New: newDatabase, Open: storetest.Opener(Open), OpenReadOnly: storetest.Opener(OpenReadOnly), Drop: drop, Exec: exec}

func TestDatabase(t *testing.T) {
	t.Parallel()
	storetest.ServerAddress(t, serverVariable)
	storetest.Database(t, fixture)
}

// newDatabase makes a database that goes with the test.
func newDatabase(t testing.TB) string {
	server := storetest.ServerAddress(t, serverVariable)
	name := "ttp_test_" + strings.ToLower(rand.Text())
	exec(t, server, `CREATE DATABASE `+name)
	t.Cleanup(func() { exec(t, server, `DROP DATABASE `+name+` WITH (FORCE)`) })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func exec(t testing.TB, address, statement string) {
	t.Helper()
	cfg, err := pgconn.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	db := pool(cfg)
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func drop(t testing.TB, address string) {
	t.Helper()
	exec(t, address, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
}

func BenchmarkDatabase(b *testing.B) { storetest.BenchmarkDatabase(b, fixture) }
