package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"ttpctl/internal/corpus"
	seed "ttpctl/testdata/corpus"
)

// corpusDir is where corpora are built and looked for.
const corpusDir = "corpus"

// findCorpora returns the corpora that the flags name, by default the
// operator's where they are labelled and the seed of the other cohorts.
func (f *precisionFlags) findCorpora(s *streams) ([]corpus.Corpus, error) {
	wanted, err := cohortNames(f.cohorts)
	if err != nil {
		return nil, err
	}
	if len(f.corpora) > 0 {
		return namedCorpora(f.corpora, wanted, s)
	}
	var all []corpus.Corpus
	for _, name := range wanted {
		c, err := cohortCorpus(name, s)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
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

// cohortCorpus returns the operator's corpus of a cohort, else its seed.
func cohortCorpus(name string, s *streams) (corpus.Corpus, error) {
	for _, stem := range []string{name, strings.TrimPrefix(name, "seed_")} {
		path := filepath.Join(corpusDir, stem+".jsonl")
		if _, err := os.Stat(path); err != nil {
			continue
		}
		c := fileCorpus(path, s)
		labelled, err := corpus.Labelled(c)
		if err != nil {
			return c, broke("%w", err)
		}
		if labelled {
			s.log.Info("this corpus stands in for the seed of its cohort", "file", path, "cohort", name)
			return c, nil
		}
		s.log.Warn("this corpus has no labels, the seed stays in force; ttpctl corpus label gives it some", "file", path)
	}
	file := name + ".jsonl"
	return corpus.Corpus{Name: file, Cohort: name, Seed: true, Open: func() (io.ReadCloser, error) { return seed.Files.Open(file) }}, nil
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
			// Glob fails on malformed patterns only, and this is none.
			files, _ = filepath.Glob(filepath.Join(escapeGlob(path), "*.jsonl*"))
			files = slices.DeleteFunc(files, func(f string) bool { return !isCorpusName(f) })
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

// isCorpusName tells corpora from the manifests and answers beside them.
func isCorpusName(path string) bool {
	return slices.Contains([]string{".jsonl", ".jsonl.gz", ".jsonl.zst"}, path[strings.LastIndex(path, ".jsonl"):])
}

// escapeGlob returns path as a pattern that matches it alone.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// fileCorpus returns the corpus in a file, its cohort by the file's name; "-"
// is stdin.
func fileCorpus(path string, s *streams) corpus.Corpus {
	stem, _, _ := strings.Cut(filepath.Base(path), ".")
	cohort, _ := corpus.CohortName(stem)
	if path == "-" {
		return corpus.Corpus{Name: "stdin", Cohort: "stdin", Open: func() (io.ReadCloser, error) { return io.NopCloser(s.in), nil }}
	}
	return corpus.Corpus{Name: path, Cohort: cohort, Open: func() (io.ReadCloser, error) { return openPlain(path) }}
}

// A plainFile is a file read through its compression.
type plainFile struct {
	io.Reader
	close []func()
}

func (p *plainFile) Close() error {
	for _, f := range p.close {
		f()
	}
	return nil
}

// maxZstdWindow bounds the memory of a zstd decoder, in bytes.
const maxZstdWindow = 64 << 20

// openPlain opens a file; gzip and zstd are recognised by content.
func openPlain(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, reason(err)
	}
	br := bufio.NewReader(f)
	p := &plainFile{Reader: br, close: []func(){func() { f.Close() }}}
	head, _ := br.Peek(4)
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8}):
		var zr *gzip.Reader
		if zr, err = gzip.NewReader(br); err == nil {
			p.Reader = zr
		}
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		var zr *zstd.Decoder
		if zr, err = zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow)); err == nil {
			p.Reader, p.close = zr, append([]func(){zr.Close}, p.close...)
		}
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}
