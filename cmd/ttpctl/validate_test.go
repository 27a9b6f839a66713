package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ttpctl/internal/engine"
)

// hostileValidation is hostile in every text that a renderer shows.
func hostileValidation() *validation {
	src := engine.Source{Name: "dir/" + hostile + ".yaml", Data: []byte("key: " + hostile + "\n")}
	return &validation{
		sources: []engine.Source{src},
		diags: engine.Diagnostics{{
			Code: engine.CodeUnknownKey, Severity: engine.Error, File: src.Name, Span: span(1, 6, 9),
			Message: hostile, Label: hostile, Help: []string{hostile},
		}, {
			Code: engine.CodeLowConfidence, Severity: engine.Warning, File: src.Name, Message: "::set-env name=x::" + hostile,
		}},
		err: cannotRun("", "%s", hostile),
	}
}

func TestRenderersEscape(t *testing.T) {
	for _, format := range []string{"table", "json", "sarif", "junit", "github"} {
		t.Run(format, func(t *testing.T) {
			var b bytes.Buffer
			s := testStreams(&b, io.Discard, nil)
			if err := s.render([]output{{format: format}}, hostileValidation().render); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(b.String(), "\x1b") {
				t.Errorf("-o %s writes an escape character: %q", format, b.String())
			}
			for line := range strings.Lines(b.String()) {
				if strings.HasPrefix(line, "faked") {
					t.Errorf("-o %s lets the input begin a line: %q", format, line)
				}
			}
			checkFormat(t, format, b.Bytes())
		})
	}
}

// checkFormat asserts what a reader of the format relies on.
func checkFormat(t *testing.T, format string, data []byte) {
	t.Helper()
	switch format {
	case "json", "sarif":
		if !json.Valid(data) {
			t.Errorf("-o %s is not JSON: %s", format, data)
		}
	case "junit":
		var suites junitSuites
		if err := xml.Unmarshal(data, &suites); err != nil {
			t.Errorf("-o junit is not XML: %v", err)
		}
		if bytes.ContainsRune(data, '\uFFFD') {
			t.Errorf("-o junit loses characters: %q", data)
		}
	case "github":
		if n := bytes.Count(data, []byte("\n")); n != 3 {
			t.Errorf("-o github writes %d lines, want one each for 2 diagnostics and 1 error: %q", n, data)
		}
	case "table":
		if bytes.ContainsAny(data, "\u009b\u202e") {
			t.Errorf("-o table writes invisible characters: %q", data)
		}
	}
}

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
