package main

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/worker/workertest"
)

// A databaseFault is what may befall a database while logs grow.
type databaseFault struct {
	cause   func(db string) error
	relieve func(db string) error
	says    string // in the log of serve
}

// survive runs serve over a log that grows before, during and after a fault of
// its database: it says what is wrong, reads no further, and in the end has stored
// and published what tag makes of the log. atStart: the fault is there when serve
// starts.
func (f databaseFault) survive(t *testing.T, dbDir string, atStart bool) {
	t.Helper()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	db := filepath.Join(dbDir, "t.db")
	text := workertest.BusyLog(t, "../../testdata/logs/cowrie.json", 6)
	writeText(t, in("whole.json"), text)
	writeText(t, in("key"), "a key of more than sixteen bytes")
	w := &rotatingWriter{t: t, path: in("cowrie.json")}
	args := []string{"--db", db, "--follow", w.path, "-o", "jsonl=" + in("tags.jsonl"), "--hash-key-file", in("key")}
	w.append(text[:len(text)/3])
	g := startServe(t, args...)
	poll(t, "the first tags", func() bool { info, err := os.Stat(in("tags.jsonl")); return err == nil && info.Size() > 0 })
	if atStart {
		g.stop()
	}
	if err := f.cause(db); err != nil {
		t.Fatal(err)
	}
	if atStart {
		g = startServe(t, args...)
	}
	w.append(text[len(text)/3 : len(text)/2])
	poll(t, fmt.Sprintf("serve says %q and that the input waits", f.says), func() bool {
		said := g.stderr.String()
		return strings.Contains(said, f.says) && strings.Contains(said, "the input waits")
	})
	if err := f.relieve(db); err != nil {
		t.Fatal(err)
	}
	w.append(text[len(text)/2:])
	want := f.want(t, in("whole.json"), in("key"))
	poll(t, "serve to go on", func() bool {
		b, err := os.ReadFile(in("tags.jsonl"))
		return err == nil && strings.Count(string(b), "\n") > len(want)/2
	})
	g.stop()
	g.run(append([]string{"serve", "--once"}, args...)...)
	if diff := cmp.Diff(want, sortedLines(g.run("report", "tags", "--db", db, "-o", "jsonl"))); diff != "" {
		t.Errorf("%s\nstored tags differ (-tag +serve):\n%.3000s", g.stderr.String(), diff)
	}
	filed, err := os.ReadFile(in("tags.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, sortedLines(string(filed))); diff != "" {
		t.Errorf("%s\npublished tags differ (-tag +serve):\n%.3000s", g.stderr.String(), diff)
	}
}

func (f databaseFault) want(t *testing.T, log, key string) []string {
	t.Helper()
	out, err := exec.Command("ttpctl", "tag", "--db", "none", "-o", "jsonl", "--hash-key-file", key, log).Output()
	if err != nil {
		t.Fatal(err)
	}
	return sortedLines(string(out))
}

// TestServeDatabaseLocked: another process holds the database.
func TestServeDatabaseLocked(t *testing.T) {
	t.Parallel()
	for _, atStart := range []bool{false, true} {
		t.Run(fmt.Sprint("at start ", atStart), func(t *testing.T) {
			t.Parallel()
			var holder *sql.Tx
			databaseFault{
				cause: func(db string) error {
					pool, err := sql.Open("sqlite", "file:"+db+"?_txlock=immediate&_pragma=busy_timeout(10000)")
					if err != nil {
						return err
					}
					t.Cleanup(func() { pool.Close() })
					holder, err = pool.Begin()
					return err
				},
				relieve: func(string) error { return holder.Rollback() },
				says:    "locked",
			}.survive(t, t.TempDir(), atStart)
		})
	}
}

// TestServeDatabaseMoved: the database is renamed, and comes back.
func TestServeDatabaseMoved(t *testing.T) {
	t.Parallel()
	databaseFault{
		cause:   func(db string) error { return os.Rename(db, db+".away") },
		relieve: func(db string) error { return os.Rename(db+".away", db) },
		says:    "no file of that name",
	}.survive(t, t.TempDir(), false)
}
