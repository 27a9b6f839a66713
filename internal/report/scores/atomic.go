package scores

import (
	"fmt"
	"io"

	"ttpctl/internal/corpus"
	"ttpctl/internal/report"
)

// An Atomic is a report of the recall of techniques on tests that name them.
type Atomic struct {
	Report *corpus.AtomicReport
	Meta   report.Meta
}

// Write writes the report in a format: table, markdown, csv or json.
func (a *Atomic) Write(format string, w io.Writer, o report.TextOptions) error {
	found, missed := a.tables()
	switch format {
	case "json":
		e := report.Envelope{Schema: "ttpctl.atomic/v1", Meta: a.Meta, Data: a.Report}
		e.Summary = map[string]any{"tests": a.Report.Tests, "found": a.Report.Found, "recall": a.Report.Recall}
		return e.Write(w)
	case "csv":
		return found.WriteCSV(w)
	}
	return report.WriteParts(w, format == "markdown", []report.Part{
		{Title: "Techniques", Table: found}, {Title: "Tests without a tag of their technique", Table: missed},
	}, o)
}

func (a *Atomic) tables() (found, missed report.Table) {
	found.Columns = []report.Column{{Name: "TECHNIQUE", Key: "technique_id"}, {Name: "NAME", Min: 20}, {Name: "TESTS", Numeric: true}, {Name: "FOUND", Numeric: true}, {Name: "RECALL", Numeric: true}}
	for _, t := range a.Report.Techniques {
		found.Add(t.ID, t.Name, t.Tests, t.Found, ratio(&t.Recall))
	}
	missed.Columns = []report.Column{{Name: "TECHNIQUE", Key: "technique_id"}, {Name: "WHERE"}, {Name: "TAGGED", Min: 10}, {Name: "TEST", Min: 20}}
	for _, m := range a.Report.Missed {
		missed.Add(m.ID, fmt.Sprintf("%s:%d", m.File, m.Line), m.Tagged, m.Name)
	}
	return found, missed
}
