package main

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ttpctl/internal/attack"

	"ttpctl/internal/vitals"
)

// testStreams returns streams with the environment env and a fixed clock;
// what is written to stdout and stderr goes to out and err.
func testStreams(out, err io.Writer, env map[string]string) *streams {
	return &streams{
		in:     strings.NewReader(""),
		out:    stream{Writer: out},
		err:    stream{Writer: err},
		lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		environ: func() []string {
			var all []string
			for name, v := range env {
				all = append(all, name+"="+v)
			}
			return all
		},
		now:      func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) },
		attack:   sync.OnceValue(attack.Load),
		outlines: packOutlines,
		log:      slog.New(slog.DiscardHandler),
	}
}

func TestPalette(t *testing.T) {
	tests := []struct {
		name  string
		color string
		env   map[string]string
		tty   bool
		want  bool
	}{
		{"terminal", "auto", nil, true, true},
		{"pipe", "auto", nil, false, false},
		{"always", "always", map[string]string{"NO_COLOR": "1", "TERM": "dumb"}, false, true},
		{"never", "never", map[string]string{"CLICOLOR_FORCE": "1"}, true, false},
		{"NO_COLOR", "auto", map[string]string{"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, true, false},
		{"empty NO_COLOR", "auto", map[string]string{"NO_COLOR": ""}, true, true},
		{"CLICOLOR_FORCE", "auto", map[string]string{"CLICOLOR_FORCE": "1", "TERM": "dumb"}, false, true},
		{"CLICOLOR_FORCE=0", "auto", map[string]string{"CLICOLOR_FORCE": "0"}, false, false},
		{"dumb", "auto", map[string]string{"TERM": "dumb"}, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := testStreams(io.Discard, io.Discard, tt.env)
			s.color = tt.color
			if got := s.palette(tt.tty).On; got != tt.want {
				t.Errorf("palette(%v) with --color %s and %v is %v, want %v", tt.tty, tt.color, tt.env, got, tt.want)
			}
		})
	}
}

// hostile is text that would move a terminal's cursor and reverse its line.
const hostile = "a\x1b[2J\u009b1m\u202eb\nfaked line"

func TestLogEscapes(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var b strings.Builder
		log := vitals.NewLogger(&b, "info", format, false)
		log.Info("seen "+hostile, "text", hostile, "err", errors.New(hostile))
		log.With("text", hostile).WithGroup("g").Warn("again", "text", hostile)
		got := b.String()
		if strings.ContainsAny(got, "\x1b\u009b\u202e") {
			t.Errorf("--log-format %s writes %q, want control characters spelled out", format, got)
		}
		if n := strings.Count(got, "\n"); n != 2 {
			t.Errorf("--log-format %s writes %d lines for 2 records: %q", format, n, got)
		}
	}
}

func TestLogLevel(t *testing.T) {
	tests := []struct {
		level string
		quiet bool
		want  int
	}{
		{"debug", false, 4}, {"info", false, 3}, {"warn", false, 2}, {"error", false, 1}, {"debug", true, 1},
	}
	for _, tt := range tests {
		var b strings.Builder
		log := vitals.NewLogger(&b, tt.level, "text", tt.quiet)
		log.Debug("d")
		log.Info("i")
		log.Warn("w")
		log.Error("e")
		if got := strings.Count(b.String(), "\n"); got != tt.want {
			t.Errorf("--log-level %s, --quiet=%v shows %d of 4 levels, want %d", tt.level, tt.quiet, got, tt.want)
		}
	}
}

func TestComplainEscapes(t *testing.T) {
	var b strings.Builder
	s := testStreams(io.Discard, &b, nil)
	s.complain(cannotRun("try "+hostile, "file %s", hostile))
	s.notef("saved in %s", hostile)
	const want = "ttpctl: file a\\x1b[2J\\u{9b}1m\\u{202e}b\\nfaked line\n" +
		"   = help: try a\\x1b[2J\\u{9b}1m\\u{202e}b\\nfaked line\n" +
		"saved in a\\x1b[2J\\u{9b}1m\\u{202e}b\\nfaked line\n"
	if b.String() != want {
		t.Errorf("complain and notef write %q, want %q", b.String(), want)
	}
}

// failingWriter fails every write.
type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestRenderFaults(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"closed pipe", syscall.EPIPE, 0},
		{"disk full", syscall.ENOSPC, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := testStreams(failingWriter{tt.err}, io.Discard, nil)
			err := s.render([]output{{format: "table"}}, func(k *sink) error { _, err := k.WriteString("x"); return err })
			if got := exitCode(err); err == nil || got != tt.want {
				t.Errorf("render to a stdout with %v = %v, exit %d, want %d", tt.err, err, got, tt.want)
			}
		})
	}
}
