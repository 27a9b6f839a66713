package worker

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/rounds"
	"ttpctl/internal/store"
)

// TestEditEqualsRebuildAll puts, edits, breaks and removes files at random, and
// compares what comes of it with what a look at every file gives.
func TestEditEqualsRebuildAll(t *testing.T) {
	short := 0
	for seed := range rounds.Of(t, 4, 32) {
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		d, all := newDefinitions(compileConfig()), newDefinitions(compileConfig())
		for step := range 60 {
			var changes []store.RuleChange
			for range 1 + rng.IntN(2) {
				changes = append(changes, randomChange(rng, int64(step+1)))
			}
			d.take(changes)
			all.take(changes)
			all.removed = true // makes it look at every file
			before := d.ruleset
			want, got := told(all.rebuild()), told(d.rebuild())
			if got != want {
				t.Fatalf("seed %d, step %d, %v: told\n%swant\n%s", seed, step, changes, got, want)
			}
			if d.ruleset.Hash() != all.ruleset.Hash() || strings.Join(inForce(d), ";") != strings.Join(inForce(all), ";") {
				t.Fatalf("seed %d, step %d, %v: in force %v, want %v", seed, step, changes, inForce(d), inForce(all))
			}
			if d.broken() != all.broken() {
				t.Fatalf("seed %d, step %d, %v: %d files are broken, want %d", seed, step, changes, d.broken(), all.broken())
			}
			if before != nil && before != d.ruleset && len(got) > 0 && !strings.Contains(got, "refused") {
				short++
			}
		}
	}
	if short == 0 {
		t.Error("no step changed a rule in force")
	}
}

func randomChange(rng *rand.Rand, rev int64) store.RuleChange {
	id := ruleID(rng.IntN(6))
	src := source(id+".yaml", "")
	switch rng.IntN(8) {
	case 0:
		src.Name = id + ".yml"
	case 1:
		src.Name, src.Layer = "above/"+id+".yaml", 1
	}
	text := ruleText(id, 1+rng.IntN(3))
	switch rng.IntN(9) {
	case 0:
		return store.RuleChange{Op: store.Delete, Source: src, Rev: rev}
	case 1:
		text = strings.Replace(text, "TA0007", "TA9999", 1)
	case 2: // another rule's name
		text = strings.Replace(text, "name: rule_r", "name: rule_r000"+fmt.Sprint(rng.IntN(6))+" #", 1)
	case 3:
		text = "# moved down\n" + text
	case 4:
		text += "attack_release: \"" + []string{"19.1", "18.0"}[rng.IntN(2)] + "\"\n"
	}
	src.Data = []byte(text)
	return store.RuleChange{Op: store.Put, Source: src, Rev: rev}
}

// told returns changes with all that is told of them.
func told(changes []Change) string {
	var b strings.Builder
	for i, line := range shown(changes) {
		fmt.Fprintf(&b, "%s rev %d\n%s", line, changes[i].Rev, textOf(changes[i].Diagnostics))
	}
	return b.String()
}

// TestEditIsCheap: an edit of one rule takes a small part of the time of all, however
// many there are (BenchmarkRebuild has the figures).
func TestEditIsCheap(t *testing.T) {
	const rules = 2000
	d := newDefinitions(compileConfig())
	for i := range rules {
		d.put(source(ruleID(i)+".yaml", ruleText(ruleID(i), 1)))
	}
	snapshot := func() time.Duration {
		start := time.Now()
		d.rebuild()
		engine.NewSnapshot(d.ruleset, nil, start)
		return time.Since(start)
	}
	all, least := snapshot(), time.Hour
	for version := range 5 {
		d.put(source("R0500.yaml", ruleText("R0500", version+2)))
		least = min(least, snapshot())
	}
	if least > all/20 {
		t.Errorf("an edit of one of %d rules takes %v, all of them %v: want a twentieth at most", rules, least, all)
	}
}
