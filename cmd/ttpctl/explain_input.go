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

// readSession reads the lines of a session, - for stdin.
func readSession(ctx context.Context, s *streams, name string) ([]explainInput, error) {
	if name == "-" {
		return readExplainInputs(ctx, s)
	}
	f, err := readSmall(ctx, "--session", name, s)
	if err != nil {
		return nil, err
	}
	return readExplained(ctx, f, name)
}

// readExplainInputs reads stdin, an input a line.
func readExplainInputs(ctx context.Context, s *streams) ([]explainInput, error) {
	return readExplained(ctx, s.in, "stdin")
}

func readExplained(ctx context.Context, r io.Reader, name string) ([]explainInput, error) {
	data, err := lines.ReadAll(ctx, r, maxExplainBytes)
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, broke("%s: %w", name, reason(err))
	}
	return explainInputs(data, name)
}

// explainInputs cuts the content of a file into inputs.
func explainInputs(data []byte, name string) ([]explainInput, error) {
	const help = "explain is for a few; ttpctl tag reads logs of any length"
	if len(data) > maxExplainBytes {
		return nil, cannotRun(help, "%s: more than %d MiB", name, maxExplainBytes>>20)
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
			return nil, cannotRun(help, "%s: more than %s", name, report.Plural(maxExplainEvents, "line"))
		}
		inputs = append(inputs, explainInput{text: line, event: looksLikeEvent(line), line: n})
	}
	if len(inputs) == 0 {
		return nil, cannotRun("", "no input: %s is empty", name)
	}
	return inputs, nil
}
