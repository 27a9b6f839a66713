//go:build linux

package main

import (
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/worker/workertest"
)

// A database server that is restarted, or whose connections are cut, while serve
// works: serve waits for it, and nothing is lost or doubled.
func TestServeDatabaseRestarted(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"postgres", "mysql"} {
		t.Run(kind+" cut off", func(t *testing.T) {
			t.Parallel()
			server, err := url.Parse(serverDatabase(t, kind))
			if err != nil {
				t.Fatal(err)
			}
			c, err := workertest.NewCutter(server.Host)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			server.Host = c.Addr()
			testRestarted(t, server.String(), func() {
				c.Set(true)
				time.Sleep(time.Second)
				c.Set(false)
			})
		})
	}
}

// TestServePostgresRestarted is the longest wait of this package, and begins with the
// first: the subtests of others come after all scripts.
func TestServePostgresRestarted(t *testing.T) {
	t.Parallel()
	pg := ownPostgres(t)
	testRestarted(t, pg.Address, func() {
		err := pg.Stop()
		time.Sleep(time.Second)
		if err = errors.Join(err, pg.Start()); err != nil {
			t.Error(err)
		}
	})
}

// testRestarted has serve store a log in db while fault happens.
func testRestarted(t *testing.T, db string, fault func()) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	text := workertest.BusyLog(t, "../../testdata/logs/cowrie.json", 20)
	writeText(t, in("whole.json"), text)
	writeText(t, in("key"), "a key of more than sixteen bytes")
	writeText(t, in("cowrie.json"), "")
	g := startServe(t, "--db", db, "--follow", in("cowrie.json"), "--hash-key-file", in("key"), "-o", "jsonl="+in("tags.jsonl"))
	w := &rotatingWriter{t: t, path: in("cowrie.json")}
	lines := strings.SplitAfter(text, "\n")
	const faults = 4
	for i := range faults {
		for _, l := range lines[i*len(lines)/faults : (i+1)*len(lines)/faults] {
			w.append(l)
		}
		time.Sleep(300 * time.Millisecond)
		fault()
	}
	tagged, err := exec.Command("ttpctl", "tag", "-o", "jsonl", "--hash-key-file", in("key"), in("whole.json")).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := sortedLines(string(tagged))
	poll(t, "all to be read", func() bool {
		out, err := exec.Command("ttpctl", "fleet", "status", "--db", db).CombinedOutput()
		return err == nil && strings.Contains(string(out), "1 worker")
	})
	g.stop()
	last := exec.Command("ttpctl", "serve", "--once", "--db", db, "--follow", in("cowrie.json"), "--hash-key-file", in("key"), "-o", "jsonl="+in("tags.jsonl"))
	if out, err := last.CombinedOutput(); err != nil {
		t.Errorf("serve --once: %v\n%s", err, out)
	}
	stored, err := exec.Command("ttpctl", "report", "tags", "--limit", "0", "--db", db, "-o", "jsonl").Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, sortedLines(string(stored))); diff != "" {
		t.Errorf("stored tags differ from those of tag (-tag +serve):\n%.3000s\nserve said:\n%s", diff, g.stderr.String())
	}
	published, err := os.ReadFile(in("tags.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, sortedLines(string(published))); diff != "" {
		t.Errorf("published tags differ (-tag +published):\n%.3000s", diff)
	}
	if n := strings.Count(string(published), "\n"); n > 2*len(want) {
		t.Errorf("%d lines were published of %d tags", n, len(want))
	}
}

// ownPostgres starts a server, which ends with the test.
func ownPostgres(t *testing.T) *workertest.Postgres {
	t.Helper()
	dir, err := os.MkdirTemp("", "ttpctl-postgres")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	pg, err := workertest.StartPostgres(dir)
	if errors.Is(err, workertest.ErrNoServer) {
		t.Skip("LEFT OUT:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	})
	return pg
}
