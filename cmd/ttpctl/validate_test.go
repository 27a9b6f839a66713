package main

import (
	"context"
	"io"
	"path/filepath"
	"syscall"
	"testing"
)

// endless is a stdin that never ends; it fails the test when much more of it
// is read than a rule may hold.
type endless struct {
	t    *testing.T
	read int
}

func (r *endless) Read(p []byte) (int, error) {
	if r.read += len(p); r.read > 2*ruleFileLimit {
		r.t.Errorf("%d bytes of stdin were read, want little more than %d", r.read, ruleFileLimit)
		return 0, io.EOF
	}
	return len(p), nil
}

func TestStdinIsBounded(t *testing.T) {
	s := testStreams(io.Discard, io.Discard, nil)
	s.in = &endless{t: t}
	in := readRules(t.Context(), s, "", []string{"-"})
	if err := in.err(); err != nil || len(in.sources) != 1 || len(in.sources[0].Data) != ruleFileLimit+1 {
		t.Errorf("readRules = %d sources, %v; want one of %d bytes", len(in.sources), err, ruleFileLimit+1)
	}
}

// A read that waits, for a pipe's writer or for stdin, ends with an interrupt.
func TestOrInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	release := make(chan struct{})
	defer close(release)
	data, err := orInterrupt(ctx, func() ([]byte, error) {
		cancel(&signalError{syscall.SIGINT})
		<-release
		return []byte("late"), nil
	})
	if got := exitCode(err); data != nil || got != 130 {
		t.Errorf("orInterrupt = %q, %v, exit %d, want nothing and 130", data, err, got)
	}
	path := filepath.Join(t.TempDir(), "R0001.yaml")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	in := readRules(ctx, testStreams(io.Discard, io.Discard, nil), "", nil)
	in.addFile(ctx, path)
	if got := exitCode(in.err()); got != 130 {
		t.Errorf("addFile of a pipe without a writer = %v, exit %d, want 130", in.err(), got)
	}
}
