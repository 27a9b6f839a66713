package main

import (
	"context"
	"path/filepath"
	"strings"

	"ttpctl/internal/corpus"
	"ttpctl/internal/report"
)

// namedSources are inputs of which each is told apart in results.
type namedSources struct {
	telemetry []string // logs and databases
	commands  []string // files and directories of commands, a line each
	exclude   []string // --exclude-ip; telemetry is not read without
	input     inputFlags
}

// readNamed gives every row to add, with the name of its source. clean takes
// excluded addresses out of texts, and is nil where no telemetry is read.
func readNamed(ctx context.Context, in namedSources, add func(source string, row *corpus.Row), s *streams) (clean func(string) string, err error) {
	if len(in.telemetry) > 0 {
		if clean, err = in.readTelemetry(ctx, add, s); err != nil {
			return nil, err
		}
	}
	for _, path := range in.commands {
		files, err := namedCorpora([]string{path}, corpus.Cohorts(), s)
		if err != nil {
			return nil, err
		}
		err = corpus.Benign(files).Rows(ctx, func(r *corpus.Row) error {
			add(sourceName(path), r)
			return nil
		})
		if err != nil {
			return nil, corpusFailure(ctx, err)
		}
	}
	return clean, nil
}

func (in *namedSources) readTelemetry(ctx context.Context, add func(string, *corpus.Row), s *streams) (clean func(string) string, err error) {
	exclusions, err := parseExclusions(ctx, in.exclude, s)
	if err != nil {
		return nil, err
	}
	scrub := corpus.NewScrubber(exclusions)
	left := 0
	for _, path := range in.telemetry {
		sources, err := in.input.sources(ctx, []string{path}, exclusions, s)
		if err != nil {
			return nil, err
		}
		for _, src := range sources {
			err := src.Rows(ctx, func(r *corpus.Row) error {
				if scrub.Drops(&r.Event) {
					left++
					return nil
				}
				add(sourceName(path), r)
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

// sourceName returns what the source that a path names is called in results.
func sourceName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	return name
}
