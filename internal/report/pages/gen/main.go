// Gen writes docs/rules, a page for each rule of the shipped pack and an index by
// tactic, and docs/matrix.md, from the rules, their scores on the embedded seed
// and the catalogue. What it writes depends on nothing else, so that a test can
// tell whether the pages are stale.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/lifters"
	"ttpctl/internal/lines"
	"ttpctl/internal/matrix"
	"ttpctl/internal/report/pages"
	"ttpctl/rules"
	seed "ttpctl/testdata/corpus"
)

func main() {
	out := flag.String("out", "../../../docs", "`directory` of the documents")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	files, err := compile()
	if err != nil {
		return err
	}
	return write(out, files)
}

// write writes the pages below out, and removes those of rules that are no more.
func write(out string, files map[string][]byte) error {
	old, err := filepath.Glob(filepath.Join(out, "rules", "*.md"))
	if err != nil {
		return err
	}
	for _, name := range old {
		if files["rules/"+filepath.Base(name)] != nil {
			continue
		}
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(out, "rules"), 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(out, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// compile returns the pages, by name below docs.
func compile() (map[string][]byte, error) {
	c := attack.Load()
	snap, err := pack(c)
	if err != nil {
		return nil, err
	}
	measured, err := corpus.Score(context.Background(), snap, seeds(), corpus.Options{})
	if err != nil {
		return nil, err
	}
	p := pages.Pack{Catalogue: c, Rules: snap.Ruleset().Rules(), Scores: measured.Rules}
	files := map[string][]byte{"rules/README.md": p.Index(), "matrix.md": pages.Matrix(c, matrix.Of(c, snap))}
	for _, r := range p.Rules {
		files["rules/"+r.ID+".md"] = p.Page(r)
	}
	return files, nil
}

// pack compiles the shipped pack. Its examples are tried elsewhere.
func pack(c *attack.Catalogue) (*engine.Snapshot, error) {
	srcs := engine.ReadOutlines(rules.Outlines()).Sources("", rules.Text)
	rs, diags := engine.Compile(srcs, engine.Config{Catalogue: c, Builders: lifters.Builders(), Quick: true})
	for i := range diags {
		if diags[i].Severity == engine.Error {
			return nil, &diags[i]
		}
	}
	return engine.NewSnapshot(rs, nil, time.Time{}), nil
}

// seeds returns the embedded seed of every cohort.
func seeds() []corpus.Corpus {
	var all []corpus.Corpus
	for _, name := range corpus.Cohorts() {
		all = append(all, corpus.Corpus{Input: lines.Input{Name: name + ".jsonl", FS: seed.Files()}, Cohort: name, Seed: true})
	}
	return all
}
