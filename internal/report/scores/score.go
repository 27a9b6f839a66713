package scores

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"ttpctl/internal/corpus"
	"ttpctl/internal/report"
)

// A Score is a report on labelled rows and what it is held against.
type Score struct {
	Report      *corpus.Report
	Meta        report.Meta
	Worse       []corpus.Regression // than the baseline
	Against     bool                // there is a baseline
	NoDataFails bool                // so does a rule with a floor and without data
}

// Passed reports whether nothing fails: against a baseline, whether nothing
// got worse.
func (s *Score) Passed() bool {
	if s.Against {
		return len(s.Worse) == 0
	}
	return !slices.ContainsFunc(s.Report.Rules, s.fails) &&
		!slices.ContainsFunc(s.Report.CrossFire, func(x corpus.CrossFire) bool { return x.Fails })
}

// fails reports whether x fails by its own rows.
func (s *Score) fails(x corpus.RuleScore) bool {
	return x.Verdict == corpus.Fail || s.NoDataFails && x.Verdict == corpus.NoData && x.Floor != nil
}

// Result returns the score as table, markdown, csv, json and junit.
func (s *Score) Result() *report.Result {
	summary := map[string]any{"pack": s.Report.Pack, "regressions": s.Worse, "passed": s.Passed()}
	return &report.Result{
		Envelope: report.Envelope{Schema: corpus.ReportSchema, Meta: s.Meta, Data: s.Report, Summary: summary},
		CSV:      s.rules,
		Forms:    map[string]func(io.Writer) error{"junit": s.junit},
		Parts: []report.Part{
			{Title: "Rules", Table: s.rules()}, {Title: "Cohorts", Table: s.cohorts()}, {Title: "Techniques", Table: techniqueTable(s.Report.Techniques)},
			{Title: "False positives and negatives", Table: s.findings()}, {Title: "Cross-fire", Table: s.crossFire()},
			{Title: "Worse than the baseline", Table: s.regressions()},
		},
	}
}

func (s *Score) rules() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "RULE", Key: "rule_id"}, {Name: "NAME", Min: 12}, {Name: "ROWS", Numeric: true}, {Name: "FIRED", Numeric: true},
		{Name: "TP", Numeric: true}, {Name: "FP", Numeric: true}, {Name: "FN", Numeric: true}, {Name: "PRECISION", Numeric: true},
		{Name: "INTERVAL", Fold: 1}, {Name: "RECALL", Numeric: true}, {Name: "FLOOR", Numeric: true}, {Name: "GATE", Fold: 2}, {Name: "VERDICT"}, {Name: "REASON", Min: 20, Fold: 1},
	}}
	for _, x := range s.Report.Rules {
		interval := ""
		if x.Lower != nil {
			interval = fmt.Sprintf("%.3f-%.3f", *x.Lower, *x.Upper)
		}
		t.Add(x.RuleID, x.Name, x.Rows, x.Fired, x.TP, x.FP, x.FN, ratio(x.Precision), interval, ratio(x.Recall), ratio(x.Floor), string(x.Gate), string(x.Verdict), x.Reason)
	}
	return t
}

// ratio shows a share that may be unknown.
func ratio(f *float64) any {
	if f == nil {
		return nil
	}
	return strconv.FormatFloat(*f, 'f', 3, 64)
}

func (s *Score) cohorts() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "COHORT"}, {Name: "ROWS", Numeric: true}, {Name: "RULES", Numeric: true}, {Name: "TP", Numeric: true}, {Name: "FP", Numeric: true},
		{Name: "FN", Numeric: true}, {Name: "PRECISION", Numeric: true}, {Name: "RECALL", Numeric: true},
		{Name: "PASS", Numeric: true}, {Name: "FAIL", Numeric: true}, {Name: "NO-DATA", Key: "no_data", Numeric: true},
	}}
	add := func(name string, x corpus.Total) {
		t.Add(name, x.Rows, x.Rules, x.TP, x.FP, x.FN, ratio(x.Precision), ratio(x.Recall), x.Passed, x.Failed, x.NoData)
	}
	for _, x := range s.Report.Cohorts {
		add(x.Cohort, x)
	}
	add("all", s.Report.Pack)
	return t
}

func techniqueTable(scores []corpus.TechniqueScore) report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "TECHNIQUE", Key: "technique_id"}, {Name: "EXPECTED", Numeric: true}, {Name: "FOUND", Numeric: true}, {Name: "RECALL", Numeric: true},
		{Name: "TAGGED", Numeric: true}, {Name: "RIGHT", Numeric: true}, {Name: "PRECISION", Numeric: true},
	}}
	for _, x := range scores {
		t.Add(x.ID, x.Expected, x.Found, shareOf(x.Recall, x.Expected), x.Tagged, x.Right, shareOf(x.Precision, x.Tagged))
	}
	return t
}

// shareOf shows a share of n, none of nothing.
func shareOf(f float64, n int) any {
	if n == 0 {
		return nil
	}
	return ratio(&f)
}

func (s *Score) findings() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "RULE", Key: "rule_id"}, {Name: "WHAT"}, {Name: "WHERE", Min: 16}, {Name: "LABEL", Min: 12}, {Name: "MATCHED", Max: 60, Min: 10}, {Name: "TEXT", Note: true},
	}}
	for _, x := range s.Report.Findings {
		matched := x.Matched
		if matched == "" {
			matched = x.Evidence
		}
		t.Add(x.RuleID, strings.ReplaceAll(string(x.Sort), "_", " "), fmt.Sprintf("%s:%d", x.File, x.Line), x.Label, matched, x.Text)
	}
	return t
}

func (s *Score) crossFire() report.Table {
	t := report.Table{Columns: []report.Column{{Name: "FIRED"}, {Name: "ON ROWS OF", Key: "expected"}, {Name: "ROWS", Numeric: true}, {Name: "ALLOWED"}, {Name: "REASON", Min: 20}}}
	for _, x := range s.Report.CrossFire {
		allowed := "-"
		switch {
		case x.Allowed:
			allowed = "yes"
		case x.Fails:
			allowed = "no"
		}
		t.Add(x.Fired, x.Expected, x.Rows, allowed, x.Reason)
	}
	return t
}

func (s *Score) regressions() report.Table {
	t := report.Table{Columns: []report.Column{{Name: "RULE", Key: "rule_id"}, {Name: "WHAT", Min: 20}}}
	for _, x := range s.Worse {
		t.Add(x.RuleID, x.What)
	}
	return t
}

// Summary returns the line that ends a run.
func (s *Score) Summary() string {
	p := s.Report.Pack
	line := fmt.Sprintf("%s, %s: %d PASS, %d FAIL, %d NO-DATA", report.Plural(p.Rows, "row"), report.Plural(p.Rules, "rule"), p.Passed, p.Failed, p.NoData)
	if s.Against {
		line += fmt.Sprintf("; %d worse than the baseline", len(s.Worse))
	}
	n := 0
	for _, x := range s.Report.CrossFire {
		if x.Fails {
			n++
		}
	}
	if n > 0 {
		line += fmt.Sprintf("; %s not on the allow list", report.Plural(n, "cross-fire"))
	}
	return line
}

// junit writes a case for every rule: failed, skipped without data.
func (s *Score) junit(w io.Writer) error {
	suite := report.JUnit{Name: "ttpctl precision"}
	for _, x := range s.Report.Rules {
		c := report.JUnitCase{Name: x.RuleID + " " + x.Name, Class: "ttpctl.precision"}
		switch why := s.failure(x); {
		case why != "":
			c.Failure = &report.JUnitMessage{Message: why, Text: s.evidence(x.RuleID)}
		case x.Verdict == corpus.NoData:
			c.Skipped = &report.JUnitMessage{Message: x.Reason}
		}
		suite.Add(c)
	}
	return suite.Write(w)
}

// failure says why a rule fails the run, or "".
func (s *Score) failure(x corpus.RuleScore) string {
	if s.Against {
		for _, w := range s.Worse {
			if w.RuleID == x.RuleID {
				return w.What
			}
		}
		return ""
	}
	if s.fails(x) {
		return x.Reason
	}
	for _, c := range s.Report.CrossFire {
		if c.Fails && c.Fired == x.RuleID {
			return "fires on rows of " + c.Expected
		}
	}
	return ""
}

// evidence lists the rows on which a rule was wrong.
func (s *Score) evidence(id string) string {
	var b strings.Builder
	for _, f := range s.Report.Findings {
		if f.RuleID == id {
			fmt.Fprintf(&b, "%s:%d: %s: %s: %s\n", f.File, f.Line, strings.ReplaceAll(string(f.Sort), "_", " "), f.Label, f.Text)
		}
	}
	return b.String()
}
