package findings

import (
	"bufio"
	"fmt"
	"io"

	"ttpctl/internal/engine"
	"ttpctl/internal/escape"
	"ttpctl/internal/report"
)

// A Listing writes diagnostics for people: the problem, where it stands, what
// to write instead.
type Listing struct {
	w     *bufio.Writer
	p     report.Palette
	texts map[string]*text
}

// NewListing returns a Listing that quotes from sources, of those that are
// rules.
func NewListing(w io.Writer, p report.Palette, sources []engine.Source) *Listing {
	l := &Listing{bufio.NewWriter(w), p, make(map[string]*text, len(sources))}
	for _, src := range sources {
		if data := src.Text(); engine.RuleLike(data) {
			l.texts[src.Name] = &text{data: string(data)}
		}
	}
	return l
}

// Write lists diags, a blank line between them.
func (l *Listing) Write(diags engine.Diagnostics) error {
	for i := range diags {
		if i > 0 {
			fmt.Fprintln(l.w)
		}
		l.one(&diags[i])
	}
	return l.w.Flush() // the writer keeps the first error
}

func (l *Listing) one(d *engine.Diagnostic) {
	fmt.Fprintf(l.w, "%s: %s: %s\n", l.p.Bold(escape.Terminal(place(d))), l.kind(d), l.p.Bold(escape.Terminal(d.Message)))
	l.excerpt(d)
	for _, help := range d.Help {
		fmt.Fprintf(l.w, "   = %s %s\n", l.p.Cyan("help:"), escape.Terminal(help))
	}
	fmt.Fprintf(l.w, "   = %s ttpctl validate --explain %s\n", l.p.Cyan("note:"), d.Code)
}

// kind returns `error[TTP012]`.
func (l *Listing) kind(d *engine.Diagnostic) string {
	s := fmt.Sprintf("%s[%s]", d.Severity, d.Code)
	switch d.Severity {
	case engine.Error:
		return l.p.Red(s)
	case engine.Warning:
		return l.p.Yellow(s)
	}
	return l.p.Cyan(s)
}

// excerpt shows the line, the one before it, and carets. There is none for a
// diagnostic about the file as a whole.
func (l *Listing) excerpt(d *engine.Diagnostic) {
	t := l.texts[d.File]
	if t == nil || d.Span.Start.Line == 0 {
		return
	}
	t.index()
	line, carets, ok := t.marked(d.Span)
	if !ok {
		return
	}
	if before, ok := t.lead(d.Span.Start.Line - 1); ok {
		l.numbered(d.Span.Start.Line-1, before)
	}
	l.numbered(d.Span.Start.Line, line)
	if d.Label != "" {
		carets += " " + escape.Terminal(d.Label)
	}
	fmt.Fprintf(l.w, "%s %s\n", l.p.Dim("      |"), l.p.Red(carets))
}

func (l *Listing) numbered(n int, line string) {
	gutter := fmt.Sprintf("%5d |", n)
	if line == "" {
		fmt.Fprintf(l.w, "%s\n", l.p.Dim(gutter))
		return
	}
	fmt.Fprintf(l.w, "%s %s\n", l.p.Dim(gutter), line)
}

// place returns `file:line:col`, or the file alone.
func place(d *engine.Diagnostic) string {
	if d.Span.Start.Line == 0 {
		return d.File
	}
	return fmt.Sprintf("%s:%d:%d", d.File, d.Span.Start.Line, d.Span.Start.Col)
}
