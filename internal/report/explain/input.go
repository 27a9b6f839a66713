package explain

import (
	"context"
	"fmt"
	"io"
	"strings"

	"ttpctl/internal/hint"
	"ttpctl/internal/lines"
	"ttpctl/internal/report"
)

// Bounds of explain, which answers people: logs are tag's.
const (
	MaxBytes  = lines.DefaultMaxLine // of a file of inputs
	MaxEvents = 1000
)

// NewInput returns the command line or event that text is.
func NewInput(text string) Input { return Input{Text: text, IsEvent: looksLikeEvent(text)} }

// looksLikeEvent tells a JSON object, which begins with a brace and a quoted
// name or is empty, from a command line that begins with a group of commands.
func looksLikeEvent(text string) bool {
	rest, braced := strings.CutPrefix(strings.TrimSpace(text), "{")
	rest = strings.TrimSpace(rest)
	return braced && (strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "}"))
}

// Read reads inputs, one a line, from what is called name.
func Read(ctx context.Context, r io.Reader, name string) ([]Input, error) {
	data, err := lines.ReadAll(ctx, r, MaxBytes)
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, hint.PathReason(err))
	}
	return cutInputs(data, name)
}

// cutInputs cuts the content of a file called name into inputs, one a line.
func cutInputs(data []byte, name string) ([]Input, error) {
	const help = "explain is for a few; ttpctl tag reads logs of any length"
	if len(data) > MaxBytes {
		return nil, hint.Errorf(help, "%s: more than %d MiB", name, MaxBytes>>20)
	}
	var inputs []Input
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if len(inputs) == MaxEvents {
			return nil, hint.Errorf(help, "%s: more than %s", name, report.Plural(MaxEvents, "line"))
		}
		in := NewInput(line)
		in.Line = n
		inputs = append(inputs, in)
	}
	if len(inputs) == 0 {
		return nil, hint.Errorf("", "no input: %s is empty", name)
	}
	return inputs, nil
}
