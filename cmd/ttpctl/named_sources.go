package main

import (
	"context"
	"path/filepath"
	"slices"
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
		groups := slices.Collect(slices.Chunk(in.telemetry, 1)) // a source each
		addOf := func(group []string, r *corpus.Row) { add(sourceName(group[0]), r) }
		if clean, err = in.input.readTelemetry(ctx, groups, in.exclude, addOf, s); err != nil {
			return nil, err
		}
	}
	for _, path := range in.commands {
		files, err := s.corpora().Named([]string{path}, corpus.Cohorts())
		if err != nil {
			return nil, err
		}
		err = corpus.Each(ctx, []corpus.RowSource{corpus.Benign(files)}, func(r *corpus.Row) { add(sourceName(path), r) })
		if err != nil {
			return nil, corpusFailure(ctx, err)
		}
	}
	return clean, nil
}

// readTelemetry gives every row of groups of telemetry to add, without those of
// excluded addresses, which clean takes out of texts.
func (f *inputFlags) readTelemetry(ctx context.Context, groups [][]string, exclude []string, add func(group []string, row *corpus.Row), s *streams) (clean func(string) string, err error) {
	exclusions, err := parseExclusions(ctx, exclude, s)
	if err != nil {
		return nil, err
	}
	scrub := corpus.NewScrubber(exclusions)
	left := 0
	for _, paths := range groups {
		sources, err := f.sources(ctx, paths, exclusions, s)
		if err != nil {
			return nil, err
		}
		err = corpus.Each(ctx, sources, func(r *corpus.Row) {
			if scrub.Drops(&r.Event) {
				left++
			} else {
				add(paths, r)
			}
		})
		if err != nil {
			return nil, sourceFailure(ctx, err)
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
