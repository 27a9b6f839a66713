package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// A pipe that nobody writes to ends with the first signal, whatever it is
// named as.
func TestInterruptedPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	rows := `{"label":"a","source_kind":"command","payload":{"command_text":"uname -a"},"expected_rule_ids":["R0018"]}` + "\n"
	for name, text := range map[string]string{"log.json": "\n", "rows.jsonl": rows} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range []string{
		"tag -o jsonl pipe", "tag --rules pipe log.json", "tag --config pipe log.json", "validate pipe", "corpus build --exclude-ip 192.0.2.1 -o jsonl pipe",
		"precision --corpus pipe", "db import-campaigns --db new.db pipe",
		"tag --honeytokens pipe log.json", "serve --db none --honeytokens pipe", "corpus build --exclude-ip @pipe -o jsonl log.json",
		"precision --prod log.json --exclude-ip @pipe", "precision --allow pipe", "precision --baseline pipe", "precision --labels pipe --corpus rows.jsonl",
		"corpus draw --verdicts pipe --commands log.json", "corpus draw --commands pipe",
		"explain --session pipe", "corpus label --import pipe rows.jsonl",
	} {
		t.Run(args, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			s := testStreams(io.Discard, io.Discard, nil)
			done := make(chan error, 1)
			go func() { done <- execute(ctx, s, strings.Fields(args)) }()
			time.AfterFunc(100*time.Millisecond, func() { cancel(&signalError{syscall.SIGTERM}) })
			select {
			case err := <-done:
				want := 143
				if strings.HasPrefix(args, "serve") {
					want = 0 // it has nothing to finish, and its manager asked it to stop
				}
				if code := exitCode(err); code != want {
					t.Errorf("exit code %d (%v), want %d", code, err, want)
				}
			case <-time.After(20 * time.Second):
				t.Error("still waiting for a writer")
			}
			// Whoever still opens the pipe is let go.
			if w, err := os.OpenFile("pipe", os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
				w.Close()
			}
		})
	}
}

// What was taken from a stream when the signal comes is finished, and a line
// without its end is counted.
func TestInterruptedStream(t *testing.T) {
	const line = `{"source_kind":"command","source_id":"1","attacker_ip":"203.0.113.9","payload":{"command_text":"uname -a"}}` + "\n"
	const lines = 2000
	ctx, cancel := context.WithCancelCause(t.Context())
	in, w := io.Pipe()
	defer w.Close()
	var out, errs strings.Builder
	s := testStreams(&out, &errs, map[string]string{"XDG_STATE_HOME": t.TempDir()})
	s.in = in
	go func() {
		io.WriteString(w, strings.Repeat(line, lines)+`{"half":`)
		cancel(&signalError{syscall.SIGTERM})
	}()
	err := execute(ctx, s, []string{"tag", "-o", "jsonl", "-"})
	if code := exitCode(err); code != 143 {
		t.Errorf("exit code %d (%v), want 143", code, err)
	}
	if got := strings.Count(out.String(), `"technique_id":"T1082"`); got != lines {
		t.Errorf("%d tags of %d lines that were taken", got, lines)
	}
	for _, want := range []string{"2,000 = 2,000 direct", "8 bytes of a line that had not ended", "stopped   interrupted"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("stderr lacks %q:\n%s", want, errs.String())
		}
	}
}

// What a signal ended is no failure of its own.
func TestInterruptedIsSaidOnce(t *testing.T) {
	err := joinErrors(cannotRun("", "a.db: reading states: %w", context.Canceled), &signalError{syscall.SIGTERM})
	if got := problems(err); len(got) != 1 || got[0].Message != "stopped by terminated" {
		t.Errorf("problems(%v) = %+v, want the signal alone", err, got)
	}
	if got := problems(cannotRun("", "%w", context.Canceled)); len(got) != 1 {
		t.Errorf("without a signal: %+v, want what was cancelled", got)
	}
}

// A read that fails is not said to be a write.
func TestReadFailureIsNamed(t *testing.T) {
	dir := t.TempDir()
	read := errors.New("a.jsonl: gzip: truncated")
	err := writePrivate(filepath.Join(dir, "out"), func(*os.File) error { return cannotRun("", "%w", read) })
	if !errors.Is(err, read) || strings.Contains(err.Error(), "output") {
		t.Errorf("writePrivate with a source that fails = %v, want %v alone", err, read)
	}
}

// On a terminal tag says that it waits.
func TestWaitsForTerminal(t *testing.T) {
	keys, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	defer tty.Close()
	if _, err := keys.WriteString("\x04"); err != nil {
		t.Fatal(err)
	}
	for _, quiet := range []bool{false, true} {
		var errs strings.Builder
		s := testStreams(io.Discard, &errs, nil)
		s.in, s.quiet = tty, quiet
		s.announceStdin()
		if got := strings.Contains(errs.String(), "waiting for input"); got == quiet {
			t.Errorf("with --quiet=%v stderr is %q", quiet, errs.String())
		}
	}
}
