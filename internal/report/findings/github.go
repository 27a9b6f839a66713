package findings

import (
	"bufio"
	"fmt"
	"io"

	"ttpctl/internal/engine"
	"ttpctl/internal/escape"
	"ttpctl/internal/report"
)

// github writes the report as GitHub workflow commands, which the runner
// turns into annotations.
func (r *Report) github(out io.Writer, _ report.Palette) error {
	w := bufio.NewWriter(out)
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		fmt.Fprintf(w, "::%s %s,title=%s::%s\n", workflowLevel(d.Severity), workflowPlace(d),
			escape.WorkflowProperty(string(d.Code)), escape.WorkflowData(messageAndHelp(d)))
	}
	for _, t := range r.Problems {
		fmt.Fprintf(w, "::error title=ttpctl::%s\n", escape.WorkflowData(t.Message))
	}
	return w.Flush() // the writer keeps the first error
}

// workflowLevel returns the runner's word for a severity.
func workflowLevel(s engine.Severity) string {
	if s == engine.Note {
		return "notice"
	}
	return s.String()
}

// workflowPlace returns the properties that name a place. The runner takes
// columns only for a range within one line.
func workflowPlace(d *engine.Diagnostic) string {
	file := "file=" + escape.WorkflowProperty(d.File)
	start, end := d.Span.Start, endOf(d.Span)
	switch {
	case start.Line == 0:
		return file
	case start.Line != end.Line:
		return fmt.Sprintf("%s,line=%d,endLine=%d", file, start.Line, end.Line)
	}
	return fmt.Sprintf("%s,line=%d,col=%d,endColumn=%d", file, start.Line, start.Col, end.Col-1)
}
