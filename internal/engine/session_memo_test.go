package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"ttpctl/internal/event"
)

// TestKnownLines: what is known of lines is what a block finds on them, however
// many there are, however long they are and whoever asks.
func TestKnownLines(t *testing.T) {
	few := NewSnapshot(compileRule(t, "session", "  count: {of: {command: {program: cat}}, min: 2}"), nil, testNow)
	all := NewSnapshot(compileRule(t, "session", "  every: {command: {program: cat}}"), nil, testNow)
	var wg sync.WaitGroup
	for worker := range 3 {
		wg.Go(func() {
			random, sc := rand.New(rand.NewPCG(1, uint64(worker))), NewScratch()
			for range 2000 {
				lines, cats := make([]event.Value, 1+random.IntN(4)), 0
				for i := range lines {
					program := "cat"
					if random.IntN(3) > 0 {
						cats++
					} else {
						program = "dog"
					}
					line := fmt.Sprint(program, " ", random.IntN(3*knownSlots))
					if random.IntN(50) == 0 {
						line += strings.Repeat("x", maxKnownLine)
					}
					lines[i] = event.StringValue(line)
				}
				ev := &event.Event{SourceID: "s", AttackerUUID: "a"}
				ev.SetKind("session")
				ev.SetField("commands", event.Value{Kind: event.List, List: lines})
				if got := len(few.Evaluate(nil, ev, testNow, sc)) > 0; got != (cats >= 2) {
					t.Errorf("count of %v = %v, want %v", lines, got, cats >= 2)
				}
				if got := len(all.Evaluate(nil, ev, testNow, sc)) > 0; got != (cats == len(lines)) {
					t.Errorf("every of %v = %v, want %v", lines, got, cats == len(lines))
				}
			}
		})
	}
	wg.Wait()
}

// TestKnownLinesOfManyBlocks: blocks that share a table, and those beyond its room, each
// find what they find by themselves, on sessions that come one after the other.
func TestKnownLinesOfManyBlocks(t *testing.T) {
	for _, blocks := range []int{2, knownBlocks, knownBlocks + 6} {
		t.Run(fmt.Sprint(blocks), func(t *testing.T) { testKnownLines(t, blocks) })
	}
}

func testKnownLines(t *testing.T, blocks int) {
	var files []Source
	for i := range blocks {
		id := fmt.Sprintf("R%04d", i+1)
		files = append(files, Source{Name: id + ".yaml", Data: fmt.Appendf(nil, "rule_id: %s\nrule_version: 1\nname: probe_%d\ndescription: a probe\napplies_to: [session]\n"+
			"match:\n  count: {of: {command: {program: cat, operand: n%d}}, min: 2}\nemits:\n  - {tactic: TA0007, technique_id: T1082, confidence: 0.7}\n", id, i, i)})
	}
	rs, diags := Compile(files, Config{Catalogue: catalogue(), Programs: programs()})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	snap := NewSnapshot(rs, nil, testNow)
	var wg sync.WaitGroup
	for worker := range 3 {
		wg.Go(func() {
			random, sc := rand.New(rand.NewPCG(2, uint64(worker))), NewScratch()
			for range 300 {
				lines, times := make([]event.Value, 1+random.IntN(nearLines+20)), make([]int, len(files))
				for i := range lines {
					n := random.IntN(len(files))
					times[n]++
					lines[i] = event.StringValue(fmt.Sprintf("cat n%d; true %d", n, random.IntN(5)))
				}
				var want, got []string
				for n, k := range times {
					if k >= 2 {
						want = append(want, rs.rules[n].ID)
					}
				}
				ev := &event.Event{SourceID: "s", AttackerUUID: "a"}
				ev.SetKind("session")
				ev.SetField("commands", event.Value{Kind: event.List, List: lines})
				for _, tag := range snap.Evaluate(nil, ev, testNow, sc) {
					got = append(got, tag.RuleID)
				}
				if !slices.Equal(got, want) {
					t.Errorf("count of %d lines holds in %v, want %v", len(lines), got, want)
				}
			}
		})
	}
	wg.Wait()
}
