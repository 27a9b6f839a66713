// Package explain shows why rules fire on an event, or do not: for people
// and for machines ([NewWriter]).
//
// An [Input] is a command line, another kind's text or a line with an event, an
// [Event] what the rules make of it under one snapshot. An [Explainer] reads the
// input as tag does and asks the engine; a [Writer] only lays out, and keeps
// nothing of an input, since those of hostile lines are long. What may not be
// evidence is not shown.
//
// For example:
//
//	w := explain.NewWriter("table", os.Stdout, catalogue, report.Meta{}, report.TextOptions{Width: 80})
//	x := explain.New(snapshot, time.Now(), explain.Options{Kind: event.KindCommand})
//	err := x.Run(ctx, []explain.Input{explain.NewInput("id")}, w.Write)
//	err = w.Finish(nil)
package explain

import (
	"io"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/engine/shell"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
)

// An Input is what was to be explained, and what came of it: events, or why
// there are none.
type Input struct {
	Text    string
	IsEvent bool // else it is a text, such as a command line
	Line    int  // on stdin, from 1; 0 = an argument
	Events  []Event
	Unknown string // a source_kind that this version does not know
	Err     error
}

// An Event is an event and what the rules make of it. A session is followed by
// its commands.
type Event struct {
	Kind     event.Kind
	SourceID string
	Command  string               // command_text of a command
	Request  *engine.ShownRequest // of a request
	Shell    *shell.View          // of a command, or of what a request would have a shell run
	Line     *program.Line        // what its commands are and would do
	Read     bool                 // some rule reads events of this kind
	Matches  []engine.Explanation
	Asked    []engine.Explanation // those asked for by id, in rule_id order
}

// A Writer writes explanations in one format, each as it comes.
type Writer interface {
	Write(in *Input) error
	// Finish completes the output; problems are what is wrong with the inputs.
	Finish(problems []report.Problem) error
}

// NewWriter returns a writer of one JSON document, which says m, or of a text for
// people; a width of 0 is no terminal.
func NewWriter(format string, w io.Writer, c *attack.Catalogue, m report.Meta, o report.TextOptions) Writer {
	if format == "json" {
		return newJSON(w, c, m)
	}
	return newText(w, c, o)
}
