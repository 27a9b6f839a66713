package explain

import (
	"context"
	"io"
	"strings"

	"ttpctl/internal/hint"
)

// Given is where inputs come from: one of an event, a file of a session's lines,
// and the arguments of a command line, of which - alone is stdin.
type Given struct {
	Event   string
	Session string // a file, - for stdin
	Args    []string
	Stdin   io.Reader
	Open    func(name string) (io.Reader, error) // the file of a session
}

// Inputs returns what is to be explained.
func (g *Given) Inputs(ctx context.Context) ([]Input, error) {
	switch {
	case g.Session != "" && (g.Event != "" || len(g.Args) > 0):
		return nil, hint.Errorf("", "--session and another input: explain takes one")
	case g.Session == "-":
		return Read(ctx, g.Stdin, "stdin")
	case g.Session != "":
		f, err := g.Open(g.Session)
		if err != nil {
			return nil, err
		}
		return Read(ctx, f, g.Session)
	case g.Event != "" && len(g.Args) > 0:
		return nil, hint.Errorf("", "--event and an argument: explain takes one input, or - for several on stdin")
	case g.Event != "":
		return []Input{{Text: g.Event, IsEvent: true}}, nil
	case len(g.Args) == 1 && g.Args[0] == "-":
		return Read(ctx, g.Stdin, "stdin")
	}
	line := strings.Join(g.Args, " ")
	if strings.TrimSpace(line) == "" {
		return nil, hint.Errorf("ttpctl explain 'uname -a', or - for stdin", "no input: no command line or event given")
	}
	return []Input{NewInput(line)}, nil
}
