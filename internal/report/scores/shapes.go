package scores

import (
	"fmt"

	"ttpctl/internal/corpus"
	"ttpctl/internal/report"
)

// Shapes is a report of the tags of commands against the labels of their
// shapes.
type Shapes struct {
	Report *corpus.ShapeReport
	Meta   report.Meta
}

// Result returns the report as table, markdown, csv and json.
func (s *Shapes) Result() *report.Result {
	return &report.Result{
		Envelope: report.Envelope{Schema: "ttpctl.labels/v1", Meta: s.Meta, Data: s.Report, Summary: s.Report.All},
		CSV:      s.sources,
		Parts: []report.Part{
			{Title: "Sources", Table: s.sources()}, {Title: "Techniques", Table: techniqueTable(s.Report.Techniques)},
			{Title: "Missed", Table: s.missed()}, {Title: "Wrong", Table: s.wrong()}, {Title: "Shapes without a label", Table: s.unlabelled()},
		},
	}
}

func (s *Shapes) sources() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "SOURCE"}, {Name: "SHAPES", Numeric: true}, {Name: "LABELLED", Numeric: true}, {Name: "TAGGABLE", Numeric: true}, {Name: "HIT", Numeric: true},
		{Name: "EXPECTED", Numeric: true}, {Name: "FOUND", Numeric: true}, {Name: "RECALL", Numeric: true}, {Name: "RELATED", Numeric: true},
		{Name: "ALONE", Numeric: true}, {Name: "FOUND ALONE", Numeric: true}, {Name: "RECALL ALONE", Numeric: true},
		{Name: "HIGH", Numeric: true}, {Name: "RIGHT HIGH", Numeric: true}, {Name: "PRECISION HIGH", Numeric: true},
		{Name: "MEDIUM", Numeric: true}, {Name: "RIGHT MEDIUM", Numeric: true}, {Name: "PRECISION MEDIUM", Numeric: true},
	}}
	add := func(name string, x corpus.ShapeTotal) {
		t.Add(name, x.Shapes, x.Labelled, x.Taggable, x.Hit, x.Expected, x.Found, ratio(x.Recall), x.Related,
			x.Alone.Expected, x.Alone.Found, ratio(x.Alone.Recall),
			x.High.Tags, x.High.Right, ratio(x.High.Precision), x.Medium.Tags, x.Medium.Right, ratio(x.Medium.Precision))
	}
	for _, x := range s.Report.Sources {
		add(x.Source, x)
	}
	add("all", s.Report.All)
	return t
}

func (s *Shapes) missed() report.Table {
	t := report.Table{Columns: []report.Column{{Name: "SHAPE"}, {Name: "TECHNIQUE", Key: "technique_id"}, {Name: "TAGGED", Min: 10}, {Name: "SOURCES", Min: 10}, {Name: "TEXT", Note: true}}}
	for _, m := range s.Report.Missed {
		t.Add(m.Key, m.Technique, m.Tagged, m.Sources, m.Text)
	}
	return t
}

func (s *Shapes) wrong() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "SHAPE"}, {Name: "RULE", Key: "rule_id"}, {Name: "TECHNIQUE", Key: "technique_id"}, {Name: "CONFIDENCE", Numeric: true}, {Name: "SOURCES", Min: 10}, {Name: "TEXT", Note: true},
	}}
	for _, m := range s.Report.Wrong {
		t.Add(m.Key, m.RuleID, m.Technique, fmt.Sprint(m.Confidence), m.Sources, m.Text)
	}
	return t
}

func (s *Shapes) unlabelled() report.Table {
	t := report.Table{Columns: []report.Column{{Name: "SHAPE"}, {Name: "LINES", Numeric: true}, {Name: "TAGGED", Min: 10}, {Name: "SOURCES", Min: 10}, {Name: "TEXT", Note: true}}}
	for _, m := range s.Report.Unlabelled {
		t.Add(m.Key, m.Lines, m.Tagged, m.Sources, m.Text)
	}
	return t
}

// Summary returns the line that ends a run.
func (s *Shapes) Summary() string {
	a, more := s.Report.All, ""
	if s.Report.More {
		more = "; more shapes without a label were passed over"
	}
	return fmt.Sprintf("%s, %d labelled: %d of %d techniques found; of the tags %d of %d right in the high band, %d of %d in the medium band",
		report.Plural(a.Shapes, "shape"), a.Labelled, a.Found, a.Expected, a.High.Right, a.High.Tags, a.Medium.Right, a.Medium.Tags) + more
}
