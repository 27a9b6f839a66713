package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// A LedgerFixture is one ledger, with its outbox and its dead letters, under
// the suites.
type LedgerFixture struct {
	store.Ledger
	store.Outbox
	store.DeadLetters
	Tags     store.Tags     // nil = it keeps no tags, and each is new to it
	Sessions store.Sessions // nil = it keeps none
	Clock    *Clock
	Letters  int // dead letters that it keeps
	// Again returns the same as another process sees it; nil = nobody else can.
	Again func(t *testing.T) LedgerFixture
}

// runSuite runs the tests of a suite, each over a ledger of its own.
func runSuite(t *testing.T, fixture func(t *testing.T) LedgerFixture, tests map[string]func(*testing.T, LedgerFixture)) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fixture(t))
		})
	}
}

// Ledger runs the suite of [store.Ledger] over ledgers that fixture makes.
func Ledger(t *testing.T, fixture func(t *testing.T) LedgerFixture) {
	runSuite(t, fixture, map[string]func(*testing.T, LedgerFixture){
		"resume": testLedgerResume, "commit": testLedgerCommit, "fresh": testLedgerFresh, "refused": testLedgerRefused,
		"fencing": testLedgerFencing, "rollback": testLedgerRollback, "sources at once": testLedgerSources,
		"big state": testLedgerBigState, "hostile": testLedgerHostile,
	})
}

// hostile are strings that a store must give back as they are.
var hostile = []string{"", "a\x00b", "\xff|'--", "ü 日本\u2028", `";%_\`, "\x00"}

func resume(t *testing.T, f LedgerFixture, source string) store.Position {
	t.Helper()
	p, err := f.Resume(t.Context(), source, "owner")
	if err != nil {
		t.Fatalf("Resume(%q) error = %v", source, err)
	}
	return p
}

// resumed returns the source, resumed and with outputs.
func resumed(t *testing.T, f LedgerFixture, source string, outputs ...string) store.Position {
	t.Helper()
	p := resume(t, f, source)
	setOutputs(t, f, source, outputs...)
	return p
}

func commit(t *testing.T, f LedgerFixture, c *store.Commit) []int {
	t.Helper()
	fresh, err := f.Commit(t.Context(), c)
	if err != nil {
		t.Fatalf("Commit(%q) error = %v", c.Source, err)
	}
	return fresh
}

// messages returns a Publish that says n things, numbered from first.
func messages(first, n int) func([]int) []store.Message {
	return func([]int) []store.Message {
		ms := make([]store.Message, n)
		for i := range ms {
			ms[i] = store.Message{Topic: store.Tagged, Body: fmt.Appendf(nil, `{"n":%d}`, first+i)}
		}
		return ms
	}
}

func testLedgerResume(t *testing.T, f LedgerFixture) {
	for i := range 3 {
		p, err := f.Resume(t.Context(), "b", fmt.Sprint("owner ", i))
		want := store.Position{Source: "b", Owner: fmt.Sprint("owner ", i), Epoch: int64(i + 1)}
		if diff := cmp.Diff(want, p); err != nil || diff != "" {
			t.Errorf("Resume() %d, %v (-want +got):\n%s", i, err, diff)
		}
	}
	resume(t, f, "a")
	all, err := f.Sources(t.Context())
	if err != nil || len(all) != 2 || all[0].Source != "a" || all[1].Epoch != 3 || all[1].Owner != "owner 2" {
		t.Errorf("Sources() = %+v, %v, want a and b of epoch 3", all, err)
	}
}

func testLedgerCommit(t *testing.T, f LedgerFixture) {
	p := resumed(t, f, "s", "out")
	state, now := []byte("state 1\x00"), store.Instant(f.Clock.Now())
	commit(t, f, &store.Commit{Source: "s", Epoch: p.Epoch, Tags: SomeTags(0, 3), Publish: messages(0, 2), TagsCursor: "t1", State: state, StateCursor: "s1"})
	state[0] = '!' // the ledger keeps its own
	commit(t, f, &store.Commit{Source: "s", Epoch: p.Epoch, TagsCursor: "t2", StateCursor: "without a state"})
	f.Clock.Advance(time.Hour)
	commit(t, f, &store.Commit{Source: "s", Epoch: p.Epoch, Publish: messages(2, 1)})
	if f.Again != nil {
		f = f.Again(t)
	}
	got := resume(t, f, "s")
	if d := got.CommittedAt.Sub(now); d < time.Hour || d > time.Hour+Patience {
		t.Errorf("CommittedAt is %v after the beginning, want an hour", d)
	}
	want := store.Position{Source: "s", Owner: "owner", Epoch: 2, TagsCursor: "t2", StateCursor: "s1", State: []byte("state 1\x00"), Seq: 3, CommittedAt: got.CommittedAt}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Resume() (-want +got):\n%s", diff)
	}
	commit(t, f, &store.Commit{Source: "s", Epoch: 2, State: []byte{}})
	want.Epoch, want.State, want.StateCursor = 3, []byte{}, ""
	got = resume(t, f, "s")
	want.CommittedAt = got.CommittedAt
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Resume() after an empty state at the beginning (-want +got):\n%s", diff)
	}
	all, err := f.Sources(t.Context())
	want.State = nil
	if diff := cmp.Diff([]store.Position{want}, all); err != nil || diff != "" {
		t.Errorf("Sources(), %v (-want +got):\n%s", err, diff)
	}
}

// Publish is told of the tags that are new: neither of those stored before, nor
// of those below the floor.
func testLedgerFresh(t *testing.T, f LedgerFixture) {
	p := resumed(t, f, "s", "out")
	tags := slices.Concat(SomeTags(0, 3), SomeTags(1, 1), SomeTags(3, 2))
	tags[2].Confidence = 0.2999
	first, again := []int{0, 1, 4, 5}, []int(nil)
	if f.Tags == nil {
		first = []int{0, 1, 3, 4, 5}
		again = first
	}
	for i, want := range [][]int{first, again} {
		var told []int
		got := commit(t, f, &store.Commit{Source: "s", Epoch: p.Epoch, Tags: tags, Publish: func(fresh []int) []store.Message {
			told = fresh
			return nil
		}})
		if !slices.Equal(got, want) || !slices.Equal(told, want) {
			t.Errorf("Commit() %d = %v, Publish was told %v, want %v", i, got, told, want)
		}
	}
	if f.Tags != nil {
		if n := len(chosen(t, f.Tags, store.Filter{})); n != len(first) {
			t.Errorf("%d tags are stored, want %d", n, len(first))
		}
	}
}

// A tag that no repository may hold has the whole commit refused.
func testLedgerRefused(t *testing.T, f LedgerFixture) {
	p := resumed(t, f, "s", "out")
	bad := NamedTag(2, "", "")
	c := &store.Commit{
		Source: "s", Epoch: p.Epoch, Tags: []event.Tag{NamedTag(1, "a", ""), bad}, Publish: messages(0, 1), TagsCursor: "t",
		State: []byte("s"), Dead: []store.DeadLetter{{Reason: "r"}},
	}
	if _, err := f.Commit(t.Context(), c); err == nil || !strings.Contains(err.Error(), bad.UUID.String()) {
		t.Errorf("Commit() of a tag without an anchor: error = %v, want one that names it", err)
	}
	wantNothing(t, f)
}

// wantNothing fails when anything was stored of source s.
func wantNothing(t *testing.T, f LedgerFixture) {
	t.Helper()
	p := resume(t, f, "s")
	if p.TagsCursor != "" || p.StateCursor != "" || p.State != nil || p.Seq != 0 || !p.CommittedAt.IsZero() {
		t.Errorf("Resume() = %+v, want a source at its beginning", p)
	}
	if ms := next(t, f, "out", "s", 10); len(ms) != 0 {
		t.Errorf("Next() = %v, want nothing", ms)
	}
	if ds := letters(t, f, 0); len(ds) != 0 {
		t.Errorf("dead letters %v, want none", ds)
	}
	if f.Tags != nil {
		if tags := chosen(t, f.Tags, store.Filter{}); len(tags) != 0 {
			t.Errorf("%d tags, want none", len(tags))
		}
	}
}

// Of those that resumed a source the last commits, and nobody else; what was
// resumed elsewhere is resumed here first.
func testLedgerFencing(t *testing.T, f LedgerFixture) {
	c := &store.Commit{Source: "s", Epoch: 1, Tags: SomeTags(0, 1), Publish: messages(0, 1), TagsCursor: "t", State: []byte("s"), Dead: []store.DeadLetter{{Reason: "r"}}}
	kept := func(when string, want error) {
		t.Helper()
		if _, err := f.Commit(t.Context(), c); !errors.Is(err, want) || store.ClassOf(err).Passes() {
			t.Errorf("Commit() %s: error = %v, want %v", when, err, want)
		}
	}
	kept("of a source that nobody resumed", store.ErrReplaced)
	setOutputs(t, f, "s", "out")
	kept("of a source that has outputs only", store.ErrReplaced)
	resume(t, f, "s")
	other := f
	if f.Again != nil {
		other = f.Again(t)
	}
	last := resume(t, other, "s")
	kept("of an earlier epoch", store.ErrFenced)
	c.Epoch = last.Epoch + 1
	kept("of an epoch to come", store.ErrReplaced)
	wantNothing(t, f)
	c.Epoch = last.Epoch + 1 // wantNothing resumed it
	commit(t, f, c)
}

// A commit that fails leaves nothing behind, and can be tried again: Publish
// is asked again about the same tags.
func testLedgerRollback(t *testing.T, f LedgerFixture) {
	p := resumed(t, f, "s", "out")
	ctx, cancel := context.WithCancel(t.Context())
	c := &store.Commit{
		Source: "s", Epoch: p.Epoch, Tags: SomeTags(0, 3), TagsCursor: "t", State: []byte("s"), StateCursor: "t", Dead: []store.DeadLetter{{Reason: "r"}},
	}
	var told [][]int
	c.Publish = func(fresh []int) []store.Message {
		told = append(told, fresh)
		cancel() // midway
		return messages(0, 2)(fresh)
	}
	if _, err := f.Commit(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit() that is cancelled midway: error = %v, want %v", err, context.Canceled)
	}
	wantNothing(t, f)
	c.Epoch++ // wantNothing resumed it
	commit(t, f, c)
	if diff := cmp.Diff([][]int{{0, 1, 2}, {0, 1, 2}}, told); diff != "" {
		t.Errorf("Publish was told (-want +got):\n%s", diff)
	}
	wantMessages(t, f, "out", "s", 1, 2)
}

// Sources that commit at the same time number their messages each on its own.
func testLedgerSources(t *testing.T, f LedgerFixture) {
	const sources, commits, each = 4, 15, 3
	var wg sync.WaitGroup
	for s := range sources {
		source := fmt.Sprint("s", s)
		p := resumed(t, f, source, "out")
		at := f
		if f.Again != nil && s%2 == 1 {
			at = f.Again(t)
		}
		wg.Go(func() {
			for i := range commits {
				c := &store.Commit{Source: source, Epoch: p.Epoch, Tags: SomeTags(s*1000+i, 1), Publish: messages(i*each, each), TagsCursor: fmt.Sprint(i)}
				if _, err := at.Commit(t.Context(), c); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for s := range sources {
		wantMessages(t, f, "out", fmt.Sprint("s", s), 1, commits*each)
	}
}

func testLedgerBigState(t *testing.T, f LedgerFixture) {
	p := resume(t, f, "s")
	state := slices.Repeat([]byte("0123456\x00"), 1<<20)
	for i := range 3 {
		state[i] = '!'
		commit(t, f, &store.Commit{Source: "s", Epoch: p.Epoch, State: state, StateCursor: fmt.Sprint(i)})
	}
	if got := resume(t, f, "s"); got.StateCursor != "2" || !slices.Equal(got.State, state) {
		t.Errorf("Resume() = %d bytes at %q, want the last state", len(got.State), got.StateCursor)
	}
}

// Names, cursors and owners are whatever they are.
func testLedgerHostile(t *testing.T, f LedgerFixture) {
	for i, s := range hostile {
		p, err := f.Resume(t.Context(), s, s)
		if err != nil {
			t.Fatalf("Resume(%q) error = %v", s, err)
		}
		setOutputs(t, f, s, s, "other")
		body := []byte(s + "\x00\xff")
		commit(t, f, &store.Commit{
			Source: s, Epoch: p.Epoch, TagsCursor: s + "t", State: body, StateCursor: s,
			Publish: func([]int) []store.Message { return []store.Message{{Topic: store.Suppressed, Body: body}} },
		})
		want := store.Position{Source: s, Owner: s, Epoch: 2, TagsCursor: s + "t", StateCursor: s, State: body, Seq: 1}
		got, err := f.Resume(t.Context(), s, s)
		want.CommittedAt = got.CommittedAt
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Resume(%q), %v (-want +got):\n%s", s, err, diff)
		}
		if diff := cmp.Diff([]store.Message{{Seq: 1, Topic: store.Suppressed, Body: body}}, next(t, f, s, s, 10)); diff != "" {
			t.Errorf("Next(%q) (-want +got):\n%s", s, diff)
		}
		done(t, f, store.Mark{Output: s, Source: s, Seq: 1})
		if ms := next(t, f, s, s, 10); len(ms) != 0 {
			t.Errorf("Next(%q) after Done = %v, want nothing", s, ms)
		}
		if all, err := f.Sources(t.Context()); err != nil || len(all) != i+1 {
			t.Errorf("Sources() = %d, %v, want %d", len(all), err, i+1)
		}
	}
}
