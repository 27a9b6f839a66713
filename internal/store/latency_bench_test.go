package store

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ttpctl/internal/event"
)

// reportLatency reports the median and the 99th percentile of ds.
func reportLatency(b *testing.B, ds []time.Duration) {
	slices.Sort(ds)
	b.ReportMetric(float64(ds[len(ds)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(ds[len(ds)*99/100].Microseconds())/1000, "p99-ms")
}

// From the end of a save to the change in a subscriber's hands, in a directory
// of 60 and of 1,000 rules.
func BenchmarkSaveToChange(b *testing.B) {
	for _, n := range []int{60, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			name := func(i int) string { return filepath.Join(dir, fmt.Sprintf("R%05d.yaml", i%n)) }
			for i := range n {
				if err := os.WriteFile(name(i), []byte("old\n"), 0o600); err != nil {
					b.Fatal(err)
				}
				// As in a pack that was not written this very second.
				old := time.Now().Add(-time.Hour)
				if err := os.Chtimes(name(i), old, old); err != nil {
					b.Fatal(err)
				}
			}
			d, err := OpenDirectory(b.Context(), dir, DirectoryOptions{Now: time.Now})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			_, sub, err := d.Watch(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				if err := os.WriteFile(name(i), fmt.Appendf(nil, "new %d\n", i), 0o600); err != nil {
					b.Fatal(err)
				}
				saved := time.Now()
				if _, err := sub.Next(b.Context()); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(saved))
			}
			reportLatency(b, took)
		})
	}
}

// From SetState in one handle on the file to the change in a subscriber of
// another.
func BenchmarkStateToChange(b *testing.B) {
	path := filepath.Join(b.TempDir(), "bench.db")
	var dbs [2]*DB
	for i := range dbs {
		db, err := OpenDB(b.Context(), path, DBOptions{Now: time.Now})
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		dbs[i] = db
	}
	_, sub, err := dbs[1].States().Watch(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	for b.Loop() {
		if err := dbs[0].States().SetState(b.Context(), "R0001", event.State{Mode: disabled, SetBy: "a"}); err != nil {
			b.Fatal(err)
		}
		stored := time.Now()
		if _, err := sub.Next(b.Context()); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(stored))
	}
	reportLatency(b, took)
}
