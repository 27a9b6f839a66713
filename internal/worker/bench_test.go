package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/rulesdir"
	"ttpctl/internal/store/sqlite"
	"ttpctl/rules"
)

// packDir returns a directory with the shipped pack.
func packDir(b *testing.B) string {
	dir := b.TempDir()
	if err := os.CopyFS(dir, rules.Files()); err != nil {
		b.Fatal(err)
	}
	age(b, filepath.Join(dir, "ttp"))
	return filepath.Join(dir, "ttp")
}

// generatedDir returns a directory with n small rules.
func generatedDir(b *testing.B, n int) string {
	dir := b.TempDir()
	for i := range n {
		writeRule(b, dir, ruleID(i), 1)
	}
	age(b, dir)
	return dir
}

// age makes the files of dir an hour old: those of the last 2 s are read anew
// at each look, which is no directory's ordinary state.
func age(b *testing.B, dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	for _, e := range entries {
		if err := os.Chtimes(filepath.Join(dir, e.Name()), old, old); err != nil {
			b.Fatal(err)
		}
	}
}

func writeRule(b *testing.B, dir, id string, version int) {
	if err := os.WriteFile(filepath.Join(dir, id+".yaml"), []byte(ruleText(id, version)), 0o600); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSaveToSwap measures from the save of a rule file to the moment its
// snapshot is in force, of which 50 ms are the settle window.
func BenchmarkSaveToSwap(b *testing.B) {
	for _, bench := range []struct {
		name string
		dir  func(*testing.B) string
	}{
		{"pack", packDir},
		{"rules=1000", func(b *testing.B) string { return generatedDir(b, 1000) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			dir := bench.dir(b)
			src, err := rulesdir.Open(b.Context(), dir, rulesdir.Options{Now: time.Now})
			if err != nil {
				b.Fatal(err)
			}
			defer src.Close()
			states := store.NewMemoryStates(time.Now)
			defer states.Close()
			swapped := make(chan *engine.Snapshot, 16)
			f, err := Follow(b.Context(), Config{Rules: src, States: states, Compile: compileConfig(), Now: time.Now,
				Observe: func(u Update) { swapped <- u.Snapshot }})
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			<-swapped
			const id = "R9000"
			var took []time.Duration
			for version := 1; b.Loop(); version++ {
				begin := time.Now()
				writeRule(b, dir, id, version)
				for s := range swapped {
					if r := s.Ruleset().Rule(id); r != nil && r.Version == version {
						break
					}
				}
				took = append(took, time.Since(begin))
			}
			reportQuantiles(b, took)
		})
	}
}

// BenchmarkStateToEffect measures from SetState through one handle of a
// database to the snapshot of a Follower with another, as between two
// processes.
func BenchmarkStateToEffect(b *testing.B) {
	path := filepath.Join(b.TempDir(), "ttpctl.db")
	var dbs [2]*sqlite.DB
	for i := range dbs {
		db, err := sqlite.Open(b.Context(), path, sqlite.Options{Now: time.Now})
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		dbs[i] = db
	}
	src, err := rulesdir.Open(b.Context(), generatedDir(b, 1000), rulesdir.Options{Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	swapped := make(chan *engine.Snapshot, 16)
	f, err := Follow(b.Context(), Config{Rules: src, States: dbs[0].States(), Compile: compileConfig(), Now: time.Now,
		Observe: func(u Update) { swapped <- u.Snapshot }})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	<-swapped
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		begin := time.Now()
		st := event.State{Mode: event.Clipped, Max: float64(i%1000) / 1000, Reason: "r", SetBy: "b"}
		if err := dbs[1].States().SetState(b.Context(), "R0500", st); err != nil {
			b.Fatal(err)
		}
		for s := range swapped {
			if s.States()["R0500"].Max == st.Max {
				break
			}
		}
		took = append(took, time.Since(begin))
	}
	reportQuantiles(b, took)
}

// BenchmarkRebuild measures the compile of one changed rule, the rest reused,
// and of one changed state.
func BenchmarkRebuild(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		d := newDefinitions(compileConfig())
		for i := range n {
			d.put(source(ruleID(i)+".yaml", ruleText(ruleID(i), 1)))
		}
		d.rebuild()
		engine.NewSnapshot(d.ruleset, nil, time.Now())
		b.Run(fmt.Sprintf("rule/rules=%d", n), func(b *testing.B) {
			version := 2
			for b.Loop() {
				d.put(source("R0500.yaml", ruleText("R0500", version)))
				d.rebuild()
				engine.NewSnapshot(d.ruleset, nil, time.Now())
				version++
			}
		})
		b.Run(fmt.Sprintf("file/rules=%d", n), func(b *testing.B) {
			extra := source("R9999999.yaml", ruleText("R9999999", 1))
			for n := 0; b.Loop(); n++ {
				if n%2 == 0 {
					d.put(extra)
				} else {
					d.remove(extra.Name)
				}
				d.rebuild()
			}
		})
		b.Run(fmt.Sprintf("state/rules=%d", n), func(b *testing.B) {
			snapshot := engine.NewSnapshot(d.ruleset, nil, time.Now())
			states := event.States{"R0500": {Mode: event.Disabled}}
			for b.Loop() {
				snapshot.WithStates(states, time.Now())
			}
		})
	}
}

func reportQuantiles(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	at := func(q float64) float64 {
		return took[min(int(q*float64(len(took))), len(took)-1)].Seconds() * 1000
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(0, "ns/op") // a mean of waits says nothing
}
