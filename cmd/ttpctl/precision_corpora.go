package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ttpctl/internal/corpus"
	"ttpctl/internal/lines"
	seed "ttpctl/testdata/corpus"
)

// corpusDir is where corpora are built and looked for.
const corpusDir = "corpus"

// findCorpora returns the corpora that the flags name, by default the
// operator's where they are labelled and the seed of the other cohorts. Those
// in beside have too few labels to stand in for a seed.
func (f *precisionFlags) findCorpora(ctx context.Context, s *streams) (all, beside []corpus.Corpus, err error) {
	wanted, err := cohortNames(f.cohorts)
	if err != nil {
		return nil, nil, err
	}
	if len(f.corpora) > 0 {
		all, err = namedCorpora(f.corpora, wanted, s)
		return all, nil, err
	}
	for _, name := range wanted {
		c, small, err := cohortCorpus(ctx, name, s)
		if err != nil {
			return nil, nil, err
		}
		all, beside = append(all, c), append(beside, small...)
	}
	return all, beside, nil
}

// cohortNames checks the names of cohorts; none means all.
func cohortNames(words []string) ([]string, error) {
	if len(words) == 0 {
		return corpus.Cohorts(), nil
	}
	var names []string
	for _, w := range words {
		name, err := corpus.CheckCohort(w)
		if err != nil {
			return nil, cannotRun("", "--cohort: %w", err)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// corpusFiles returns the names that corpora of cohorts have.
func corpusFiles() []string {
	var files []string
	for _, name := range corpus.Cohorts() {
		for _, stem := range []string{name, strings.TrimPrefix(name, "seed_")} {
			files = append(files, filepath.Join(corpusDir, stem+".jsonl"))
		}
	}
	return files
}

// cohortCorpus returns the operator's corpus of a cohort, else its seed and what
// is too small to stand in for it.
func cohortCorpus(ctx context.Context, name string, s *streams) (c corpus.Corpus, small []corpus.Corpus, err error) {
	for _, stem := range []string{name, strings.TrimPrefix(name, "seed_")} {
		path := filepath.Join(corpusDir, stem+".jsonl")
		if _, err := os.Stat(path); err != nil {
			continue
		}
		c := fileCorpus(path, s)
		rows, err := corpus.LabelledRows(ctx, c)
		switch {
		case err != nil:
			return c, nil, broke("%w", err)
		case rows >= corpus.EnoughRows:
			s.log.Info("this corpus stands in for the seed of its cohort", "file", path, "cohort", name)
			return c, nil, nil
		case rows > 0:
			s.log.Warn("this corpus is reported beside the seed, which judges the rules: it has too few labelled rows; --corpus FILE judges by it", "file", path, "rows", rows, "wanted", corpus.EnoughRows)
			small = append(small, c)
		default:
			s.log.Warn("this corpus has no labels, the seed stays in force; ttpctl corpus label gives it some", "file", path)
		}
	}
	file := name + ".jsonl"
	return corpus.Corpus{Input: lines.Input{Name: file, FS: seed.Files}, Cohort: name, Seed: true}, small, nil
}

// namedCorpora returns the corpora that paths name: files, and the *.jsonl in
// directories.
func namedCorpora(paths, wanted []string, s *streams) ([]corpus.Corpus, error) {
	var all []corpus.Corpus
	for _, path := range paths {
		files := []string{path}
		if info, err := os.Stat(path); path != "-" && err != nil {
			return nil, cannotRun("", "--corpus %s: %w", path, reason(err))
		} else if path != "-" && info.IsDir() {
			if files, err = corporaIn(path); err != nil {
				return nil, cannotRun("", "--corpus %s: %w", path, reason(err))
			}
			if len(files) == 0 {
				return nil, cannotRun("ttpctl corpus build makes one", "--corpus %s: no *.jsonl in this directory", path)
			}
		}
		for _, file := range files {
			c := fileCorpus(file, s)
			if _, known := corpus.CohortName(c.Cohort); len(wanted) == len(corpus.Cohorts()) || !known || slices.Contains(wanted, c.Cohort) {
				all = append(all, c)
			}
		}
	}
	if len(all) == 0 {
		return nil, cannotRun("", "no corpus of the cohorts asked for")
	}
	return all, nil
}

// corporaIn returns the corpora in a directory, compressed ones too, and none
// of the manifests and answers beside them.
func corporaIn(dir string) (files []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		_, packing, ok := strings.Cut(e.Name(), ".jsonl")
		if ok && slices.Contains([]string{"", ".gz", ".zst", ".bz2", ".xz"}, packing) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, err
}

// fileCorpus returns the corpus in a file, its cohort by the file's name; "-"
// is stdin.
func fileCorpus(path string, s *streams) corpus.Corpus {
	stem, _, _ := strings.Cut(filepath.Base(path), ".")
	cohort, _ := corpus.CohortName(stem)
	if path == "-" {
		return corpus.Corpus{Input: lines.Input{Name: "stdin", Reader: s.in}, Cohort: "stdin"}
	}
	return corpus.Corpus{Input: lines.Input{Name: path}, Cohort: cohort}
}
