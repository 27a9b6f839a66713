package worker

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/ingest"
	"ttpctl/internal/rounds"
	"ttpctl/internal/state"
	"ttpctl/internal/store"
	"ttpctl/internal/worker/workertest"
)

// newerFormats are those of a program with a version more: it writes sequences first.
func newerFormats() []stateFormat {
	return append(stateFormats(), stateFormat{2, func(c *state.Codec, readers, sequences *[]byte) { codeState(c, sequences, readers) }})
}

func TestNewestFor(t *testing.T) {
	for _, c := range []struct {
		name   string
		mine   []int
		others [][]int
		want   int
	}{
		{"alone", []int{1, 2}, nil, 2},
		{"all are new", []int{1, 2}, [][]int{{1, 2}, {1, 2, 3}}, 2},
		{"one is old", []int{1, 2}, [][]int{{1, 2}, {1}}, 1},
		{"one says nothing", []int{1, 2}, [][]int{nil}, 1},
		{"one is older than what is written", []int{2, 3}, [][]int{{1}}, 2},
		{"all others are newer", []int{1}, [][]int{{1, 2}}, 1},
	} {
		if got := NewestFor(c.mine, c.others); got != c.want {
			t.Errorf("%s: NewestFor(%v, %v) = %d, want %d", c.name, c.mine, c.others, got, c.want)
		}
	}
}

func TestStateVersions(t *testing.T) {
	for _, v := range []int{1, 2} {
		b := formatOf(newerFormats(), v).join([]byte("readers"), nil)
		readers, sequences, err := splitState(newerFormats(), b)
		if err != nil || string(readers) != "readers" || sequences != nil {
			t.Errorf("version %d comes back as %q, %q, %v", v, readers, sequences, err)
		}
		_, _, err = splitState(stateFormats(), b)
		if old := err == nil; old != (v == 1) {
			t.Errorf("an old program reads version %d: error = %v", v, err)
		}
		if v == 2 && !strings.Contains(fmt.Sprint(err), "version 2") {
			t.Errorf("error = %v, want the version in it", err)
		}
	}
	if _, _, err := splitState(stateFormats(), nil); err == nil {
		t.Error("an empty state is read")
	}
}

// A program with a newer version of the state and one without it take turns at a
// source, each going on with what the other has left, and store what one undisturbed
// run does. Once the old one has left, the newer version is written.
func TestOldAndNewSideBySide(t *testing.T) {
	t.Parallel()
	snap := packSnapshot(t)
	files := fstest.MapFS{"cowrie.json": {Data: []byte(workertest.BusyLog(t, "../../testdata/logs/cowrie.json", 24))}}
	run := func(l store.Ledger, formats []stateFormat, others ...[]int) error {
		s := &Service{
			InForce: func() *engine.Snapshot { return snap }, Now: time.Now, Ledger: l, Once: true, stateEvery: time.Nanosecond, formats: formats,
			StateVersion: func() int { return NewestFor(versionsOf(formats), others) },
			Observe:      func(n Note) { t.Errorf("told %+v", n) },
		}
		return s.Follow(t.Context(), Feed{Source: "log", Input: ingest.Input{Name: "cowrie.json", FS: files}})
	}
	version := func(l store.Ledger) byte {
		p, err := l.Resume(t.Context(), "log", "test")
		if err != nil || len(p.State) == 0 {
			t.Fatalf("Resume() = %+v, %v, want a state", p, err)
		}
		return p.State[0]
	}
	undisturbed := openDB(t)
	if err := run(undisturbed.Ledger(), stateFormats()); err != nil {
		t.Fatal(err)
	}
	want := storedTags(t, undisturbed)
	for round := range rounds.Of(t, 1, 3) {
		db := openDB(t)
		for turn := range 3 { // what is left of the log is for those who all read version 2
			formats, others := stateFormats(), versionsOf(newerFormats())
			if turn%2 == 0 {
				formats, others = newerFormats(), versionsOf(stateFormats())
			}
			err := run(&mortal{db.Ledger(), 1 + round%2, turn%3 == 0}, formats, others)
			if got := version(db.Ledger()); got != 1 {
				t.Fatalf("turn %d: version %d was written beside a process that reads version 1", turn, got)
			}
			if !errors.Is(err, errKilled) {
				t.Fatalf("turn %d: %v, want to be killed", turn, err)
			}
		}
		if err := run(db.Ledger(), newerFormats(), versionsOf(newerFormats())); err != nil {
			t.Fatal(err)
		}
		if got := version(db.Ledger()); got != 2 {
			t.Errorf("version %d was written when all read version 2", got)
		}
		if diff := cmp.Diff(want, storedTags(t, db)); diff != "" {
			t.Errorf("tags differ (-undisturbed +taking turns):\n%.3000s", diff)
		}
		if err := run(db.Ledger(), stateFormats()); err == nil || !strings.Contains(err.Error(), "version 2") {
			t.Errorf("an old program that comes back: error = %v, want that it does not read version 2", err)
		}
	}
}
