package sqlite

import (
	"path/filepath"
	"testing"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store/storetest"
)

// From SetState in one handle on the file to the change in a subscriber of
// another.
func BenchmarkStateToChange(b *testing.B) {
	path := filepath.Join(b.TempDir(), "bench.db")
	var dbs [2]*DB
	for i := range dbs {
		db, err := Open(b.Context(), path, Options{Now: time.Now})
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
		if err := dbs[0].States().SetState(b.Context(), "R0001", event.State{Mode: event.Disabled, SetBy: "a"}); err != nil {
			b.Fatal(err)
		}
		stored := time.Now()
		if _, err := sub.Next(b.Context()); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(stored))
	}
	storetest.ReportLatency(b, took)
}
