package main

import (
	"context"
	"io"
	"strings"

	"ttpctl/internal/lines"
	"ttpctl/internal/report"
)

// Bounds of explain, which answers people: logs are tag's.
const (
	maxExplainBytes  = lines.DefaultMaxLine // of stdin
	maxExplainEvents = 1000
)

// An explainInput is a command line or an event to explain.
type explainInput struct {
	text  string
	event bool
	line  int // on stdin, from 1; 0 = an argument
}

// looksLikeEvent tells a JSON object, which begins with a brace and a quoted
// name or is empty, from a command line that begins with a group of commands.
func looksLikeEvent(text string) bool {
	rest, braced := strings.CutPrefix(strings.TrimSpace(text), "{")
	rest = strings.TrimSpace(rest)
	return braced && (strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "}"))
}

// readExplainInputs reads stdin, an input a line.
func readExplainInputs(ctx context.Context, s *streams) ([]explainInput, error) {
	data, err := readAll(ctx, s.in, maxExplainBytes+1)
	if err != nil {
		return nil, err
	}
	const help = "explain is for a few; ttpctl tag reads logs of any length"
	if len(data) > maxExplainBytes {
		return nil, cannotRun(help, "stdin: more than %d MiB", maxExplainBytes>>20)
	}
	var inputs []explainInput
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if len(inputs) == maxExplainEvents {
			return nil, cannotRun(help, "stdin: more than %s", report.Plural(maxExplainEvents, "line"))
		}
		inputs = append(inputs, explainInput{text: line, event: looksLikeEvent(line), line: n})
	}
	if len(inputs) == 0 {
		return nil, cannotRun("", "no input: stdin is empty")
	}
	return inputs, nil
}

// readAll reads at most limit bytes of r. An interrupt ends the wait, not the
// read, whose goroutine may outlive this call until the process ends.
func readAll(ctx context.Context, r io.Reader, limit int64) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := io.ReadAll(io.LimitReader(r, limit))
		done <- result{data, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, broke("stdin: %w", reason(r.err))
		}
		return r.data, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
