package worker

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report/sessions"
	"ttpctl/internal/rounds"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
	"ttpctl/internal/worker/workertest"
	"ttpctl/rules"
)

// packSnapshot returns the shipped pack with every rule enabled, read as a start of
// the program reads it.
func packSnapshot(t testing.TB) *engine.Snapshot {
	t.Helper()
	cfg := compileConfig()
	cfg.Outlines = engine.ReadOutlines(rules.Outlines())
	rs, diags := engine.Compile(cfg.Outlines.Sources("", rules.Text), cfg)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return engine.NewSnapshot(rs, nil, time.Now())
}

// errKilled is what a mortal ledger dies of.
var errKilled = errors.New("killed")

// A mortal ledger dies at a commit, before it is done or after, and so ends the
// run as a kill does: nothing that was not committed is left.
type mortal struct {
	store.Ledger
	commits int // that are left
	done    bool
}

func (m *mortal) Commit(ctx context.Context, c *store.Commit) ([]int, error) {
	if c.Publish == nil { // events are not forwarded
		c.Publish = func(fresh []int) (ms []store.Message) {
			for _, i := range fresh {
				ms = append(ms, store.Message{Topic: store.Tagged, Body: c.Tags[i].AppendJSON(nil)})
			}
			return ms
		}
		defer func() { c.Publish = nil }()
	}
	if m.commits--; m.commits > 0 {
		return m.Ledger.Commit(ctx, c)
	}
	if m.done && m.commits == 0 { // who is dead does not try again
		m.Ledger.Commit(ctx, c)
	}
	return nil, errKilled
}

// TestKilledAtAnyCommit: runs that are killed at random commits, and gone on
// with, store what one undisturbed run does: aggregates, sequences and open
// sessions included, and publish each tag; each line of a session is kept once. What
// the end of an input gives is kept again by who reads to that end again, and shown once.
func TestKilledAtAnyCommit(t *testing.T) {
	t.Parallel()
	snap := packSnapshot(t)
	files := fstest.MapFS{"cowrie.json": {Data: []byte(workertest.BusyLog(t, "../../testdata/logs/cowrie.json", 20))}}
	noter := sessions.NewKeeper(sessions.Options{})
	run := func(l store.Ledger, every time.Duration) error {
		s := &Service{
			InForce: func() *engine.Snapshot { return snap }, Now: time.Now, Ledger: l, Once: true, stateEvery: every,
			Observe: func(n Note) { t.Errorf("told %+v", n) },
			Record:  func() Recorder { return noter.Recorder() }, Typed: sessions.Lines,
		}
		feeds := make(chan Feed, 1)
		feeds <- Feed{Source: "log", Input: ingest.Input{Name: "cowrie.json", FS: files}}
		close(feeds)
		return s.Run(t.Context(), feeds)
	}
	undisturbed := openDB(t)
	if err := run(undisturbed.Ledger(), 0); err != nil {
		t.Fatal(err)
	}
	want, typed := storedTags(t, undisturbed), keptLines(t, undisturbed)
	rng := rand.New(rand.NewPCG(14, 14))
	all := 0
	n := rounds.Of(t, 2, 6)
	for round := range n {
		db := openDB(t)
		if err := db.Outbox().Outputs(t.Context(), "log", []string{"out"}); err != nil {
			t.Fatal(err)
		}
		kills := 0
		for every := []time.Duration{time.Nanosecond, time.Hour, 3 * time.Millisecond}[round%3]; ; kills++ {
			err := run(&mortal{db.Ledger(), 1 + rng.IntN(6), rng.IntN(2) == 0}, every)
			if err == nil {
				break
			}
			if !errors.Is(err, errKilled) || kills > 500 {
				t.Fatalf("after %d kills: %v", kills, err)
			}
		}
		all += kills
		if err := run(db.Ledger(), time.Hour); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, storedTags(t, db)); diff != "" {
			t.Fatalf("round %d, %d kills: tags differ (-undisturbed +killed):\n%.3000s", round, kills, diff)
		}
		if diff := cmp.Diff(typed, keptLines(t, db)); diff != "" || len(typed) == 0 {
			t.Fatalf("round %d, %d kills: lines of %d sessions differ (-undisturbed +killed):\n%.3000s", round, kills, len(typed), diff)
		}
		ms, err := db.Outbox().Next(t.Context(), "out", "log", 0, len(want)+1)
		if err != nil || len(ms) != len(want) {
			t.Errorf("round %d: %d messages in the outbox, %v, want one for each of %d tags", round, len(ms), err, len(want))
		}
	}
	t.Logf("%d kills in %d rounds", all, n)
	if all < n {
		t.Errorf("%d kills in all, want some in each round", all)
	}
}

// keptLines returns what db keeps of sessions; what an end of input gave, once.
func keptLines(t testing.TB, db *sqlite.DB) map[string]string {
	t.Helper()
	kept := map[string]string{}
	err := db.Sessions().Each(t.Context(), "", func(l *store.KeptLines) error {
		name := l.Sensor + "/" + l.Session
		for line := range strings.Lines(string(l.Lines)) {
			end := strings.Contains(line, `"kind":"session"`)
			if !end || !strings.Contains(kept[name], line) {
				kept[name] += line
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// storedTags returns the tags of db in the order of their uuids.
func storedTags(t testing.TB, db *sqlite.DB) (all []string) {
	t.Helper()
	err := db.Tags().Each(t.Context(), store.Filter{}, 0, func(tag *store.StoredTag) error {
		all = append(all, string(tag.AppendJSON(nil)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}
