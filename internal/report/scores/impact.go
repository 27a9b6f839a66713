package scores

import (
	"fmt"
	"io"

	"ttpctl/internal/corpus"
	"ttpctl/internal/report"
)

// An Impact is a report of what a change of rules does to tags.
type Impact struct {
	Report  *corpus.ImpactReport
	OldHash string      // of the ruleset before
	Meta    report.Meta // of the run under the new rules
}

// Result returns the report as table, markdown and json.
func (m *Impact) Result() *report.Result {
	r := m.Report
	summary := map[string]any{"old_ruleset_hash": m.OldHash, "rows": r.Rows, "added": r.Added, "removed": r.Removed, "moved": r.Moved}
	out := &report.Result{Envelope: report.Envelope{Schema: "ttpctl.impact/v1", Meta: m.Meta, Data: r, Summary: summary}}
	if len(r.Rules) == 0 {
		out.Text = func(w io.Writer, _ report.TextOptions) error {
			_, err := fmt.Fprintf(w, "No tag changes, over %s.\n", report.Plural(r.Rows, "event"))
			return err
		}
		return out
	}
	rules := report.Table{Columns: []report.Column{{Name: "RULE", Key: "rule_id"}, {Name: "ADDED", Numeric: true}, {Name: "REMOVED", Numeric: true}, {Name: "MOVED", Numeric: true}, {Name: "UNCHANGED", Numeric: true}}}
	shapes := report.Table{Columns: []report.Column{{Name: "RULE", Key: "rule_id"}, {Name: "CHANGE"}, {Name: "TECHNIQUE", Key: "technique_id"}, {Name: "CONFIDENCE"}, {Name: "TAGS", Numeric: true}, {Name: "SHAPE", Min: 20}, {Name: "EXAMPLE", Note: true}}}
	for _, x := range r.Rules {
		rules.Add(x.RuleID, x.Added, x.Removed, x.Moved, x.Unchanged)
		for _, c := range x.Shapes {
			shapes.Add(x.RuleID, string(c.Change), c.Technique, confidenceMove(c), c.Tags, c.Shape, first(c.Examples))
		}
	}
	out.Parts = []report.Part{{Title: "Rules", Table: rules}, {Title: "By shape", Table: shapes}}
	return out
}

func confidenceMove(c corpus.ShapeChange) string {
	switch {
	case c.From == nil:
		return fmt.Sprint(*c.To)
	case c.To == nil:
		return fmt.Sprint(*c.From)
	}
	return fmt.Sprintf("%v to %v", *c.From, *c.To)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
