package main

import (
	"context"
	"fmt"

	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/report"
)

// censusFormats are the formats of counts of rows without labels.
var censusFormats = []string{"table", "json", "markdown", "csv"}

// runBenign counts hits on what harmless users do.
func runBenign(ctx context.Context, f precisionFlags, snap *engine.Snapshot, s *streams) error {
	corpora, err := namedCorpora(f.benign, corpus.Cohorts(), s)
	if err != nil {
		return err
	}
	c := corpus.NewCensus(snap, s.now())
	err = corpus.Benign(corpora).Rows(ctx, func(r *corpus.Row) error {
		c.Add(r)
		return nil
	})
	if err != nil {
		return corpusFailure(ctx, err)
	}
	return f.renderCensus("ttpctl.benign/v1", "Candidate false positives", c.Report(nil), snap, s)
}

// runProduction counts hits on real telemetry. It never says how many of them
// are right.
func runProduction(ctx context.Context, f precisionFlags, snap *engine.Snapshot, s *streams) error {
	exclusions, err := parseExclusions(f.exclude, s)
	if err != nil {
		return err
	}
	sources, err := f.input.sources(f.prod, exclusions, s)
	if err != nil {
		return err
	}
	scrub := corpus.NewScrubber(exclusions)
	c := corpus.NewCensus(snap, s.now())
	left := 0
	for _, src := range sources {
		err := src.Rows(ctx, func(r *corpus.Row) error {
			if scrub.Drops(&r.Event) {
				left++
				return nil
			}
			c.Add(r)
			return nil
		})
		if err != nil {
			return sourceFailure(ctx, err)
		}
		for ip, n := range dropped(src) {
			scrub.DropsIP(ip)
			left += n
		}
	}
	result := c.Report(scrub.Text)
	s.notef("%s from excluded addresses dropped", report.Plural(left, "row"))
	warnUnmatched(scrub, s)
	return f.renderCensus("ttpctl.production/v1", "Hits", result, snap, s)
}

// renderCensus writes counts of rows without labels.
func (f *precisionFlags) renderCensus(schema, title string, c *corpus.CensusReport, snap *engine.Snapshot, s *streams) error {
	list, err := f.output.choose("table", censusFormats...)
	if err != nil {
		return err
	}
	if len(f.rules) > 0 {
		c.Only(f.rules)
	}
	err = s.render(list, func(k *sink) error {
		rules, shapes := censusRules(c), censusShapes(c)
		switch k.format {
		case "json":
			e := newEnvelope(schema, nil)
			e.RulesetHash, e.Data = snap.Ruleset().Hash(), c
			e.Summary = map[string]int{"rows": c.Rows, "rows_hit": c.Hit, "sessions": c.Sessions}
			return e.Write(k)
		case "csv":
			return rules.WriteCSV(k)
		}
		if err := k.part(title, &rules, s); err != nil || shapes.Len() == 0 {
			return err
		}
		return k.part("By shape", &shapes, s)
	})
	s.notef("%s without labels, %s hit; this says nothing of right and wrong", report.Plural(c.Rows, "row"), report.Grouped(c.Hit))
	return err
}

func censusRules(c *corpus.CensusReport) report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "RULE", Key: "rule_id"}, {Name: "NAME", Min: 12}, {Name: "ROWS", Numeric: true}, {Name: "HITS", Numeric: true}, {Name: "RATE", Numeric: true},
		{Name: "SHAPES"}, {Name: "SESSIONS", Numeric: true}, {Name: "SHARE", Numeric: true}, {Name: "REMARK"},
	}}
	for _, r := range c.Rules {
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

func censusShapes(c *corpus.CensusReport) report.Table {
	t := report.Table{Columns: []report.Column{{Name: "RULE", Key: "rule_id"}, {Name: "HITS", Numeric: true}, {Name: "SHAPE", Min: 20}, {Name: "EXAMPLE", Note: true}}}
	for _, r := range c.Rules {
		for _, x := range r.Top {
			example := ""
			if len(x.Examples) > 0 {
				example = x.Examples[0]
			}
			t.Add(r.RuleID, x.Hits, x.Shape, example)
		}
	}
	return t
}

// runAtomic measures the recall of techniques on Atomic-style tests.
func runAtomic(ctx context.Context, f precisionFlags, snap *engine.Snapshot, s *streams) error {
	if len(f.corpora) == 0 {
		return cannotRun("--corpus FILE names them", "--format atomic: no file of tests")
	}
	list, err := f.output.choose("table", censusFormats...)
	if err != nil {
		return err
	}
	corpora, err := namedCorpora(f.corpora, corpus.Cohorts(), s)
	if err != nil {
		return err
	}
	a, err := corpus.ScoreAtomic(ctx, snap, corpora, s.now())
	if err != nil {
		return corpusFailure(ctx, err)
	}
	err = s.render(list, func(k *sink) error {
		scores, missed := atomicTables(a)
		switch k.format {
		case "json":
			e := newEnvelope("ttpctl.atomic/v1", nil)
			e.RulesetHash, e.Data = snap.Ruleset().Hash(), a
			e.Summary = map[string]any{"tests": a.Tests, "found": a.Found, "recall": a.Recall}
			return e.Write(k)
		case "csv":
			return scores.WriteCSV(k)
		}
		if err := k.part("Techniques", &scores, s); err != nil || missed.Len() == 0 {
			return err
		}
		return k.part("Tests without a tag of their technique", &missed, s)
	})
	s.notef("%s, %d tagged with their technique (recall %.3f)", report.Plural(a.Tests, "test"), a.Found, a.Recall)
	return err
}

func atomicTables(a *corpus.AtomicReport) (scores, missed report.Table) {
	scores.Columns = []report.Column{{Name: "TECHNIQUE", Key: "technique_id"}, {Name: "NAME", Min: 20}, {Name: "TESTS", Numeric: true}, {Name: "FOUND", Numeric: true}, {Name: "RECALL", Numeric: true}}
	for _, t := range a.Techniques {
		scores.Add(t.ID, t.Name, t.Tests, t.Found, ratio(&t.Recall))
	}
	missed.Columns = []report.Column{{Name: "TECHNIQUE", Key: "technique_id"}, {Name: "WHERE"}, {Name: "TAGGED", Min: 10}, {Name: "TEST", Min: 20}}
	for _, m := range a.Missed {
		missed.Add(m.ID, fmt.Sprintf("%s:%d", m.File, m.Line), m.Tagged, m.Name)
	}
	return scores, missed
}
