package main

import (
	"context"

	"ttpctl/internal/corpus"
	seed "ttpctl/testdata/corpus"
)

// corpora returns what finds corpora, the seeds in the binary among them.
func (s *streams) corpora() *corpus.Finder { return &corpus.Finder{Stdin: s.in, Seeds: seed.Files()} }

// findCorpora returns the corpora that the flags name, by default the usual
// ones; those in beside judge no rule.
func (f *precisionFlags) findCorpora(ctx context.Context, s *streams) (all, beside []corpus.Corpus, err error) {
	wanted, err := corpus.CohortNames(f.cohorts)
	if err != nil {
		return nil, nil, cannotRun("", "--cohort: %w", err)
	}
	if len(f.corpora) > 0 {
		all, err = s.corpora().Named(f.corpora, wanted)
		return all, nil, err
	}
	found, err := s.corpora().Usual(ctx, wanted)
	for _, own := range found.Own {
		s.logOwn(own)
	}
	return found.Judging, found.Beside, err
}

// logOwn says what becomes of a corpus of the operator's.
func (s *streams) logOwn(own corpus.Own) {
	switch {
	case own.Labelled >= corpus.EnoughRows:
		s.log.Info("this corpus stands in for the seed of its cohort", "file", own.Path, "cohort", own.Cohort)
	case own.Labelled > 0:
		s.log.Warn("this corpus is reported beside the seed, which judges the rules: it has too few labelled rows; --corpus FILE judges by it", "file", own.Path, "rows", own.Labelled, "wanted", corpus.EnoughRows)
	default:
		s.log.Warn("this corpus has no labels, the seed stays in force; ttpctl corpus label gives it some", "file", own.Path)
	}
}
