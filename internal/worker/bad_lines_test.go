package worker

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/ingest"
	"ttpctl/internal/rounds"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
	"ttpctl/internal/worker/workertest"
)

// TestBadLines: many lines that nobody can read among good ones are set
// aside, a bounded part of each, and the good ones give what they give alone.
func TestBadLines(t *testing.T) {
	snap := packSnapshot(t)
	good := slices.Collect(strings.Lines(workertest.BusyLog(t, "../../testdata/logs/cowrie.json", 3)))
	bad := []string{
		"not json\n", `{"eventid":` + "\n", "\x00\x01\xff\n", strings.Repeat(`{"a":`, 500) + "\n", "[]\n", "null\n", `{"eventid":5}` + "\n",
		`{"eventid":"cowrie.command.input","timestamp":"never","session":"s","src_ip":"x"}` + "\n", "\x1b]0;x\a" + strings.Repeat("A", 2*store.DeadLetterBody) + "\n",
	}
	n := rounds.Of(t, 250, 1000)
	mixed, rng := slices.Clone(good), rand.New(rand.NewPCG(14, 6))
	for i := range n {
		mixed = slices.Insert(mixed, 1+rng.IntN(len(mixed)), bad[i%len(bad)])
	}
	run := func(all []string) (*sqlite.DB, int) {
		db := openDB(t)
		s := &Service{
			InForce: func() *engine.Snapshot { return snap }, Now: time.Now, Ledger: db.Ledger(), Once: true,
		}
		feeds := make(chan Feed, 1)
		files := fstest.MapFS{"cowrie.json": {Data: []byte(strings.Join(all, ""))}}
		feeds <- Feed{Source: "log", Input: ingest.Input{Name: "cowrie.json", FS: files}, Format: "cowrie"}
		close(feeds)
		if err := s.Run(t.Context(), feeds); err != nil {
			t.Fatal(err)
		}
		return db, s.Account().Rejected
	}
	alone, _ := run(good)
	db, rejected := run(mixed)
	if diff := cmp.Diff(storedTags(t, alone), storedTags(t, db)); diff != "" {
		t.Errorf("tags of the good lines differ (-alone +among bad ones):\n%.3000s", diff)
	}
	letters := 0
	err := db.DeadLetters().Each(t.Context(), 0, func(l *store.DeadLetter) error {
		letters++
		if l.Reason == "" || len(l.Body) == 0 || len(l.Body) > store.DeadLetterBody {
			t.Errorf("a dead letter of %d bytes with the reason %q", len(l.Body), l.Reason)
		}
		return nil
	})
	if err != nil || letters != n || rejected != n {
		t.Errorf("%d dead letters, %v, of %d lines rejected, want %d", letters, err, rejected, n)
	}
}
