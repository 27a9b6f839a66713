//go:build linux

package main

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/worker/workertest"
)

// A database server that is restarted, or whose connections are cut, while serve
// works: serve waits for it, and nothing is lost or doubled.
func TestServeDatabaseRestarted(t *testing.T) {
	t.Parallel()
	t.Run("postgres restarted", func(t *testing.T) {
		t.Parallel()
		pg := ownPostgres(t)
		testRestarted(t, pg.address, func() {
			pg.run("pg_ctl", "-D", pg.data, "-m", "immediate", "stop")
			time.Sleep(time.Second)
			pg.start()
		})
	})
	for _, kind := range []string{"postgres", "mysql"} {
		t.Run(kind+" cut off", func(t *testing.T) {
			t.Parallel()
			server, err := url.Parse(serverDatabase(t, kind))
			if err != nil {
				t.Fatal(err)
			}
			c := newCutter(t, server.Host)
			server.Host = c.listener.Addr().String()
			testRestarted(t, server.String(), func() {
				c.set(true)
				time.Sleep(time.Second)
				c.set(false)
			})
		})
	}
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

// A postgresServer is a server of the test's own.
type postgresServer struct {
	t             *testing.T
	bin           string
	data, address string
	port          string
	as            *syscall.Credential // nil = who runs the test
}

// ownPostgres starts a server, which ends with the test. Its binaries refuse to run as
// root.
func ownPostgres(t *testing.T) *postgresServer {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		t.Skip("LEFT OUT: no binaries of PostgreSQL in /usr/lib/postgresql")
	}
	dir, err := os.MkdirTemp("", "ttpctl-postgres")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	_, port, _ := strings.Cut(freeAddress(t), ":")
	pg := &postgresServer{
		t: t, bin: filepath.Dir(found[len(found)-1]), data: filepath.Join(dir, "data"), port: port,
		address: fmt.Sprintf("postgres://postgres@127.0.0.1:%s/postgres", port),
	}
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Skipf("LEFT OUT: PostgreSQL does not run as root: %v", err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		pg.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	pg.run("initdb", "-D", pg.data, "-U", "postgres", "--auth=trust", "--no-sync", "--locale=C", "-E", "UTF8")
	pg.start()
	t.Cleanup(func() { pg.run("pg_ctl", "-D", pg.data, "-m", "immediate", "stop") })
	return pg
}

func (pg *postgresServer) start() {
	pg.run("pg_ctl", "-D", pg.data, "-w", "-t", "100", "-l", filepath.Join(filepath.Dir(pg.data), "log"), "-o",
		fmt.Sprintf("-p %s -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c shared_buffers=16MB", pg.port, filepath.Dir(pg.data)), "start")
}

func (pg *postgresServer) run(name string, args ...string) {
	cmd := exec.Command(filepath.Join(pg.bin, name), args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: pg.as}
	if err := cmd.Run(); err != nil {
		pg.t.Errorf("%s %v: %v", name, args, err)
	}
}
