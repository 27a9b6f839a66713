package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/rounds"
	"ttpctl/internal/worker/workertest"
)

// killing returns how often serve is killed, and the seed of the chances: few and
// always the same, unless more is asked for.
func killing(t *testing.T) (kills int, seed uint64) {
	if kills = rounds.Of(t, 2, 1000); !rounds.More(t) {
		return kills, 14
	}
	seed = uint64(time.Now().UnixNano())
	t.Logf("%d kills, seed %d", kills, seed)
	return kills, seed
}

// TestServeKilled: serve follows a log that grows and is rotated in every way,
// and is killed again and again, at any moment. What is stored in the end is what
// one run of tag over all of it gives, and every tag was published.
func TestServeKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	text := workertest.BusyLog(t, "../../testdata/logs/cowrie.json", 40)
	writeText(t, in("whole.json"), text)
	writeText(t, in("key"), "a key of more than sixteen bytes")
	ttpctl := func(args ...string) *exec.Cmd {
		cmd := exec.Command("ttpctl", append(args, "--hash-key-file", in("key"))...)
		cmd.Env = append(os.Environ(), "TTPCTL_DB="+in("t.db"))
		return cmd
	}
	serve := func(more ...string) *exec.Cmd {
		return ttpctl(append([]string{"serve", "--follow", in("log"), "-o", "jsonl=" + in("tags.jsonl")}, more...)...)
	}
	kills, seed := killing(t)
	w := &rotatingWriter{t: t, path: in("log/cowrie.json"), rng: rand.New(rand.NewPCG(seed, 50))}
	if err := os.Mkdir(in("log"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.append("")
	var writing sync.WaitGroup
	writing.Go(func() { w.write(text, time.Duration(kills)*350*time.Millisecond) })
	rng := rand.New(rand.NewPCG(seed, 51))
	var stderr bytes.Buffer
	for range kills {
		cmd := serve()
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(100+rng.IntN(500)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
	}
	writing.Wait()
	last := serve("--once")
	last.Stderr = &stderr
	if err := last.Run(); err != nil || strings.Contains(stderr.String(), "ERROR") {
		t.Errorf("serve --once: %v; serve said:\n%s", err, stderr.String())
	}
	tagged, err := ttpctl("tag", "-o", "jsonl", in("whole.json")).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := sortedLines(string(tagged))
	stored, err := exec.Command("ttpctl", "report", "tags", "--db", in("t.db"), "-o", "jsonl").Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, sortedLines(string(stored))); diff != "" {
		t.Errorf("%s\nafter %d kills and %d rotations (seed %d), stored tags differ from those of tag (-tag +serve):\n%.3000s", stderr.String(), kills, w.rotations, seed, diff)
	}
	published, err := os.ReadFile(in("tags.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, sortedLines(string(published))); diff != "" {
		t.Errorf("published tags differ (-tag +published):\n%.3000s", diff)
	}
}

// sortedLines returns the distinct whole lines of text, in order.
func sortedLines(text string) []string {
	all := slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool { return !strings.HasSuffix(l, "}") })
	slices.Sort(all)
	return slices.Compact(all)
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A rotatingWriter writes a log as sensors and logrotate do.
type rotatingWriter struct {
	t         *testing.T
	path      string
	rng       *rand.Rand
	rotations int
}

// write writes text in pieces that end anywhere, over about the time given, and
// rotates now and then.
func (w *rotatingWriter) write(text string, over time.Duration) {
	const pieces = 120
	for i := range pieces {
		n := len(text) / (pieces - i)
		if i < pieces-1 {
			n = min(len(text), n/2+w.rng.IntN(n))
		}
		rotates := w.rng.IntN(6) == 0
		if rotates { // lines are whole then: whoever writes them opens the file anew
			n += strings.Index(text[n:], "\n") + 1
		}
		w.append(text[:n])
		text = text[n:]
		time.Sleep(over / pieces)
		if rotates {
			w.rotate()
		}
	}
}

func (w *rotatingWriter) append(text string) {
	f, err := os.OpenFile(w.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		w.t.Error(err)
		return
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		w.t.Error(err)
	}
}

func (w *rotatingWriter) content() string {
	b, err := os.ReadFile(w.path)
	if err != nil {
		w.t.Error(err)
	}
	return string(b)
}

// rotate moves all rotations on by one, the older ones compressed, and takes the
// log away by renaming it or by copying and truncating it.
func (w *rotatingWriter) rotate() {
	w.rotations++
	name := func(i int, ext string) string { return fmt.Sprintf("%s.%d%s", w.path, i, ext) }
	for i := w.rotations; i > 0; i-- {
		for _, ext := range []string{"", ".gz"} {
			os.Rename(name(i, ext), name(i+1, ext)) // there is one of the two
		}
	}
	if w.rng.IntN(2) == 0 {
		if err := os.Rename(w.path, name(1, "")); err != nil {
			w.t.Error(err)
		}
		w.append("")
	} else {
		if err := os.WriteFile(name(1, ""), []byte(w.content()), 0o600); err != nil {
			w.t.Error(err)
		}
		time.Sleep(time.Duration(w.rng.IntN(20)) * time.Millisecond)
		if err := os.Truncate(w.path, 0); err != nil {
			w.t.Error(err)
		}
	}
	if old, err := os.ReadFile(name(3, "")); err == nil {
		w.compress(name(3, ""), old)
	}
}

func (w *rotatingWriter) compress(path string, old []byte) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(old)
	z.Close()
	if err := os.WriteFile(path+".gz", b.Bytes(), 0o600); err != nil {
		w.t.Error(err)
	}
	if err := os.Remove(path); err != nil {
		w.t.Error(err)
	}
}
