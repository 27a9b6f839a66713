package scores

import (
	"fmt"

	"ttpctl/internal/corpus"
	"ttpctl/internal/report"
)

// A Census is a report of hits on rows without labels.
type Census struct {
	Schema string
	Title  string // of the table of rules
	Report *corpus.CensusReport
	Meta   report.Meta
}

// Result returns the census as table, markdown, csv and json.
func (c *Census) Result() *report.Result {
	summary := map[string]int{"rows": c.Report.Rows, "rows_hit": c.Report.Hit, "sessions": c.Report.Sessions}
	return &report.Result{
		Envelope: report.Envelope{Schema: c.Schema, Meta: c.Meta, Data: c.Report, Summary: summary},
		CSV:      c.rules,
		Parts:    []report.Part{{Title: c.Title, Table: c.rules()}, {Title: "By shape", Table: c.shapes()}},
	}
}

func (c *Census) rules() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "RULE", Key: "rule_id"}, {Name: "NAME", Min: 12}, {Name: "ROWS", Numeric: true}, {Name: "HITS", Numeric: true}, {Name: "RATE", Numeric: true},
		{Name: "SHAPES"}, {Name: "SESSIONS", Numeric: true}, {Name: "SHARE", Numeric: true}, {Name: "REMARK"},
	}}
	for _, r := range c.Report.Rules {
		if r.Hits == 0 && r.Remark == "" {
			continue
		}
		shapes := fmt.Sprint(r.Shapes)
		if r.More {
			shapes += "+"
		}
		t.Add(r.RuleID, r.Name, r.Rows, r.Hits, fmt.Sprintf("%.4f", r.HitRate), shapes, r.Sessions, fmt.Sprintf("%.3f", r.SessionShare), r.Remark)
	}
	return t
}

func (c *Census) shapes() report.Table {
	t := report.Table{Columns: []report.Column{{Name: "RULE", Key: "rule_id"}, {Name: "HITS", Numeric: true}, {Name: "SHAPE", Min: 20}, {Name: "EXAMPLE", Note: true}}}
	for _, r := range c.Report.Rules {
		for _, x := range r.Top {
			t.Add(r.RuleID, x.Hits, x.Shape, first(x.Examples))
		}
	}
	return t
}
