package main

import (
	"context"

	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/report"
	"ttpctl/internal/report/scores"
)

// censusFormats are the formats of counts of rows without labels.
var censusFormats = []string{"table", "json", "markdown", "csv"}

// runBenign counts hits on what harmless users do.
func runBenign(ctx context.Context, f precisionFlags, snap *engine.Snapshot, s *streams) error {
	corpora, err := s.corpora().Named(f.benign, corpus.Cohorts())
	if err != nil {
		return err
	}
	c := corpus.NewCensus(snap, s.now())
	if err := corpus.Each(ctx, []corpus.RowSource{corpus.Benign(corpora)}, c.Add); err != nil {
		return corpusFailure(ctx, err)
	}
	return f.renderCensus("ttpctl.benign/v1", "Candidate false positives", c.Report(nil), snap, s)
}

// runProduction counts hits on real telemetry. It never says how many of them
// are right.
func runProduction(ctx context.Context, f precisionFlags, snap *engine.Snapshot, s *streams) error {
	c := corpus.NewCensus(snap, s.now())
	clean, err := f.input.readTelemetry(ctx, [][]string{f.prod}, f.exclude, func(_ []string, r *corpus.Row) { c.Add(r) }, s)
	if err != nil {
		return err
	}
	return f.renderCensus("ttpctl.production/v1", "Hits", c.Report(clean), snap, s)
}

// renderCensus writes counts of rows without labels.
func (f *precisionFlags) renderCensus(schema, title string, c *corpus.CensusReport, snap *engine.Snapshot, s *streams) error {
	if len(f.rules) > 0 {
		c.Only(f.rules)
	}
	r := &scores.Census{Schema: schema, Title: title, Report: c, Meta: rulesMeta(snap)}
	err := s.renderResult(f.list, r.Result())
	s.notef("%s without labels, %s hit; this says nothing of right and wrong", report.Plural(c.Rows, "row"), report.Grouped(c.Hit))
	return err
}

// runAtomic measures the recall of techniques on Atomic-style tests.
func runAtomic(ctx context.Context, f precisionFlags, snap *engine.Snapshot, s *streams) error {
	if len(f.corpora) == 0 {
		return cannotRun("--corpus FILE names them", "--format atomic: no file of tests")
	}
	corpora, err := s.corpora().Named(f.corpora, corpus.Cohorts())
	if err != nil {
		return err
	}
	opt := corpus.AtomicOptions{ScrubIDs: f.scrubIDs}
	if f.labels != "" {
		if opt.Labels, err = corpus.ReadAtomicLabels(ctx, s.corpora().File(f.labels)); err != nil {
			return corpusFailure(ctx, err)
		}
	}
	a, err := corpus.ScoreAtomic(ctx, snap, corpora, opt, s.now())
	if err != nil {
		return corpusFailure(ctx, err)
	}
	r := &scores.Atomic{Report: a, Meta: rulesMeta(snap)}
	err = s.renderResult(f.list, r.Result())
	s.notef("%s", r.Summary())
	return err
}
