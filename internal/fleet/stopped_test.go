//go:build unix

package fleet_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"ttpctl/internal/fleet"
	"ttpctl/internal/store"
	"ttpctl/internal/store/mysql"
	"ttpctl/internal/store/postgres"
	"ttpctl/internal/store/sqlite"
	"ttpctl/internal/store/storetest"
)

// childVariable makes this test an owner of its own process, of the database that it
// names.
const childVariable = "TTPCTL_TEST_FLEET_OWNER"

const (
	fastEvery = 200 * time.Millisecond
	fastDead  = 2 * time.Second
)

// openAny opens a database by its path or address.
func openAny(ctx context.Context, name string) (store.Database, error) {
	opts := store.DBOptions{Now: time.Now, Getenv: os.Getenv}
	switch {
	case strings.HasPrefix(name, "postgres://"):
		return postgres.Open(ctx, name, opts)
	case strings.HasPrefix(name, "mysql://"):
		return mysql.Open(ctx, name, opts)
	}
	return sqlite.Open(ctx, name, sqlite.Options{Now: time.Now})
}

// An owner owns the one partition of a database and commits to it as fast as it can.
type owner struct {
	id  string
	db  store.Database
	say io.Writer
}

// run shares until ctx ends.
func (o *owner) run(ctx context.Context) error {
	m := fleet.Join(fleet.Config{Claims: o.db.Claims(), Leases: o.db.Leases(), ID: o.id, Every: fastEvery, Dead: fastDead})
	defer m.Close()
	return m.Share(ctx, "p", 1, func(ctx context.Context, _ int) error {
		p, err := o.db.Ledger().Resume(ctx, "p/0", o.id)
		if err != nil {
			return err
		}
		fmt.Fprintln(o.say, "resumed", p.Epoch, p.TagsCursor)
		for n, last := 0, false; !last; n++ {
			last = ctx.Err() != nil // what was begun is finished, as a tagger does
			cursor := fmt.Sprintf("%s-%d-%d", o.id, p.Epoch, n)
			_, err := o.db.Ledger().Commit(context.WithoutCancel(ctx), &store.Commit{Source: "p/0", Epoch: p.Epoch, TagsCursor: cursor})
			if errors.Is(err, store.ErrFenced) {
				fmt.Fprintln(o.say, "fenced", p.Epoch, cursor)
				return err
			}
			if err == nil {
				fmt.Fprintln(o.say, "committed", p.Epoch, cursor)
			}
			time.Sleep(5 * time.Millisecond)
		}
		return nil
	})
}

// TestOwner is the child: an owner that ends when its stdin does.
func TestOwner(t *testing.T) {
	name := os.Getenv(childVariable)
	if name == "" {
		t.Skip("only as a child of TestStopped")
	}
	db, err := openAny(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	if err := (&owner{"child", db, os.Stdout}).run(ctx); err != nil {
		t.Fatal(err)
	}
}

// An owner that is stopped beyond its lease and wakes can commit nothing: the next
// owner has resumed the source, and goes on where it stood.
func TestStopped(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "ttpctl.db") },
		"postgres": func(t *testing.T) string { return newDatabase(t, "TTPCTL_TEST_POSTGRES") },
		"mysql":    func(t *testing.T) string { return newDatabase(t, "TTPCTL_TEST_MYSQL") },
	} {
		t.Run(name, func(t *testing.T) { testStopped(t, address(t)) })
	}
}

func testStopped(t *testing.T, address string) {
	db, err := openAny(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	child := exec.Command(os.Args[0], "-test.run=^TestOwner$", "-test.v")
	child.Env = append(os.Environ(), childVariable+"="+address)
	child.Stderr = os.Stderr
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Process.Kill()
	said := bufio.NewScanner(stdout)
	until := func(want string) string {
		t.Helper()
		for said.Scan() {
			if strings.Contains(said.Text(), want) {
				return said.Text()
			}
		}
		t.Fatalf("the child ended before it said %q", want)
		return ""
	}
	until("committed 1 ")
	signal(t, child, syscall.SIGSTOP)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	pr, pw := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- (&owner{"parent", db, pw}).run(ctx)
		pw.Close()
	}()
	mine := bufio.NewScanner(pr)
	next := func() string {
		t.Helper()
		if !mine.Scan() {
			t.Fatal("the next owner has ended")
		}
		return mine.Text()
	}
	if got := next(); !strings.HasPrefix(got, "resumed 2 child-1-") {
		t.Errorf("the next owner %s, want it to resume behind what the child has committed", got)
	}
	next()
	signal(t, child, syscall.SIGCONT)
	heard := make(chan string, 1)
	go func() { // what both say is read, or they wait
		defer close(heard)
		for said.Scan() {
			if strings.Contains(said.Text(), "fenced 1 ") {
				heard <- said.Text()
				return
			}
		}
	}()
	deadline := time.After(time.Minute)
	for fenced := false; !fenced; {
		next()
		select {
		case _, fenced = <-heard:
			if !fenced {
				t.Fatal("the child ended before it was fenced off")
			}
		case <-deadline:
			t.Fatal("the child was not fenced off within a minute")
		default:
		}
	}
	before := next()
	if err := func() error {
		for range 20 { // the child may try what it likes
			if got := next(); !strings.HasPrefix(got, "committed 2 parent-2-") {
				return fmt.Errorf("the next owner %s after %s", got, before)
			}
		}
		return nil
	}(); err != nil {
		t.Error(err)
	}
	stdin.Close()
	stop()
	go io.Copy(io.Discard, pr)
	if err := <-done; err != nil {
		t.Errorf("Share() = %v", err)
	}
	go io.Copy(io.Discard, stdout)
	if err := child.Wait(); err != nil {
		t.Errorf("the child: %v", err)
	}
	sources, err := db.Ledger().Sources(t.Context())
	if err != nil || len(sources) != 1 || !strings.HasPrefix(sources[0].TagsCursor, "parent-2-") {
		t.Errorf("the source stands at %+v, %v, want what the next owner committed", sources, err)
	}
}

func signal(t *testing.T, child *exec.Cmd, sig os.Signal) {
	t.Helper()
	if err := child.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// newDatabase makes a database on the server that a variable names.
func newDatabase(t *testing.T, variable string) string {
	t.Helper()
	server, err := url.Parse(storetest.ServerAddress(t, variable))
	if err != nil {
		t.Fatal(err)
	}
	name := "ttp_fleet_" + strings.ToLower(rand.Text())
	run(t, server, "CREATE DATABASE "+name)
	force := ""
	if server.Scheme == "postgres" {
		force = " WITH (FORCE)"
	}
	t.Cleanup(func() { run(t, server, "DROP DATABASE "+name+force) })
	made := *server
	made.Path = "/" + name
	return made.String()
}

// run runs a statement on a server.
func run(t *testing.T, server *url.URL, statement string) {
	t.Helper()
	var err error
	if server.Scheme == "postgres" {
		err = runPostgres(server, statement)
	} else {
		err = runMySQL(server, statement)
	}
	if err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}

func runPostgres(server *url.URL, statement string) error {
	ctx := context.Background()
	c, err := pgconn.Connect(ctx, server.String())
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statement).ReadAll()
	return err
}
