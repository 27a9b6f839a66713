package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/rogpeppe/go-internal/testscript"
)

// testServers are the servers that scripts may use: the variable that names one,
// how a statement is run on it, and how a database is removed.
var testServers = map[string]struct {
	variable string
	exec     func(server *url.URL, statement string) error
	force    string
}{
	"mysql":    {"TTPCTL_TEST_MYSQL", execMySQL, ""},
	"postgres": {"TTPCTL_TEST_POSTGRES", execPostgres, " WITH (FORCE)"},
}

func execPostgres(server *url.URL, statement string) error {
	ctx := context.Background()
	c, err := pgconn.Connect(ctx, server.String())
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statement).ReadAll()
	return err
}

func execMySQL(server *url.URL, statement string) error {
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User = "tcp", server.Host, server.User.Username()
	cfg.Passwd, _ = server.User.Password()
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	_, err = db.Exec(statement)
	return err
}

// hasServer is the condition server:KIND.
func hasServer(kind string) bool { return os.Getenv(testServers[kind].variable) != "" }

// makeDatabase makes a database for a script, in TTPCTL_DB: `database postgres`.
func makeDatabase(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: database kind")
	}
	kind := testServers[args[0]]
	server, err := url.Parse(os.Getenv(kind.variable))
	ts.Check(err)
	name := "ttp_script_" + strings.ToLower(rand.Text())
	ts.Check(kind.exec(server, `CREATE DATABASE `+name))
	ts.Defer(func() { ts.Check(kind.exec(server, `DROP DATABASE `+name+kind.force)) })
	made := *server
	made.Path = "/" + name
	ts.Setenv("TTPCTL_DB", made.String())
}
