package rules_test

import (
	"crypto/sha256"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/packed"
	"ttpctl/internal/rounds"
	"ttpctl/rules"
)

// TestPackIsFresh: the binary carries the files that are reviewed, and knows their
// hashes: no start compares them.
func TestPackIsFresh(t *testing.T) {
	t.Parallel()
	pack, err := os.ReadFile("pack.zst")
	if err != nil {
		t.Fatal(err)
	}
	if err := packed.Check(pack, os.DirFS("."), "ttp/*.yaml"); err != nil {
		t.Errorf("pack.zst: %v ./rules", err)
	}
	shipped := engine.ReadOutlines(rules.Outlines()).Sources("", rules.Text)
	if len(shipped) != len(packFiles()) {
		t.Errorf("%d files were outlined, of %d", len(shipped), len(packFiles()))
	}
	for _, src := range shipped {
		if src.Hash() != sha256.Sum256(src.Text()) {
			t.Errorf("%s was outlined with other bytes than it is packed with: run go generate ./rules", src.Name)
		}
	}
}

// TestOutlinesAreFresh: the outlines are what the rules and the compiler as they are now
// come to. An old one costs time for the rules that changed, and hides what changed in
// the compiler.
func TestOutlinesAreFresh(t *testing.T) {
	t.Parallel()
	want, err := engine.WriteOutlines(packFiles(), packConfig())
	if err != nil {
		t.Fatal(err)
	}
	if rules.Outlines() != want {
		t.Error("rules/outlines.txt is stale: run go generate ./rules")
	}
}

// TestOutlinedEqualsCompiled: the rules that were outlined are those that are compiled
// from their files, in all that they say and in what they say of their examples.
func TestOutlinedEqualsCompiled(t *testing.T) {
	t.Parallel()
	sources := packFiles()
	want, got := compiled(t, sources, packConfig()), wholePack(t).Ruleset()
	if want.Hash() != got.Hash() || !cmp.Equal(want.Needs(), got.Needs(), cmp.AllowUnexported(event.FieldSet{})) {
		t.Error("hash or needs of the rulesets differ")
	}
	for i, r := range want.Rules() {
		if i%rounds.Every(t, 8) != 0 {
			continue
		}
		if d := rounds.Diff(r, got.Rules()[i], cmpopts.IgnoreUnexported(engine.Rule{}), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s differs (-compiled +outlined):\n%s", r.ID, d)
		}
	}
	a, b := newJudge(want), newJudge(got)
	examples, n := 0, 0
	for _, src := range sources {
		p := packParsed()[src.Name]
		for _, example := range slices.Concat(p.MatchExamples, p.OtherExamples) {
			if n++; n%max(2, rounds.Every(t, 9)) != 0 {
				continue // explaining takes its time
			}
			for _, kind := range p.AppliesTo {
				ev, diags := engine.ExampleEvent(example, event.ParseKind(kind.V))
				if len(diags) > 0 {
					continue // it is of another kind
				}
				examples++
				if x, y := a.judge(ev, p.ID.V), b.judge(ev, p.ID.V); !reflect.DeepEqual(x, y) {
					t.Errorf("%s: an example on line %d (-compiled +outlined):\n%s", p.ID.V, example.Span.Start.Line, cmp.Diff(x, y))
				}
			}
		}
	}
	t.Logf("%d examples", examples)
	if examples < len(sources) {
		t.Errorf("%d examples of %d rules: this test saw too little", examples, len(sources))
	}
}

// judged is what a ruleset makes of an event.
type judged struct {
	Tags    []event.Tag
	Reasons engine.Explanation // of one rule
}

type judge struct {
	snap *engine.Snapshot
	sc   *engine.Scratch
}

func newJudge(rs *engine.Ruleset) *judge {
	return &judge{engine.NewSnapshot(rs, nil, reviewed), engine.NewScratch()}
}

func (j *judge) judge(ev *event.Event, id string) (out judged) {
	first, again := ev.Clone(), ev.Clone()
	out.Tags = j.snap.Evaluate(nil, &first, reviewed, j.sc)
	out.Reasons, _ = j.snap.Explain(&again, reviewed, j.sc, id)
	out.Reasons.Rule = nil // each ruleset has its own
	j.sc.TakeSightings(nil)
	return out
}

// BenchmarkStart is what the program does with the pack before it reads its first
// event.
func BenchmarkStart(b *testing.B) {
	sources := packFiles()
	for b.Loop() {
		engine.NewSnapshot(compiled(b, sources, outlinedConfig()), nil, reviewed)
	}
}
