package main

import (
	"context"
	"path/filepath"
	"strings"

	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/report"
	"ttpctl/internal/report/scores"
)

// runLabels compares the tags of commands with the labels of their shapes: of
// telemetry (--prod) and of files of commands (--corpus), each a source of its
// own.
func runLabels(ctx context.Context, f precisionFlags, snap *engine.Snapshot, s *streams) error {
	labels, err := corpus.ReadShapeLabels(ctx, fileCorpus(f.labels, s), s.attack())
	if err != nil {
		return corpusFailure(ctx, err)
	}
	scorer := corpus.NewShapeScorer(snap, labels, s.now())
	clean, err := f.addTelemetry(ctx, scorer, s)
	if err != nil {
		return err
	}
	if err := f.addCommands(ctx, scorer, s); err != nil {
		return err
	}
	r := &scores.Shapes{Report: scorer.Report(clean), Meta: rulesMeta(snap)}
	err = s.render(f.list, func(k *sink) error { return r.Write(k.format, k, k.textOptions(s)) })
	s.notef("%s", r.Summary())
	if recall := r.Report.All.Recall; recall != nil && *recall < f.minRecall {
		err = joinErrors(err, errNo)
	}
	return err
}

// addTelemetry gives the commands of --prod to the scorer. clean takes excluded
// addresses out of texts, and is nil where no telemetry is read.
func (f *precisionFlags) addTelemetry(ctx context.Context, scorer *corpus.ShapeScorer, s *streams) (clean func(string) string, err error) {
	if len(f.prod) == 0 {
		return nil, nil
	}
	exclusions, err := parseExclusions(ctx, f.exclude, s)
	if err != nil {
		return nil, err
	}
	scrub := corpus.NewScrubber(exclusions)
	left := 0
	for _, path := range f.prod {
		sources, err := f.input.sources(ctx, []string{path}, exclusions, s)
		if err != nil {
			return nil, err
		}
		for _, src := range sources {
			err := src.Rows(ctx, func(r *corpus.Row) error {
				if scrub.Drops(&r.Event) {
					left++
					return nil
				}
				scorer.Add(sourceName(path), r)
				return nil
			})
			if err != nil {
				return nil, sourceFailure(ctx, err)
			}
		}
	}
	s.notef("%s from excluded addresses dropped", report.Plural(left, "row"))
	warnUnmatched(scrub, s)
	return scrub.Text, nil
}

// addCommands gives the commands of --corpus to the scorer.
func (f *precisionFlags) addCommands(ctx context.Context, scorer *corpus.ShapeScorer, s *streams) error {
	for _, path := range f.corpora {
		files, err := namedCorpora([]string{path}, corpus.Cohorts(), s)
		if err != nil {
			return err
		}
		err = corpus.Benign(files).Rows(ctx, func(r *corpus.Row) error {
			scorer.Add(sourceName(path), r)
			return nil
		})
		if err != nil {
			return corpusFailure(ctx, err)
		}
	}
	return nil
}

// sourceName returns what the source that a path names is called in results.
func sourceName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	return name
}
