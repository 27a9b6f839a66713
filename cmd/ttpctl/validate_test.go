package main

import (
	"io"
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
