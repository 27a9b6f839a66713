package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// A screen collects what is written to a terminal, for tests to wait on.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// wait polls until the screen shows want n times.
func (s *screen) wait(t *testing.T, want string, n int) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for strings.Count(s.String(), want) < n {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the terminal never showed %q %d times:\n%s", want, n, s)
		}
	}
}

// label runs corpus label on a pseudo-terminal; play types keys.
func label(t *testing.T, path string, play func(keys *os.File, seen *screen)) error {
	t.Helper()
	keys, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	defer tty.Close()
	seen := &screen{}
	s := testStreams(seen, seen, map[string]string{"TERM": "xterm"})
	s.in, s.out.tty = tty, true
	done := make(chan error, 1)
	go func() { done <- execute(context.Background(), s, []string{"corpus", "label", path}) }()
	play(keys, seen)
	select {
	case err := <-done:
		return err
	case <-time.After(20 * time.Second):
		t.Fatalf("corpus label did not end:\n%s", seen)
		return nil
	}
}

func TestCorpusLabelOnTerminal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	rows := `{"label":"a","source_kind":"command","payload":{"command_text":"cd /; uname -a"},"count":3}
{"label":"b","source_kind":"command","payload":{"command_text":"whoami; echo \u001b]0;owned\u0007"},"count":1}
{"label":"c","source_kind":"command","payload":{"command_text":"sudo -l"},"count":1}
{"label":"d","source_kind":"command","payload":{"command_text":"cd"},"count":1}
`
	if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	const prompt = "[q]uit > "
	err := label(t, path, func(keys *os.File, seen *screen) {
		seen.wait(t, prompt, 1)
		seen.wait(t, "R0018", 1)
		seen.wait(t, "\x1b[1;31muname", 1)
		keys.WriteString("x")
		seen.wait(t, "y right, n wrong", 1)
		keys.WriteString("y")
		seen.wait(t, prompt, 2)
		keys.WriteString("tlooks oddx\x7f\r")
		seen.wait(t, "answered: unsure looks odd", 1)
		keys.WriteString("b")
		seen.wait(t, "answered: right", 1)
		keys.WriteString("n")
		seen.wait(t, prompt, 5)
		keys.WriteString("q")
	})
	if err != nil {
		t.Fatalf("corpus label = %v", err)
	}
	journal, err := os.ReadFile(path + ".labels")
	if err != nil {
		t.Fatal(err)
	}
	want := `{"rule_id":"R0018","label":"a","verdict":"right"}
{"rule_id":"R0019","label":"b","verdict":"unsure","note":"looks odd"}
{"rule_id":"R0018","label":"a","verdict":"wrong"}
`
	if string(journal) != want {
		t.Errorf("the journal holds\n%s\nwant\n%s", journal, want)
	}
	corpusText := mustRead(t, path)
	if !strings.Contains(corpusText, `"count":3,"expected_rule_ids":[],"judged_rule_ids":["R0018"]}`) {
		t.Errorf("the corpus holds\n%s\nwant R0018 judged and not expected of a", corpusText)
	}

	// A second run goes on behind what has an answer, whose labels stay.
	err = label(t, path, func(keys *os.File, seen *screen) {
		seen.wait(t, prompt, 1)
		if strings.Contains(seen.String(), "owned\a") || !strings.Contains(seen.String(), "sudo -l") {
			t.Errorf("the second run shows %q, want the hit without an answer", seen)
		}
		keys.WriteString("y")
		seen.wait(t, "All 3 hits have an answer", 1)
	})
	if err != nil {
		t.Fatalf("corpus label again = %v", err)
	}
	if !strings.Contains(mustRead(t, path), `"expected_rule_ids":["R0029"]`) {
		t.Errorf("the corpus holds\n%s\nwant R0029 expected of c", mustRead(t, path))
	}
}

func TestCorpusLabelInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(path, []byte(`{"label":"a","source_kind":"command","payload":{"command_text":"uname"}}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := label(t, path, func(keys *os.File, seen *screen) {
		seen.wait(t, "[q]uit > ", 1)
		keys.WriteString("\x03") // control-C
	})
	if got := exitCode(err); got != 130 {
		t.Errorf("corpus label interrupted exits %d, want 130", got)
	}
	if _, err := os.Stat(path + ".labels"); err == nil {
		t.Error("a journal without answers was left behind")
	}
}

// TestCorpusLabelInterruptedKeeps: what was answered before control-C is put into
// the corpus.
func TestCorpusLabelInterruptedKeeps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	const rows = `{"label":"a","source_kind":"command","payload":{"command_text":"uname"}}
{"label":"b","source_kind":"command","payload":{"command_text":"whoami"}}
`
	if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	err := label(t, path, func(keys *os.File, seen *screen) {
		seen.wait(t, "[q]uit > ", 1)
		keys.WriteString("y")
		seen.wait(t, "[q]uit > ", 2)
		keys.WriteString("\x03") // control-C
	})
	if got := exitCode(err); got != 130 {
		t.Errorf("corpus label interrupted exits %d, want 130", got)
	}
	if got := mustRead(t, path); strings.Count(got, `"judged_rule_ids":["R00`) != 1 {
		t.Errorf("the corpus holds\n%s\nwant one row judged", got)
	}
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestCorpusLabelLeavesAlone: a corpus that is packed, or whose labels are
// refused, stays as it is, byte for byte, also where answers from before wait.
func TestCorpusLabelLeavesAlone(t *testing.T) {
	const row = `{ "label":"a", "source_kind":"command", "payload":{"command_text":"uname -a"} }` + "\n"
	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	zw.Write([]byte(row))
	zw.Close()
	const right, wrong = "rule_id,label,verdict,note\nR0018,a,right,\n", "rule_id,label,verdict,note\nR0018,a,perhaps,\n"
	for _, c := range []struct{ name, text, labels, says string }{
		{"gzip without its name", packed.String(), right, "and this is gzip"},
		{"a JSON array", "[" + strings.TrimSpace(row) + "]\n", right, "and this is a JSON array"},
		{"bad labels", row, wrong, "unknown verdict"},
	} {
		dir := t.TempDir()
		path, labels := filepath.Join(dir, "rows.jsonl"), filepath.Join(dir, "labels.csv")
		before := `{"rule_id":"R0018","label":"a","verdict":"right"}` + "\n"
		for name, text := range map[string]string{path: c.text, labels: c.labels, path + ".labels": before} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var errs strings.Builder
		err := execute(t.Context(), testStreams(io.Discard, &errs, nil), []string{"corpus", "label", "--import", "csv=" + labels, path})
		if exitCode(err) != 2 || !strings.Contains(errs.String(), c.says) {
			t.Errorf("%s: exit code %d, want 2 and %q; stderr:\n%s", c.name, exitCode(err), c.says, errs.String())
		}
		if got := mustRead(t, path); got != c.text {
			t.Errorf("%s: the corpus became %q", c.name, got)
		}
	}
}
