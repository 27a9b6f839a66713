package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// onTerminal runs a command line on a terminal of 80 by 24 and returns what it
// shows there, and the exit code.
func onTerminal(t *testing.T, env map[string]string, args ...string) (shown string, code int) {
	t.Helper()
	keys, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo terminal: %v", err)
	}
	if err := pty.Setsize(keys, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	all := make(chan string)
	go func() {
		var b bytes.Buffer
		_, _ = io.Copy(&b, keys) // EIO when the other side is closed
		all <- b.String()
	}()
	s := testStreams(io.Discard, io.Discard, env)
	s.out = stream{Writer: tty, tty: true}
	code = exitCode(execute(context.Background(), s, args))
	tty.Close()
	shown = <-all
	keys.Close()
	return strings.ReplaceAll(shown, "\r\n", "\n"), code
}

// What is higher than the screen goes through the pager, with the exit code of
// the command; never what machines read, nor what the user wants as it is.
func TestPaging(t *testing.T) {
	const log = "../../testdata/logs/cowrie.json"
	broken := filepath.Join(t.TempDir(), "R0100.yaml")
	text := "rule_id: R0100\nrule_version: none\nname: BROKEN\napplies_to: [nothing]\nmatch: {pattern: '('}\nemits:\n" +
		strings.Repeat("  - {tactic: TA9999, technique_id: T9999, confidence: 7}\n", 8)
	if err := os.WriteFile(broken, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	pager := map[string]string{"PAGER": "sed s/^/G:/"}
	own := map[string]string{"PAGER": "sed s/^/G:/", "TTPCTL_PAGER": "sed s/^/T:/"}
	none := map[string]string{"PAGER": "sed s/^/G:/", "TTPCTL_PAGER": "cat"}
	off := map[string]string{"PAGER": "sed s/^/G:/", "TTPCTL_NO_PAGER": "true"}
	tests := []struct {
		name  string
		env   map[string]string
		args  []string
		paged string // what each line begins with, "" = nothing does
		code  int
	}{
		{"higher", pager, []string{"sessions", log}, "G:", 0},
		{"ours first", own, []string{"sessions", log}, "T:", 0},
		{"fits", pager, []string{"sessions", "--limit", "2", log}, "", 0},
		{"cat", none, []string{"sessions", log}, "", 0},
		{"flag", pager, []string{"sessions", "--no-pager", log}, "", 0},
		{"variable", off, []string{"sessions", log}, "", 0},
		{"json", pager, []string{"sessions", "-o", "json", log}, "G:", 0},
		{"jsonl", pager, []string{"tag", "-o", "jsonl", log}, "", 0},
		{"at a pace", pager, []string{"sessions", "--play=1e6", "0f42", log}, "", 0},
		{"summary of tag", pager, []string{"tag", "--rule", "R0012,R0018,R0020,R0116,R0303,R0150,R0013,R0006,R0351,R0019", log}, "G:", 0},
		{"exit code", pager, []string{"validate", broken}, "G:", 1},
		{"ends early", map[string]string{"PAGER": "true"}, []string{"programs"}, "", 0},
		{"ends early, exit code", map[string]string{"PAGER": "true"}, []string{"validate", broken}, "", 1},
	}
	for _, tt := range tests {
		shown, code := onTerminal(t, tt.env, append([]string{"--color", "never"}, tt.args...)...)
		if code != tt.code {
			t.Errorf("%s: exits %d, want %d", tt.name, code, tt.code)
		}
		for line := range strings.Lines(shown) {
			if got := strings.HasPrefix(line, "G:") || strings.HasPrefix(line, "T:"); got != (tt.paged != "") || !strings.HasPrefix(line, tt.paged) {
				t.Errorf("%s: %q, want each line to begin with %q", tt.name, line, tt.paged)
				break
			}
		}
		if shown == "" && !strings.HasPrefix(tt.name, "ends early") {
			t.Errorf("%s: nothing shown", tt.name)
		}
	}
}
