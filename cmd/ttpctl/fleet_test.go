//go:build unix

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ttpctl/internal/fleet"
	"ttpctl/internal/report/fleets"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
	"ttpctl/internal/store/storetest"
)

// serverDatabase makes a database on a server for a test, and returns its address.
func serverDatabase(t *testing.T, kind string) string {
	t.Helper()
	k := testServers[kind]
	server, err := url.Parse(storetest.ServerAddress(t, k.variable))
	if err != nil {
		t.Fatal(err)
	}
	name := "ttp_fleet_" + strings.ToLower(rand.Text())
	if err := k.exec(server, `CREATE DATABASE `+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.exec(server, `DROP DATABASE `+name+k.force); err != nil {
			t.Error(err)
		}
	})
	made := *server
	made.Path = "/" + name
	return made.String()
}

// fleetStatus returns what fleet status says, and whether it found nothing wrong.
func fleetStatus(t *testing.T, db string) (st fleets.Status, well bool) {
	t.Helper()
	out, err := exec.Command("ttpctl", "fleet", "status", "--db", db, "-o", "json").Output()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	if e := json.Unmarshal(out, &struct{ Data *fleets.Status }{&st}); e != nil {
		t.Fatalf("fleet status prints %q, %v: %v", out, err, e)
	}
	return st, err == nil
}

// Of three workers on one database one mirrors its rules. A state, and an edit in
// that directory, reach all of them, and when it is killed another mirrors.
func TestFleetRules(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"postgres", "mysql"} {
		t.Run(kind, func(t *testing.T) { t.Parallel(); testFleetRules(t, serverDatabase(t, kind)) })
	}
}

func testFleetRules(t *testing.T, db string) {
	dirs := []string{someRules(t, "R0012", "R0029"), someRules(t, "R0012", "R0029"), ""}
	start := func(i int) *servant {
		log := filepath.Join(t.TempDir(), fmt.Sprintf("%d.jsonl", i))
		writeText(t, log, "")
		args := []string{"--db", db, "--store", "database", "--follow", log, "--format", "ttp", "-o", "none"}
		if dirs[i] != "" {
			args = append(args, "--rules", dirs[i])
		}
		return startServe(t, args...)
	}
	first := start(0)
	poll(t, "the first to mirror", func() bool { return strings.Contains(first.stderr.String(), "a claim is ours") })
	workers := []*servant{first, start(1), start(2)}
	poll(t, "three workers with the same rules", func() bool {
		st, well := fleetStatus(t, db)
		return well && len(st.Workers) == 3 && !slices.ContainsFunc(st.Workers, func(w fleets.Worker) bool { return w.Rules != 2 || w.Ruleset == "" })
	})
	reached := func(who []*servant, what string) {
		t.Helper()
		begin := time.Now()
		poll(t, what, func() bool {
			return !slices.ContainsFunc(who, func(g *servant) bool { return !strings.Contains(g.stderr.String(), what) })
		})
		took := time.Since(begin)
		t.Logf("%q reached %d workers in %v", what, len(who), took)
		if took > 5*time.Second { // a second, on a machine that has time
			t.Errorf("%q took %v", what, took)
		}
	}
	first.run("rule", "disable", "R0029", "--db", db, "--reason", "noise")
	reached(workers, "state=disabled")
	poll(t, "the same states in force by all leases", func() bool { _, well := fleetStatus(t, db); return well })
	edit := func(dir, name string) {
		t.Helper()
		path := filepath.Join(dir, "R0012.yaml")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		for i, l := range lines {
			if strings.HasPrefix(l, "name: ") {
				lines[i] = "name: " + name
			}
		}
		writeText(t, path, strings.Join(lines, "\n"))
	}
	edit(dirs[0], "edited_by_the_first")
	reached(workers, "edited_by_the_first")
	edit(dirs[1], "edited_by_the_second")
	time.Sleep(2 * time.Second)
	if strings.Contains(workers[2].stderr.String(), "edited_by_the_second") {
		t.Error("the directory of a worker that does not hold the rules is in force")
	}
	if err := first.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	poll(t, "the second to take over", func() bool { return strings.Contains(workers[2].stderr.String(), "edited_by_the_second") })
	workers[1].stop()
	workers[2].stop()
}

// Two that take events over HTTP into one database do not take them from each other.
func TestFleetListens(t *testing.T) {
	t.Parallel()
	db := serverDatabase(t, "postgres")
	start := func() *listener {
		dir := t.TempDir()
		writeText(t, filepath.Join(dir, "tokens"), "ingest "+sensorToken+"\n")
		return startListening(t, dir, "--db", db, "--spool", filepath.Join(dir, "spool"), "-o", "none")
	}
	both := []*listener{start(), start()}
	for i, event := range sessionEvents(1)[:8] {
		if status, text := both[i%2].ask("POST", "/v1/events", sensorToken, event); !strings.Contains(text, `"accepted":1`) {
			t.Errorf("event %d: %d %s, want it accepted", i, status, text)
		}
	}
	for _, l := range both {
		l.stop()
	}
}

// Of several that start on an empty database one mirrors its rules; the others wait
// until it has written the first.
func TestFleetFirstRules(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, rules := filepath.Join(dir, "t.db"), someRules(t, "R0012")
	db, err := sqlite.Open(t.Context(), file, sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	text, err := os.ReadFile(filepath.Join(rules, "R0012.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	slow := fleet.Join(fleet.Config{Claims: db.Claims(), Leases: db.Leases(), ID: "slow", Every: 100 * time.Millisecond})
	defer slow.Close()
	holds, write := make(chan bool), make(chan bool)
	ctx, cancel := context.WithCancel(t.Context())
	var held sync.WaitGroup
	held.Go(func() {
		slow.Hold(ctx, rulesClaim, func(ctx context.Context, _ int64) error {
			close(holds)
			<-write
			if _, err := db.Rules().Write(ctx, []store.StoredRule{{ID: "R0012", Version: 1, Path: "R0012.yaml", Content: text}}, nil); err != nil {
				t.Error(err)
			}
			<-ctx.Done()
			return nil
		})
	})
	defer held.Wait()
	defer cancel()
	<-holds
	with := startServe(t, "--db", file, "--store", "database", "--rules", rules, "--follow", filepath.Join(dir, "log"), "-o", "none")
	without := startServe(t, "--db", file, "--store", "database", "--follow", filepath.Join(dir, "other"), "-o", "none")
	time.AfterFunc(5*time.Second, func() { close(write) }) // they have looked twice by then
	for _, g := range []*servant{with, without} {
		poll(t, "the rules of the other", func() bool {
			if g.ended() {
				t.Fatal("it did not wait for the rules")
			}
			return strings.Contains(g.stderr.String(), "rules=1")
		})
	}
}
