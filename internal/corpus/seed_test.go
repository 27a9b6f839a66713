package corpus

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/lifters"
	"ttpctl/internal/lines"
	"ttpctl/internal/packed"
	"ttpctl/rules"
	seed "ttpctl/testdata/corpus"
)

// shippedPack compiles the embedded rules.
func shippedPack(t testing.TB) *engine.Snapshot {
	t.Helper()
	outlines := engine.ReadOutlines(rules.Outlines())
	rs, diags := engine.Compile(outlines.Sources("", rules.Text), engine.Config{
		Catalogue: attack.Load(), Builders: lifters.Builders(), Outlines: outlines,
	})
	for i := range diags {
		if diags[i].Severity == engine.Error {
			t.Errorf("Compile: %v", diags[i].Error())
		}
	}
	return engine.NewSnapshot(rs, nil, time.Time{})
}

// seedCorpora returns the embedded seed of every cohort.
func seedCorpora(t testing.TB) []Corpus {
	t.Helper()
	var all []Corpus
	for _, name := range Cohorts() {
		file := name + ".jsonl"
		if _, err := fs.Stat(seed.Files(), file); err != nil {
			t.Fatalf("cohort %s has no seed: %v", name, err)
		}
		all = append(all, Corpus{Input: lines.Input{Name: file, FS: seed.Files()}, Cohort: name, Seed: true})
	}
	return all
}

// TestSeedsAreFresh: the binary carries the files that are reviewed.
func TestSeedsAreFresh(t *testing.T) {
	const dir = "../../testdata/corpus/"
	archive, err := os.ReadFile(dir + "seeds.zst")
	if err != nil {
		t.Fatal(err)
	}
	if err := packed.Check(archive, os.DirFS(dir), "seed_*.jsonl", "crossfire.txt"); err != nil {
		t.Errorf("seeds.zst: %v ./testdata/corpus", err)
	}
}

// TestSeed is the sentinel: every row loads, labels are unique, ids exist,
// every rule has its positives and every cohort its negatives, and the shipped
// pack agrees with all of it.
func TestSeed(t *testing.T) {
	allow, err := seed.Files().Open("crossfire.txt")
	if err != nil {
		t.Fatal(err)
	}
	list, err := ParseAllowList("crossfire.txt", allow)
	if err != nil {
		t.Fatal(err)
	}
	r := score(t, shippedPack(t), Options{MinRecall: 1, Allow: list}, seedCorpora(t)...)
	for _, f := range r.Findings {
		t.Errorf("%s:%d: %s %s on %s: %q (matched %q)", f.File, f.Line, f.RuleID, f.Sort, f.Label, f.Text, f.Matched)
	}
	for _, s := range r.Rules {
		silent := s.RuleID == "R0058"
		if s.Expected < 8 && !silent {
			t.Errorf("%s has %d positives, want 8", s.RuleID, s.Expected)
		}
		if want := map[bool]Verdict{false: Pass, true: NoData}[silent]; s.Verdict != want {
			t.Errorf("%s: %s (%s), want %s", s.RuleID, s.Verdict, s.Reason, want)
		}
	}
	for _, c := range r.CrossFire {
		if c.Fails {
			t.Errorf("%s fires on %d rows of %s", c.Fired, c.Rows, c.Expected)
		}
	}
	if len(r.Warnings) > 0 || r.Unlabelled > 0 {
		t.Errorf("Warnings = %q, %d unlabelled rows, want none", r.Warnings, r.Unlabelled)
	}
}

// TestSeedBalance counts the negatives of each cohort.
func TestSeedBalance(t *testing.T) {
	snap := shippedPack(t)
	for _, c := range seedCorpora(t) {
		positives, negatives := 0, 0
		err := readAll(t.Context(), []Corpus{c}, func(b *block) error {
			dec := newDecoder(func(id string) bool { return snap.Ruleset().Rule(id) != nil }, snap.Ruleset().Catalogue())
			for n, l := range b.lines {
				var row Row
				if err := dec.decode(l.text, &row); err != nil {
					t.Errorf("%s:%d: %v", c.Name, n, err)
				}
				if len(row.Expected) > 0 {
					positives++
				} else {
					negatives++
				}
				if !strings.HasPrefix(row.Label, "r0") {
					t.Errorf("%s:%d: label %q does not begin with its rule", c.Name, n, row.Label)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if positives == 0 || negatives < positives {
			t.Errorf("%s has %d positives and %d negatives, want at least as many negatives", c.Name, positives, negatives)
		}
	}
}
