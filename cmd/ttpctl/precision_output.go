package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"ttpctl/internal/corpus"
	"ttpctl/internal/report"
)

// render writes the scores in the sink's format.
func (r *scored) render(k *sink, s *streams) error {
	switch k.format {
	case "json":
		e := newEnvelope(corpus.ReportSchema, nil)
		e.RulesetHash, e.Data = r.hash, r.report
		e.Summary = map[string]any{"pack": r.report.Pack, "regressions": r.worse, "passed": r.verdict() == nil}
		return e.Write(k)
	case "junit":
		return r.junit(k)
	case "csv":
		t := r.rules()
		return t.WriteCSV(k)
	}
	return r.parts(k, s)
}

// parts writes every part that has rows, as text or Markdown.
func (r *scored) parts(k *sink, s *streams) error {
	for _, p := range []struct {
		title string
		table report.Table
	}{
		{"Rules", r.rules()}, {"Cohorts", r.cohorts()}, {"Techniques", r.techniques()},
		{"False positives and negatives", r.findings()}, {"Cross-fire", r.crossFire()}, {"Worse than the baseline", r.regressions()},
	} {
		if p.table.Len() == 0 {
			continue
		}
		if err := k.part(p.title, &p.table, s); err != nil {
			return err
		}
	}
	return nil
}

// part writes a titled table as text or Markdown.
func (k *sink) part(title string, t *report.Table, s *streams) error {
	if k.format == "markdown" {
		k.printf("### %s\n\n", title)
		err := t.WriteMarkdown(k)
		k.printf("\n")
		return err
	}
	k.printf("%s\n", k.palette.Bold(title))
	err := t.WriteText(k, k.textOptions(s))
	k.printf("\n")
	return err
}

func (r *scored) rules() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "RULE", Key: "rule_id"}, {Name: "NAME", Min: 12}, {Name: "ROWS", Numeric: true}, {Name: "FIRED", Numeric: true},
		{Name: "TP", Numeric: true}, {Name: "FP", Numeric: true}, {Name: "FN", Numeric: true}, {Name: "PRECISION", Numeric: true},
		{Name: "INTERVAL", Fold: 1}, {Name: "RECALL", Numeric: true}, {Name: "FLOOR", Numeric: true}, {Name: "GATE", Fold: 2}, {Name: "VERDICT"}, {Name: "REASON", Min: 20, Fold: 1},
	}}
	for _, x := range r.report.Rules {
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

func (r *scored) cohorts() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "COHORT"}, {Name: "ROWS", Numeric: true}, {Name: "RULES", Numeric: true}, {Name: "TP", Numeric: true}, {Name: "FP", Numeric: true},
		{Name: "FN", Numeric: true}, {Name: "PRECISION", Numeric: true}, {Name: "RECALL", Numeric: true},
		{Name: "PASS", Numeric: true}, {Name: "FAIL", Numeric: true}, {Name: "NO-DATA", Key: "no_data", Numeric: true},
	}}
	add := func(name string, x corpus.Total) {
		t.Add(name, x.Rows, x.Rules, x.TP, x.FP, x.FN, ratio(x.Precision), ratio(x.Recall), x.Passed, x.Failed, x.NoData)
	}
	for _, x := range r.report.Cohorts {
		add(x.Cohort, x)
	}
	add("all", r.report.Pack)
	return t
}

func (r *scored) techniques() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "TECHNIQUE", Key: "technique_id"}, {Name: "EXPECTED", Numeric: true}, {Name: "FOUND", Numeric: true}, {Name: "RECALL", Numeric: true},
		{Name: "TAGGED", Numeric: true}, {Name: "RIGHT", Numeric: true}, {Name: "PRECISION", Numeric: true},
	}}
	for _, x := range r.report.Techniques {
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

func (r *scored) findings() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "RULE", Key: "rule_id"}, {Name: "WHAT"}, {Name: "WHERE", Min: 16}, {Name: "LABEL", Min: 12}, {Name: "MATCHED", Max: 60, Min: 10}, {Name: "TEXT", Note: true},
	}}
	for _, x := range r.report.Findings {
		matched := x.Matched
		if matched == "" {
			matched = x.Evidence
		}
		t.Add(x.RuleID, strings.ReplaceAll(string(x.Sort), "_", " "), fmt.Sprintf("%s:%d", x.File, x.Line), x.Label, matched, x.Text)
	}
	return t
}

func (r *scored) crossFire() report.Table {
	t := report.Table{Columns: []report.Column{{Name: "FIRED"}, {Name: "ON ROWS OF", Key: "expected"}, {Name: "ROWS", Numeric: true}, {Name: "ALLOWED"}, {Name: "REASON", Min: 20}}}
	for _, x := range r.report.CrossFire {
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

func (r *scored) regressions() report.Table {
	t := report.Table{Columns: []report.Column{{Name: "RULE", Key: "rule_id"}, {Name: "WHAT", Min: 20}}}
	for _, x := range r.worse {
		t.Add(x.RuleID, x.What)
	}
	return t
}

// summary returns the line that ends a run.
func (r *scored) summary() string {
	p := r.report.Pack
	line := fmt.Sprintf("%s, %s: %d PASS, %d FAIL, %d NO-DATA", report.Plural(p.Rows, "row"), report.Plural(p.Rules, "rule"), p.Passed, p.Failed, p.NoData)
	if r.against {
		line += fmt.Sprintf("; %d worse than the baseline", len(r.worse))
	}
	n := 0
	for _, x := range r.report.CrossFire {
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
func (r *scored) junit(w io.Writer) error {
	suite := report.JUnit{Name: "ttpctl precision"}
	for _, x := range r.report.Rules {
		c := report.JUnitCase{Name: x.RuleID + " " + x.Name, Class: "ttpctl.precision"}
		switch why := r.failure(x); {
		case why != "":
			c.Failure = &report.JUnitMessage{Message: why, Text: r.evidence(x.RuleID)}
		case x.Verdict == corpus.NoData:
			c.Skipped = &report.JUnitMessage{Message: x.Reason}
		}
		suite.Add(c)
	}
	return suite.Write(w)
}

// failure says why a rule fails the run, or "".
func (r *scored) failure(x corpus.RuleScore) string {
	if r.against {
		for _, w := range r.worse {
			if w.RuleID == x.RuleID {
				return w.What
			}
		}
		return ""
	}
	if x.Verdict == corpus.Fail || r.noData && x.Verdict == corpus.NoData && x.Floor != nil {
		return x.Reason
	}
	for _, c := range r.report.CrossFire {
		if c.Fails && c.Fired == x.RuleID {
			return "fires on rows of " + c.Expected
		}
	}
	return ""
}

// evidence lists the rows on which a rule was wrong.
func (r *scored) evidence(id string) string {
	var b strings.Builder
	for _, f := range r.report.Findings {
		if f.RuleID == id {
			fmt.Fprintf(&b, "%s:%d: %s: %s: %s\n", f.File, f.Line, strings.ReplaceAll(string(f.Sort), "_", " "), f.Label, f.Text)
		}
	}
	return b.String()
}
