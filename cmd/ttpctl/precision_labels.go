package main

import (
	"context"

	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/report/scores"
)

// runLabels compares the tags of commands with the labels of their shapes: of
// telemetry (--prod) and of files of commands (--corpus), each a source of its
// own.
func runLabels(ctx context.Context, f precisionFlags, snap *engine.Snapshot, s *streams) error {
	labels, err := corpus.ReadShapeLabels(ctx, s.corpora().File(f.labels), s.attack())
	if err != nil {
		return corpusFailure(ctx, err)
	}
	scorer := corpus.NewShapeScorer(snap, labels, s.now())
	clean, err := readNamed(ctx, namedSources{f.prod, f.corpora, f.exclude, f.input}, scorer.Add, s)
	if err != nil {
		return err
	}
	r := &scores.Shapes{Report: scorer.Report(clean), Meta: rulesMeta(snap)}
	err = s.renderResult(f.list, r.Result())
	s.notef("%s", r.Summary())
	if recall := r.Report.All.Recall; recall != nil && *recall < f.minRecall {
		err = joinErrors(err, errNo)
	}
	return err
}
