package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/store"
)

// Outbox runs the suite of [store.Outbox] over ledgers that fixture makes.
func Outbox(t *testing.T, fixture func(t *testing.T) LedgerFixture) {
	runSuite(t, fixture, map[string]func(*testing.T, LedgerFixture){
		"order": testOutboxOrder, "positions": testOutboxPositions, "no outputs": testOutboxNoOutputs,
		"new and removed outputs": testOutboxOutputs, "drop": testOutboxDrop, "sizes": testOutboxSizes,
		"many commits": testOutboxCommits, "tried again": testOutboxAgain,
	})
}

func setOutputs(t *testing.T, f LedgerFixture, source string, names ...string) {
	t.Helper()
	if err := f.Outputs(t.Context(), source, names); err != nil {
		t.Fatalf("Outputs(%q, %q) error = %v", source, names, err)
	}
}

func next(t *testing.T, f LedgerFixture, output, source string, most int) []store.Message {
	t.Helper()
	ms, err := f.Next(t.Context(), output, source, 0, most)
	if err != nil {
		t.Fatalf("Next(%q, %q, %d) error = %v", output, source, most, err)
	}
	return ms
}

func done(t *testing.T, f LedgerFixture, passed ...store.Mark) {
	t.Helper()
	if err := f.Done(t.Context(), passed...); err != nil {
		t.Fatalf("Done(%v) error = %v", passed, err)
	}
}

// numbered returns a commit of n messages, numbered from first.
func numbered(source string, epoch int64, first, n int) *store.Commit {
	return &store.Commit{Source: source, Epoch: epoch, Publish: messages(first, n)}
}

// wantMessages fails unless output has messages first to last of source to
// pass, as [messages] made them.
func wantMessages(t *testing.T, f LedgerFixture, output, source string, first, last int64) {
	t.Helper()
	ms := next(t, f, output, source, int(last)+100)
	for i, m := range ms {
		seq := first + int64(i)
		if want := fmt.Sprintf(`{"n":%d}`, seq-1); m.Seq != seq || string(m.Body) != want || m.Topic != store.Tagged {
			t.Errorf("message %d of %s for %s = %+v %s, want number %d, %s", i, source, output, m, m.Body, seq, want)
			return
		}
	}
	if int64(len(ms)) != last-first+1 {
		t.Errorf("%s has %d messages of %s to pass, want those from %d to %d", output, len(ms), source, first, last)
	}
}

func wantWaiting(t *testing.T, f LedgerFixture, want ...store.Backlog) {
	t.Helper()
	got, err := f.Waiting(t.Context())
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Waiting(), %v (-want +got):\n%s", err, diff)
	}
}

func testOutboxOrder(t *testing.T, f LedgerFixture) {
	p := resumed(t, f, "s", "out")
	for i := range 10 {
		commit(t, f, numbered("s", p.Epoch, 5*i, 5))
	}
	wantMessages(t, f, "out", "s", 1, 50)
	for _, c := range []struct{ most, want int }{{1, 1}, {7, 7}, {50, 50}, {1000, 50}} {
		if ms := next(t, f, "out", "s", c.most); len(ms) != c.want || ms[0].Seq != 1 {
			t.Errorf("Next(%d) = %d messages, want %d from the first on", c.most, len(ms), c.want)
		}
	}
	for _, c := range []struct{ after, first int64 }{{1, 2}, {5, 6}, {49, 50}, {50, 0}, {1000, 0}} {
		ms, err := f.Next(t.Context(), "out", "s", c.after, 3)
		if err != nil || (len(ms) > 0) != (c.first > 0) || len(ms) > 0 && ms[0].Seq != c.first {
			t.Errorf("Next() after %d = %v, %v, want it to begin with %d", c.after, ms, err, c.first)
		}
	}
	for _, seq := range []int64{3, 5, 42, 49} { // within a commit and at its end
		done(t, f, store.Mark{Output: "out", Source: "s", Seq: seq})
		wantMessages(t, f, "out", "s", seq+1, 50)
	}
	done(t, f, store.Mark{Output: "out", Source: "s", Seq: 7}) // never back
	wantMessages(t, f, "out", "s", 50, 50)
	done(t, f, store.Mark{Output: "out", Source: "s", Seq: 1000}) // nor ahead of what there is
	wantWaiting(t, f)
	commit(t, f, numbered("s", p.Epoch, 50, 1))
	wantMessages(t, f, "out", "s", 51, 51)
}

// Each output has a position in each source.
func testOutboxPositions(t *testing.T, f LedgerFixture) {
	a, b := resumed(t, f, "a", "fast", "slow"), resumed(t, f, "b", "slow")
	commit(t, f, numbered("a", a.Epoch, 0, 10))
	commit(t, f, numbered("b", b.Epoch, 0, 4))
	done(t, f, store.Mark{Output: "fast", Source: "a", Seq: 10}, store.Mark{Output: "slow", Source: "b", Seq: 1}, store.Mark{Output: "slow", Source: "a", Seq: 2})
	done(t, f, store.Mark{Output: "fast", Source: "b", Seq: 4}, store.Mark{Output: "nobody", Source: "a", Seq: 9}, store.Mark{Output: "fast", Source: "none", Seq: 1})
	done(t, f)
	wantMessages(t, f, "fast", "a", 11, 10)
	wantMessages(t, f, "fast", "b", 1, 0) // it is no output of b
	wantMessages(t, f, "nobody", "a", 1, 0)
	wantMessages(t, f, "fast", "none", 1, 0)
	if f.Again != nil {
		f = f.Again(t)
	}
	wantMessages(t, f, "slow", "a", 3, 10)
	wantMessages(t, f, "slow", "b", 2, 4)
	wantWaiting(t, f, store.Backlog{Source: "a", Output: "slow", Messages: 8}, store.Backlog{Source: "b", Output: "slow", Messages: 3})
}

// Without outputs messages are numbered and not kept.
func testOutboxNoOutputs(t *testing.T, f LedgerFixture) {
	p := resume(t, f, "s")
	commit(t, f, numbered("s", p.Epoch, 0, 3))
	setOutputs(t, f, "s", "out")
	wantMessages(t, f, "out", "s", 4, 3)
	wantWaiting(t, f)
	commit(t, f, numbered("s", p.Epoch, 3, 2))
	wantMessages(t, f, "out", "s", 4, 5)
	setOutputs(t, f, "s")
	wantWaiting(t, f)
	setOutputs(t, f, "s", "out")
	wantMessages(t, f, "out", "s", 6, 5)
	if got := resume(t, f, "s").Seq; got != 5 {
		t.Errorf("Seq = %d, want 5", got)
	}
}

func testOutboxOutputs(t *testing.T, f LedgerFixture) {
	p := resumed(t, f, "s", "a", "b")
	commit(t, f, numbered("s", p.Epoch, 0, 10))
	done(t, f, store.Mark{Output: "a", Source: "s", Seq: 7}, store.Mark{Output: "b", Source: "s", Seq: 4})
	setOutputs(t, f, "s", "a", "b", "c") // what is held begins with 5
	wantMessages(t, f, "a", "s", 8, 10)
	wantMessages(t, f, "b", "s", 5, 10)
	wantMessages(t, f, "c", "s", 5, 10)
	setOutputs(t, f, "s", "a", "a") // those up to 7 were wanted by the others alone
	wantMessages(t, f, "a", "s", 8, 10)
	wantMessages(t, f, "b", "s", 1, 0)
	setOutputs(t, f, "s", "a", "b")
	wantMessages(t, f, "b", "s", 8, 10)
	setOutputs(t, f, "s", "d") // one for all others: nothing that is held is lost
	wantMessages(t, f, "d", "s", 8, 10)
	wantWaiting(t, f, store.Backlog{Source: "s", Output: "d", Messages: 3})
}

func testOutboxDrop(t *testing.T, f LedgerFixture) {
	a, b := resumed(t, f, "a", "dead", "live"), resumed(t, f, "b", "dead")
	for i := range 4 {
		commit(t, f, numbered("a", a.Epoch, 5*i, 5))
	}
	commit(t, f, numbered("b", b.Epoch, 0, 3))
	done(t, f, store.Mark{Output: "live", Source: "a", Seq: 12}, store.Mark{Output: "dead", Source: "a", Seq: 2})
	for _, c := range []struct {
		most int
		want []store.Backlog
		from int64 // what is left of a for dead
	}{
		{18, nil, 3},
		{11, []store.Backlog{{Source: "a", Output: "dead", Messages: 7}}, 10},
		{11, nil, 10},
		{2, []store.Backlog{{Source: "a", Output: "dead", Messages: 9}, {Source: "a", Output: "live", Messages: 6}, {Source: "b", Output: "dead", Messages: 1}}, 19},
	} {
		lost, err := f.Drop(t.Context(), c.most)
		if diff := cmp.Diff(c.want, lost); err != nil || diff != "" {
			t.Errorf("Drop(%d), %v (-want +got):\n%s", c.most, err, diff)
		}
		wantMessages(t, f, "dead", "a", c.from, 20)
	}
	wantMessages(t, f, "live", "a", 19, 20)
	wantMessages(t, f, "dead", "b", 2, 3)
}

// Bodies of any size come back whole and in order.
func testOutboxSizes(t *testing.T, f LedgerFixture) {
	p := resumed(t, f, "s", "out")
	var want []store.Message
	for i, size := range []int{0, 1, 100_000, 127, 128, 1 << 20, 0, 40_000, 40_000, 3} {
		want = append(want, store.Message{Topic: store.Tagged, Body: bytes.Repeat([]byte{byte(i)}, size), Seq: int64(i + 1)})
	}
	commit(t, f, &store.Commit{Source: "s", Epoch: p.Epoch, Publish: func([]int) []store.Message { return want }})
	for from := range want {
		got := next(t, f, "out", "s", 2)
		if !slices.EqualFunc(got, want[from:min(from+2, len(want))], same) {
			t.Errorf("Next() after %d = %d messages, want the two that follow", from, len(got))
		}
		done(t, f, store.Mark{Output: "out", Source: "s", Seq: int64(from + 1)})
	}
}

func same(a, b store.Message) bool {
	return a.Seq == b.Seq && a.Topic == b.Topic && bytes.Equal(a.Body, b.Body)
}

// Messages of many small commits are read as those of a large one: all that is asked
// for, from wherever.
func testOutboxCommits(t *testing.T, f LedgerFixture) {
	p := resume(t, f, "s")
	setOutputs(t, f, "s", "a")
	const n = 140
	for i := range n {
		commit(t, f, numbered("s", p.Epoch, i, 1))
	}
	wantMessages(t, f, "a", "s", 1, n)
	for _, c := range []struct{ after, most, want int }{{0, 64, 64}, {0, 65, 65}, {0, 139, 139}, {10, 128, 128}, {n - 1, 5, 1}, {n, 5, 0}} {
		ms, err := f.Next(t.Context(), "a", "s", int64(c.after), c.most)
		if err != nil || len(ms) != c.want || c.want > 0 && (ms[0].Seq != int64(c.after+1) || ms[c.want-1].Seq != int64(c.after+c.want)) {
			t.Errorf("Next() of %d behind %d = %d messages, %v, want %d", c.most, c.after, len(ms), err, c.want)
		}
	}
}

// A commit that is tried again stores its messages once, also when the first attempt
// is still at it.
func testOutboxAgain(t *testing.T, f LedgerFixture) {
	p := resumed(t, f, "s", "out")
	commit(t, f, numbered("s", p.Epoch, 0, 2))
	again := make(chan error, 1)
	try := func(publish func([]int) []store.Message) error {
		_, err := f.Commit(t.Context(), &store.Commit{Source: "s", Epoch: p.Epoch, Publish: publish, Last: 5, TagsCursor: "t"})
		return err
	}
	var once sync.Once
	err := try(func([]int) []store.Message {
		once.Do(func() { go func() { again <- try(messages(2, 3)) }() })
		return messages(2, 3)(nil)
	})
	for _, err := range []error{err, <-again, try(messages(2, 3))} {
		if err != nil {
			t.Errorf("Commit() error = %v", err)
		}
	}
	wantMessages(t, f, "out", "s", 1, 5)
	commit(t, f, &store.Commit{Source: "s", Epoch: p.Epoch, Publish: messages(5, 1), Last: 6})
	wantMessages(t, f, "out", "s", 1, 6)
}
