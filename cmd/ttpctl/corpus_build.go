package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"ttpctl/internal/corpus"
	"ttpctl/internal/hint"
	"ttpctl/internal/outfile"
	"ttpctl/internal/report"
	"ttpctl/internal/report/scores"
)

// buildFlags are the flags of `ttpctl corpus build`.
type buildFlags struct {
	output  outputs
	exclude []string
	max     int
	input   inputFlags
}

// newCorpusBuildCmd returns `ttpctl corpus build`.
func newCorpusBuildCmd(a *app) *cobra.Command {
	var f buildFlags
	cmd := &cobra.Command{
		Use:   "build SOURCE...",
		Short: "Make a corpus of real telemetry, without your own addresses",
		Long: `Make a corpus of rows to be labelled. A SOURCE is a log (as tag reads it, - is
stdin), a SQLite database of DECNET (its table logs), or our own database (the
evidence of its tags).

Rows from excluded addresses are dropped, and the addresses are scrubbed out of
every payload in all forms they are written in. An empty list of exclusions is
refused: an operator's own address must never end up in a corpus. Of several rows
of one shape the first is kept, with a count.

Each cohort goes to corpus/<cohort>.jsonl, all of them to FILE with -o
jsonl=FILE; files have mode 0600 and a manifest beside them, which holds a hash
of the exclusions and never the exclusions.`,
		Example: `  ttpctl corpus build --exclude-ip 192.0.2.7,2001:db8::/48 cowrie.json
  ttpctl corpus build --exclude-ip @own-addresses.txt -o jsonl=rows.jsonl decnet.db`,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, "jsonl")
	excludeFlag(fs, &f.exclude)
	fs.IntVar(&f.max, "max-rows", corpus.DefaultMaxRows, "rows kept at most; further rows are only counted")
	f.input.register(cmd)
	f.input.registerSort(cmd)
	cmd.RunE = a.run(func(ctx context.Context, args []string) error { return runCorpusBuild(ctx, f, args, a.streams) })
	return cmd
}

func runCorpusBuild(ctx context.Context, f buildFlags, paths []string, s *streams) error {
	exclusions, err := parseExclusions(ctx, f.exclude, s)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return cannotRun("ttpctl corpus build --exclude-ip ADDRESS cowrie.json, or - for stdin", "no source: none named")
	}
	if f.max < 1 {
		return cannotRun("", "--max-rows: %d is below 1", f.max)
	}
	if err := s.guardInputs(f.places(), paths, append(f.input.files(), corpus.ExcludeFiles(f.exclude)...)...); err != nil {
		return err
	}
	sources, err := f.input.sources(ctx, paths, exclusions, s)
	if err != nil {
		return err
	}
	b := corpus.NewBuilder(exclusions, f.max)
	if err := corpus.Each(ctx, sources, b.Add); err != nil {
		return sourceFailure(ctx, err)
	}
	err = f.write(b, paths, s)
	s.notef("%s", scores.BuildLine(b.Count))
	s.notef("%s", scores.ScrubLine(b.Scrub))
	if c := b.Count; c.LeftOut > 0 {
		s.log.Warn("more shapes than rows may be kept; --max-rows raises the bound", "left_out", c.LeftOut)
	}
	warnUnmatched(b.Scrub, s)
	return err
}

// places returns the files that may be written: corpora and their manifests.
func (f *buildFlags) places() []output {
	list := slices.Clone(f.output.list)
	if len(list) == 0 {
		for _, name := range corpus.Cohorts() {
			list = append(list, output{"jsonl", corpus.Path(name)})
		}
	}
	for _, o := range slices.Clone(list) {
		if o.path != "" {
			list = append(list, output{o.format, o.path + ".manifest"})
		}
	}
	return list
}

// write writes every corpus that there are rows for, or all rows to one place.
func (f *buildFlags) write(b *corpus.Builder, paths []string, s *streams) error {
	if len(f.output.list) == 0 {
		dir := filepath.Dir(corpus.Path(""))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return broke("%s: %w", dir, hint.PathReason(err))
		}
		for _, name := range b.Cohorts() {
			if err := writeCorpus(b, name, corpus.Path(name), paths, s); err != nil {
				return err
			}
		}
		return nil
	}
	for _, out := range f.output.list {
		if out.path != "" {
			if err := writeCorpus(b, "", out.path, paths, s); err != nil {
				return err
			}
			continue
		}
		if _, _, err := b.Write(s.out, ""); err != nil {
			return broke("output stdout: %w", err)
		}
	}
	return nil
}

// writeCorpus writes one corpus and its manifest.
func writeCorpus(b *corpus.Builder, cohort, path string, sources []string, s *streams) error {
	var rows int
	var sum string
	err := writePrivate(path, func(f *os.File) (err error) {
		rows, sum, err = b.Write(f, cohort)
		return err
	})
	if err != nil {
		return err
	}
	m, err := b.Manifest(readBuild().Version, filepath.Base(path), sum, rows, sources)
	if err != nil {
		return broke("%w", err)
	}
	doc, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return broke("manifest: %w", err)
	}
	s.notef("%s: %s", path, report.Plural(rows, "row"))
	return writePrivate(path+".manifest", func(f *os.File) error {
		_, err := f.Write(append(doc, '\n'))
		return err
	})
}

// writePrivate writes a file that only its owner may read, beside its place
// and renamed into it. A failure that write returns is not one of writing, and
// stays as it is.
func writePrivate(path string, write func(f *os.File) error) error {
	out, err := outfile.Create(path)
	if err != nil {
		return cannotRun("", "output %s: %w", path, hint.PathReason(err))
	}
	if err = out.Chmod(0o600); err == nil {
		err = write(out.File)
	}
	if err != nil {
		out.Discard()
		var stopped *signalError
		if failureOf(err) != nil || errors.As(err, &stopped) {
			return err
		}
		return broke("output %s: %w", path, hint.PathReason(err))
	}
	if err := out.Commit(); err != nil {
		return broke("output %s: %w", path, hint.PathReason(err))
	}
	return nil
}
