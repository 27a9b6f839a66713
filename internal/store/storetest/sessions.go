package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/store"
	"ttpctl/internal/store/sqldb"
)

// Sessions runs the suite of [store.Sessions] over ledgers that fixture makes.
func Sessions(t *testing.T, fixture func(t *testing.T) LedgerFixture) {
	runSuite(t, fixture, map[string]func(*testing.T, LedgerFixture){
		"kept": testSessionsKept, "hostile": testSessionsHostile, "bounds": testSessionsBounds, "undone": testSessionsUndone, "pruned": testSessionsPruned,
	})
}

// typed returns lines of a session.
func typed(sensor, session string, lines ...string) store.SessionLines {
	s := store.SessionLines{Sensor: sensor, Session: session}
	for _, l := range lines {
		s.Lines = append(s.Lines, store.SessionLine{Text: []byte(l), Ends: l == "end"})
	}
	return s
}

// keptOf returns what is kept of the sessions that id means.
func keptOf(t *testing.T, f LedgerFixture, id string) (all []string) {
	t.Helper()
	err := f.Sessions.Each(t.Context(), id, func(l *store.KeptLines) error {
		all = append(all, fmt.Sprintf("%s %s %q %d", l.Sensor, l.Session, l.Lines, l.LeftOut))
		return nil
	})
	if err != nil {
		t.Fatalf("Each(%q) error = %v", id, err)
	}
	return all
}

func wantKept(t *testing.T, f LedgerFixture, id string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, keptOf(t, f, id)); diff != "" {
		t.Errorf("kept of %q (-want +got):\n%s", id, diff)
	}
}

// keep commits lines of sessions, twice: nobody may know what became of the first
// attempt.
func keep(t *testing.T, f LedgerFixture, p *store.Position, all ...store.SessionLines) {
	t.Helper()
	p.Seq++
	for range 2 {
		commit(t, f, &store.Commit{Source: p.Source, Epoch: p.Epoch, TagsCursor: "t", Sessions: all, Number: p.Seq})
	}
}

func testSessionsKept(t *testing.T, f LedgerFixture) {
	p := resume(t, f, "s")
	keep(t, f, &p, typed("z", "one", "1"), typed("", "two", "2"), typed("z", "one", "3"))
	keep(t, f, &p)
	keep(t, f, &p, typed("z", "one", "4"), typed("y", "one", "5"))
	if f.Again != nil {
		f = f.Again(t)
	}
	wantKept(t, f, "", ` two "2\n" 0`, `z one "1\n3\n" 0`, `y one "5\n" 0`, `z one "4\n" 0`)
	wantKept(t, f, "o", `z one "1\n3\n" 0`, `y one "5\n" 0`, `z one "4\n" 0`)
	wantKept(t, f, "z/on", `z one "1\n3\n" 0`, `z one "4\n" 0`)
	wantKept(t, f, "z/one2")
	for id, want := range map[string][]string{"": {"one", "one", "two"}, "tw": {"two"}, "z": nil} {
		got, err := f.Sessions.IDs(t.Context(), id, 10)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("IDs(%q) error = %v, (-want +got):\n%s", id, err, diff)
		}
	}
	if got, err := f.Sessions.IDs(t.Context(), "", 2); err != nil || len(got) != 2 {
		t.Errorf("IDs() of at most 2 = %q, %v", got, err)
	}
	wantKept(t, f, "%")
	own := errors.New("own")
	if err := f.Sessions.Each(t.Context(), "", func(*store.KeptLines) error { return own }); err != own {
		t.Errorf("Each() = %v, want the error of yield", err)
	}
}

// Names are whatever they are, and so are lines.
func testSessionsHostile(t *testing.T, f LedgerFixture) {
	p := resume(t, f, "s")
	for i, s := range hostile {
		keep(t, f, &p, typed(s, s+fmt.Sprint(i), "\x00\xff"+s))
	}
	n := 0
	err := f.Sessions.Each(t.Context(), "", func(l *store.KeptLines) error {
		if want := "\x00\xff" + l.Sensor + "\n"; string(l.Lines) != want || l.Session != l.Sensor+fmt.Sprint(n) || l.Sensor != hostile[n] {
			t.Errorf("%q/%q: kept %q, want %q", l.Sensor, l.Session, l.Lines, want)
		}
		n++
		return nil
	})
	if err != nil || n != len(hostile) {
		t.Errorf("Each() yields %d sessions, %v, want %d", n, err, len(hostile))
	}
	keptOf(t, f, "a\x00b\xff%_")
}

// A session has bounds; the line that ends it is kept past them, and the rest is
// counted.
func testSessionsBounds(t *testing.T, f LedgerFixture) {
	p := resume(t, f, "s")
	long, line := strings.Repeat("x", store.SessionKeptBytes/2), strings.Repeat("l,", store.SessionKeptLines)
	keep(t, f, &p, typed("", "long", long, "end"), typed("", "many", strings.Split(line, ",")...))
	keep(t, f, &p, typed("", "long", long, "short"), typed("", "many", "more", "end"), typed("", "other", "1"))
	got := map[string]string{}
	err := f.Sessions.Each(t.Context(), "", func(l *store.KeptLines) error {
		got[l.Session] += fmt.Sprintf("%d lines of %d bytes, %d left out; ", strings.Count(string(l.Lines), "\n"), len(l.Lines), l.LeftOut)
		return nil
	})
	half := store.SessionKeptBytes / 2
	want := map[string]string{
		"long":  fmt.Sprintf("2 lines of %d bytes, 1 left out; 1 lines of 6 bytes, 1 left out; ", half+1+4),
		"many":  fmt.Sprintf("%d lines of %d bytes, 2 left out; 1 lines of 4 bytes, 2 left out; ", store.SessionKeptLines, 2*store.SessionKeptLines),
		"other": "1 lines of 2 bytes, 0 left out; ",
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Each() error = %v, kept (-want +got):\n%s", err, diff)
	}
}

// Lines come and go with the commit that brings them: what is refused or ends midway
// leaves none.
func testSessionsUndone(t *testing.T, f LedgerFixture) {
	p := resume(t, f, "s")
	keep(t, f, &p, typed("", "a", "1"))
	ctx, cancel := context.WithCancel(t.Context())
	c := &store.Commit{Source: "s", Epoch: p.Epoch, Number: 2, TagsCursor: "u", Sessions: []store.SessionLines{typed("", "a", "2"), typed("", "b", "3")}}
	c.Publish = func([]int) []store.Message { cancel(); return nil }
	if _, err := f.Commit(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit() that is cancelled midway: error = %v, want %v", err, context.Canceled)
	}
	newer := resume(t, f, "s")
	c.Publish = nil
	if _, err := f.Commit(t.Context(), c); !errors.Is(err, store.ErrFenced) {
		t.Errorf("Commit() of an earlier owner: error = %v, want %v", err, store.ErrFenced)
	}
	wantKept(t, f, "", ` a "1\n" 0`)
	c.Epoch, c.Number = newer.Epoch, 1
	commit(t, f, c)
	wantKept(t, f, "", ` a "1\n" 0`, ` a "2\n" 0`, ` b "3\n" 0`)
}

// A session goes so long after its last line.
func testSessionsPruned(t *testing.T, f LedgerFixture) {
	p := resume(t, f, "s")
	const old = 700 // more than go at once
	var many []store.SessionLines
	for i := range old {
		many = append(many, typed("", fmt.Sprintf("old%03d", i), "1"))
	}
	keep(t, f, &p, append(many, typed("", "goes on", "1"))...)
	f.Clock.Advance(time.Hour)
	keep(t, f, &p, typed("", "goes on", "2"), typed("", "young", "3"))
	if n, err := f.Sessions.PruneOlderThan(t.Context(), f.Clock.Now().Add(-30*time.Minute)); err != nil || n != old {
		t.Errorf("PruneOlderThan() = %d, %v, want %d", n, err, old)
	}
	wantKept(t, f, "", ` goes on "1\n" 0`, ` goes on "2\n" 0`, ` young "3\n" 0`)
}

// A session that goes on while old ones are removed stays, with all of its lines.
func testSessionsPrunedBeside(t *testing.T, fixture DatabaseFixture) {
	c := &Clock{}
	address := fixture.New(t)
	one, two := fixture.opened(t, address, c.Now), fixture.opened(t, address, c.Now)
	f := LedgerFixture{Ledger: one.Ledger(), Sessions: one.Sessions(), Clock: c}
	p := resume(t, f, "s")
	keep(t, f, &p, typed("", "a", "1"))
	c.Advance(time.Hour)
	pruned := make(chan error, 1)
	err := one.(sqldb.Host).Update(t.Context(), "going on", func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE ttp_session SET stored_at = ?`, c.Now().UnixMilli()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO ttp_session_part (session_key, body) VALUES (?, ?)`, "a", []byte("2\n")); err != nil {
			return err
		}
		go func() {
			n, err := two.Sessions().PruneOlderThan(t.Context(), c.Now().Add(-30*time.Minute))
			if err == nil && n != 0 {
				err = fmt.Errorf("%d sessions", n)
			}
			pruned <- err
		}()
		select {
		case err := <-pruned:
			pruned <- err
		case <-time.After(300 * time.Millisecond): // it waits
		}
		return nil
	})
	if err := errors.Join(err, <-pruned); err != nil {
		t.Errorf("pruning beside a session that goes on: %v", err)
	}
	wantKept(t, f, "", ` a "1\n" 0`, ` a "2\n" 0`)
}
