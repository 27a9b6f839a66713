package corpus

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ttpctl/internal/hint"
	"ttpctl/internal/lines"
)

// dir is where corpora are built and looked for.
const dir = "corpus"

// Path returns where the corpus of a cohort is built and looked for.
func Path(cohort string) string { return filepath.Join(dir, cohort+".jsonl") }

// Paths returns the names that an operator's corpora have.
func Paths() []string {
	var files []string
	for _, name := range Cohorts() {
		files = append(files, ownPaths(name)...)
	}
	return files
}

// ownPaths are the names of an operator's corpus of a cohort, best first.
func ownPaths(cohort string) []string {
	return []string{Path(cohort), Path(strings.TrimPrefix(cohort, seedPrefix))}
}

// A Finder finds corpora: files that are named, or the usual ones.
type Finder struct {
	Stdin io.Reader
	Seeds fs.FS // seed_<cohort>.jsonl
}

// A Found is what there is of the usual corpora.
type Found struct {
	Judging []Corpus // one a cohort: the operator's where it is labelled, else the seed
	Beside  []Corpus // with too few labels to stand in for a seed
	Own     []Own    // all of the operator's
}

// An Own is a corpus of the operator's that was looked at.
type Own struct {
	Path, Cohort string
	Labelled     int // rows, at most [EnoughRows]
}

// Usual returns the usual corpora of cohorts. With an error it returns what was
// found until then.
func (f *Finder) Usual(ctx context.Context, cohorts []string) (found Found, err error) {
	for _, name := range cohorts {
		if err := f.cohort(ctx, name, &found); err != nil {
			return found, err
		}
	}
	return found, nil
}

// cohort adds the operator's corpus of a cohort, else its seed and what is too
// small to stand in for it.
func (f *Finder) cohort(ctx context.Context, name string, found *Found) error {
	for _, path := range ownPaths(name) {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		c := f.File(path)
		rows, err := LabelledRows(ctx, c)
		if err != nil {
			return err
		}
		found.Own = append(found.Own, Own{path, name, rows})
		if rows >= EnoughRows {
			found.Judging = append(found.Judging, c)
			return nil
		}
		if rows > 0 {
			found.Beside = append(found.Beside, c)
		}
	}
	seed := Corpus{Input: lines.Input{Name: name + ".jsonl", FS: f.Seeds}, Cohort: name, Seed: true}
	found.Judging = append(found.Judging, seed)
	return nil
}

// Named returns the corpora that paths name, those of other cohorts than wanted
// left out: files, and the *.jsonl in directories.
func (f *Finder) Named(paths, wanted []string) ([]Corpus, error) {
	var all []Corpus
	for _, path := range paths {
		files, err := filesOf(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			c := f.File(file)
			if _, known := CohortName(c.Cohort); len(wanted) == len(Cohorts()) || !known || slices.Contains(wanted, c.Cohort) {
				all = append(all, c)
			}
		}
	}
	if len(all) == 0 {
		return nil, hint.Errorf("", "no corpus of the cohorts asked for")
	}
	return all, nil
}

// filesOf returns the corpora that path names.
func filesOf(path string) ([]string, error) {
	if path == "-" {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		return []string{path}, nil
	}
	var files []string
	if err == nil {
		files, err = corporaIn(path)
	}
	switch {
	case err != nil:
		return nil, hint.Errorf("", "--corpus %s: %w", path, hint.PathReason(err))
	case len(files) == 0:
		return nil, hint.Errorf("ttpctl corpus build makes one", "--corpus %s: no *.jsonl in this directory", path)
	}
	return files, nil
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

// File returns the corpus in a file, its cohort by the file's name; "-" is
// stdin.
func (f *Finder) File(path string) Corpus {
	stem, _, _ := strings.Cut(filepath.Base(path), ".")
	cohort, _ := CohortName(stem)
	if path == "-" {
		return Corpus{Input: lines.Input{Name: "stdin", Reader: f.Stdin}, Cohort: "stdin"}
	}
	return Corpus{Input: lines.Input{Name: path}, Cohort: cohort}
}
