package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
)

// A Writer writes tags in one format. It belongs to one goroutine.
type Writer interface {
	// Write writes the next batch of tags. It keeps nothing of tags.
	Write(tags []event.Tag) error
	// Finish completes the output, an empty one too. It does not close what
	// lies beneath. acc is not changed.
	Finish(acc *Account) error
}

// Options are what the formats need to know; each uses its part.
type Options struct {
	Meta      Meta
	Catalogue *attack.Catalogue // of format table
	Continued bool              // tags stand in the output already: no header
	Text      TextOptions
	Export    Export
}

// An Export says what formats for other people's tools need to know.
type Export struct {
	Producer string // who runs the honeypot
	TLP      string // how far the document may go: a word of TLP 2.0, "" = not said
	Domain   string // of a navigator layer
}

type formatRow struct {
	name     string
	document bool // one document, which also carries what went wrong with the run
	export   bool // of other people's tools
	streamed bool // its lines are for a program, as they come
	open     func(io.Writer, Options) Writer
}

// formats are the formats of the tag command.
var formats = [...]formatRow{
	{"table", false, false, false, newTableWriter},
	{"jsonl", false, false, true, newLinesWriter},
	{"json", true, false, false, newDocumentWriter},
	{"csv", false, false, false, newCSVWriter},
	{"stix", false, true, false, newStixWriter},
	{"misp", false, true, false, newMispWriter},
	{"ecs", false, true, false, newECSWriter},
	{"navigator", false, false, false, newLayerWriter},
	{"none", false, false, true, func(io.Writer, Options) Writer { return noneWriter{} }},
}

// IsDocument reports whether a format of tags is one document, which is
// completed last and carries what went wrong with the run.
func IsDocument(format string) bool { return is(format, func(f *formatRow) bool { return f.document }) }

// IsStreamed reports whether the lines of a format are for a program, as they come.
func IsStreamed(format string) bool { return is(format, func(f *formatRow) bool { return f.streamed }) }

func is(format string, flag func(*formatRow) bool) bool {
	i := slices.IndexFunc(formats[:], func(f formatRow) bool { return f.name == format })
	return i >= 0 && flag(&formats[i])
}

// Exports returns the formats of other people's tools that are made of tags.
func Exports() (names []string) {
	for _, f := range formats {
		if f.export {
			names = append(names, f.name)
		}
	}
	return names
}

// Formats returns the names that NewWriter knows.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// NewWriter returns a writer of format that writes to w, unbuffered between
// batches.
func NewWriter(format string, w io.Writer, o Options) (Writer, error) {
	for _, f := range formats {
		if f.name == format {
			return f.open(w, o), nil
		}
	}
	return nil, fmt.Errorf("unknown output format %q: want %s", format, strings.Join(Formats(), ", "))
}

// noneWriter writes nothing: the run is wanted for its account or its speed.
type noneWriter struct{}

func (noneWriter) Write([]event.Tag) error { return nil }
func (noneWriter) Finish(*Account) error   { return nil }

// tableWriter writes nothing until the end, then techniques by count.
type tableWriter struct {
	w       io.Writer
	text    TextOptions
	summary *Summary
}

func newTableWriter(w io.Writer, o Options) Writer {
	return &tableWriter{w: w, text: o.Text, summary: NewSummary(o.Catalogue)}
}

func (t *tableWriter) Write(tags []event.Tag) error {
	t.summary.Add(tags)
	return nil
}

func (t *tableWriter) Finish(*Account) error {
	return t.summary.WriteText(t.w, t.text)
}
