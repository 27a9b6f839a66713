package main

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// compiled are the pages of the pack as it is.
var compiled = sync.OnceValues(compile)

const docs = "../../../../docs"

// TestPagesAreFresh holds docs/rules and docs/matrix.md to the rules, the seed and
// the reasons as they are.
func TestPagesAreFresh(t *testing.T) {
	files, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	const help = "run go generate ./internal/report/pages"
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(docs, name))
		if err != nil {
			t.Errorf("%v: %s", err, help)
			continue
		}
		if diff := cmp.Diff(string(got), string(want)); diff != "" {
			t.Errorf("docs/%s is stale, %s (-there +fresh):\n%s", name, help, diff)
		}
	}
	pages, err := filepath.Glob(filepath.Join(docs, "rules", "*"))
	if err != nil || len(pages) != len(files)-1 {
		t.Errorf("docs/rules has %d files (%v), want %d: %s", len(pages), err, len(files)-1, help)
	}
}

// TestRun: what is written is what was compiled, and pages of rules that are no
// more go.
func TestRun(t *testing.T) {
	out := t.TempDir()
	if err := os.MkdirAll(filepath.Join(out, "rules"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"rules/R9999.md", "other.md"} {
		if err := os.WriteFile(filepath.Join(out, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	if err := write(out, files); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(out, "*.md"))
	if err != nil || len(names) != 2 {
		t.Errorf("beside the pages: %q, %v, want matrix.md, and other.md left alone", names, err)
	}
	pages, err := filepath.Glob(filepath.Join(out, "rules", "*.md"))
	if err != nil || slices.ContainsFunc(pages, func(name string) bool { return filepath.Base(name) == "R9999.md" }) {
		t.Errorf("the page of a rule that is no more is there: %v", err)
	}
}
