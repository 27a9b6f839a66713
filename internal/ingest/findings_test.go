package ingest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/lifters"
	"ttpctl/rules"
)

// packSnapshot returns the pack, from its outlines as the program has it.
func packSnapshot(t testing.TB) *engine.Snapshot {
	files, err := filepath.Glob("../../rules/ttp/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no rules: %v", err)
	}
	var sources []engine.Source
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, engine.Source{Name: name, Data: b})
	}
	return engine.NewSnapshot(compileSources(t, sources...), nil, time.Now())
}

func compileSources(t testing.TB, sources ...engine.Source) *engine.Ruleset {
	rs, diags := engine.Compile(sources, engine.Config{
		Catalogue: attack.Load(), Builders: lifters.Builders(), Outlines: engine.ReadOutlines(rules.Outlines()),
	})
	if diags.HasErrors() {
		t.Fatalf("the rules do not compile: %v", diags)
	}
	return rs
}

// A packEvaluator runs the pack.
type packEvaluator struct {
	snapshot *engine.Snapshot
	scratch  *engine.Scratch
}

func (p *packEvaluator) Evaluate(dst []event.Tag, ev *event.Event) []event.Tag {
	return p.snapshot.Evaluate(dst, ev, time.Time{}, p.scratch)
}

// A finding is what a rule makes of a capture.
type finding struct{ Tags, Attackers int }

// TestCaptureFindings compares what the counting rules find in real logs with
// figures that a Python script found by other means: it groups all attempts by
// key, sorts them by time, and tries every window.
func TestCaptureFindings(t *testing.T) {
	tests := []struct {
		sensor   string
		want     map[string]finding
		episodes int // events of aggregates and sessions, counted likewise
	}{
		{"sensor-2018", map[string]finding{
			"R0001": {32, 30}, "R0002": {47, 22}, "R0003": {1, 1}, "R0005": {11, 11}, "R0006": {49, 46}, "R0351": {178, 155},
		}, 13_712},
		{"sensor-2026", map[string]finding{
			"R0001": {17, 17}, "R0002": {14, 14}, "R0005": {7, 7}, "R0006": {17, 12}, "R0351": {20, 20},
		}, 1157},
	}
	// Nobody set or shared a password there that another used, and nobody came
	// back at a steady pace: R0004 and R0031 find nothing.
	counting := []string{"R0001", "R0002", "R0003", "R0004", "R0005", "R0006", "R0031", "R0351"}
	snapshot := packSnapshot(t)
	for _, tt := range tests {
		var first []event.UUID
		for _, workers := range []int{1, 8} {
			var uuids []event.UUID
			found, attackers := make(map[string]finding), make(map[string]map[string]bool)
			a, err := Run(t.Context(), captureInputs(t, tt.sensor), Config{Workers: workers, Fields: snapshot.Ruleset().Needs()},
				func() Evaluator { return &packEvaluator{snapshot, engine.NewScratch()} },
				func(b *Batch) error {
					for i := range b.Tags {
						tag := &b.Tags[i]
						uuids = append(uuids, tag.UUID)
						if !slices.Contains(counting, tag.RuleID) {
							continue
						}
						if attackers[tag.RuleID] == nil {
							attackers[tag.RuleID] = make(map[string]bool)
						}
						attackers[tag.RuleID][tag.AttackerUUID+tag.IdentityUUID] = true
						found[tag.RuleID] = finding{found[tag.RuleID].Tags + 1, len(attackers[tag.RuleID])}
					}
					return nil
				})
			if err != nil {
				t.Fatalf("%s: Run() = %v", tt.sensor, err)
			}
			if diff := cmp.Diff(tt.want, found); diff != "" || a.Aggregated != tt.episodes {
				t.Errorf("%s, %d workers: %d aggregated, want %d; findings differ (-want +got):\n%s", tt.sensor, workers, a.Aggregated, tt.episodes, diff)
			}
			if first == nil {
				first = uuids
			} else if !slices.Equal(first, uuids) {
				t.Errorf("%s: %d workers give other tags, or another order, than 1", tt.sensor, workers)
			}
		}
	}
}

// captureInputs returns the files of a real sensor, in order.
func captureInputs(t testing.TB, sensor string) []Input {
	files, err := filepath.Glob("../../../shared/data/cowrie/" + sensor + "/*.gz")
	if err != nil || len(files) == 0 {
		t.Skip("shared/data absent")
	}
	var inputs []Input
	for _, path := range files {
		inputs = append(inputs, Input{Name: path})
	}
	inputs, _, err = Prepare(t.Context(), inputs, Config{})
	if err != nil {
		t.Fatal(err)
	}
	return inputs
}
