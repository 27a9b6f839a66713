package scores

import (
	"fmt"

	"ttpctl/internal/corpus"
	"ttpctl/internal/report"
)

// An Atomic is a report of the recall of techniques on tests that name them.
type Atomic struct {
	Report *corpus.AtomicReport
	Meta   report.Meta
}

// Result returns the report as table, markdown, csv and json.
func (a *Atomic) Result() *report.Result {
	found, missed := a.tables()
	summary := map[string]any{
		"tests": a.Report.Tests, "exact": a.Report.Exact, "found": a.Report.Found, "exact_recall": a.Report.ExactRecall, "recall": a.Report.Recall,
		"shown": a.Report.Shown, "techniques_hit": a.Report.TechniquesHit,
	}
	return &report.Result{
		Envelope: report.Envelope{Schema: "ttpctl.atomic/v1", Meta: a.Meta, Data: a.Report, Summary: summary},
		CSV:      func() report.Table { return found },
		Parts: []report.Part{
			{Title: "Tests", Table: a.totals()}, {Title: "Techniques", Table: found}, {Title: "Tests without a tag of their very technique", Table: missed},
		},
	}
}

func (a *Atomic) totals() report.Table {
	t := report.Table{Columns: append([]report.Column{{Name: "OF"}}, atomicCounts()...)}
	t.Add("all tests", a.Report.Tests, a.Report.Exact, ratio(&a.Report.ExactRecall), a.Report.Found, ratio(&a.Report.Recall))
	if x := a.Report.Shown; x != nil {
		t.Add("those that a command line can show", x.Tests, x.Exact, ratio(&x.ExactRecall), x.Found, ratio(&x.Recall))
	}
	return t
}

// atomicCounts are the columns of a count of tests.
func atomicCounts() []report.Column {
	return []report.Column{
		{Name: "TESTS", Numeric: true}, {Name: "EXACT", Numeric: true}, {Name: "EXACT RECALL", Numeric: true}, {Name: "FOUND", Numeric: true}, {Name: "RECALL", Numeric: true},
	}
}

func (a *Atomic) tables() (found, missed report.Table) {
	found.Columns = append([]report.Column{{Name: "TECHNIQUE", Key: "technique_id"}, {Name: "NAME", Min: 20}}, atomicCounts()...)
	for _, t := range a.Report.Techniques {
		found.Add(t.ID, t.Name, t.Tests, t.Exact, ratio(&t.ExactRecall), t.Found, ratio(&t.Recall))
	}
	missed.Columns = []report.Column{{Name: "TECHNIQUE", Key: "technique_id"}, {Name: "WHERE"}, {Name: "TAGGED", Min: 10}, {Name: "TEST", Min: 20}, {Name: "BEYOND A COMMAND LINE", Key: "beyond", Min: 20}}
	for _, m := range a.Report.Missed {
		missed.Add(m.ID, fmt.Sprintf("%s:%d", m.File, m.Line), m.Tagged, m.Name, m.Beyond)
	}
	return found, missed
}

// Summary returns the line that ends a run.
func (a *Atomic) Summary() string {
	r := a.Report
	line := fmt.Sprintf("%s, %d tagged with their very technique (recall %.3f), %d with it or a related one (%.3f); %d of %s hit",
		report.Plural(r.Tests, "test"), r.Exact, r.ExactRecall, r.Found, r.Recall, r.TechniquesHit, report.Plural(len(r.Techniques), "technique"))
	if r.Shown != nil {
		line += fmt.Sprintf("; of %s that a command line can show %d (%.3f)", report.Plural(r.Shown.Tests, "test"), r.Shown.Exact, r.Shown.ExactRecall)
	}
	if r.Unlabelled > 0 {
		line += fmt.Sprintf("; %d without a label", r.Unlabelled)
	}
	return line
}
