package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// A StateFixture is one StateStore under the suite, and the clock that it goes
// by.
type StateFixture struct {
	store.StateStore
	States func(context.Context) (event.States, error) // in effect
	Clock  *Clock
	Close  func() error
}

// StateStore runs the suite of [store.StateStore] over stores that fixture
// makes.
func StateStore(t *testing.T, fixture func(t *testing.T) StateFixture) {
	cases := map[string]func(*testing.T, StateFixture){
		"default": testStateDefault, "round trip": testStateRoundTrip, "isolation": testStateIsolation,
		"history": testStateHistory, "revisions": testStateRevisions, "refused": testStateRefused, "watch": testStateWatch,
		"expiry": testStateExpiry, "expiry unseen": testStateExpiryUnseen, "concurrent": testStateConcurrent,
		"close": testStateClose,
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fixture(t))
		})
	}
}

func set(t *testing.T, f StateFixture, id string, st event.State) {
	t.Helper()
	if err := f.SetState(t.Context(), id, st); err != nil {
		t.Fatalf("SetState(%s, %v) error = %v", id, st, err)
	}
}

func state(t *testing.T, f StateFixture, id string) event.State {
	t.Helper()
	st, err := f.State(t.Context(), id)
	if err != nil {
		t.Fatalf("State(%s) error = %v", id, err)
	}
	return st
}

func watchStates(t *testing.T, f StateFixture) (event.States, *store.Subscription[store.StateChange]) {
	t.Helper()
	states, sub, err := f.Watch(t.Context())
	if err != nil {
		t.Fatalf("Watch() error = %v", err)
	}
	t.Cleanup(sub.Close)
	return states, sub
}

func testStateDefault(t *testing.T, f StateFixture) {
	if got := state(t, f, "R0001"); got != (event.State{}) {
		t.Errorf("State(unknown) = %v, want the zero State", got)
	}
	states, _ := watchStates(t, f)
	if len(states) != 0 {
		t.Errorf("Watch() of an empty store = %v, want none", states)
	}
	h, err := f.History(t.Context(), "R0001")
	if err != nil || len(h) != 0 {
		t.Errorf("History(unknown) = %v, %v, want none", h, err)
	}
}

func testStateRoundTrip(t *testing.T, f StateFixture) {
	until := f.Clock.Now().Add(time.Hour)
	for _, st := range []event.State{
		{Mode: event.Disabled, Reason: "vendor scan", SetBy: "ana"},
		{Mode: event.Clipped, Max: 0.5, ExpiresAt: until, Reason: "über 'quoted' \x00\n", SetBy: "bö"},
		{Mode: event.Clipped, Max: 0, SetBy: "ana"},
		{Mode: event.Clipped, Max: 1, SetBy: "ana"},
		{Mode: event.Enabled, Reason: "done", SetBy: "ana"},
	} {
		before := store.Instant(f.Clock.Now())
		set(t, f, "R0012", st)
		got := state(t, f, "R0012")
		if got.SetAt.Before(before) || got.SetAt.After(f.Clock.Now()) || got.SetAt.Location() != time.UTC {
			t.Errorf("SetAt = %v, want the store's clock in UTC", got.SetAt)
		}
		want := st
		want.SetAt = got.SetAt
		if !want.ExpiresAt.IsZero() {
			want.ExpiresAt = store.Instant(want.ExpiresAt)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("State() after SetState (-want +got):\n%s", diff)
		}
	}
}

func testStateIsolation(t *testing.T, f StateFixture) {
	set(t, f, "R0001", event.State{Mode: event.Disabled, SetBy: "a"})
	set(t, f, "R0002", event.State{Mode: event.Clipped, Max: 0.25, SetBy: "b"})
	if got := state(t, f, "R0001").Mode; got != event.Disabled {
		t.Errorf("R0001 is %v, want disabled", got)
	}
	if got := state(t, f, "R0002").Max; got != 0.25 {
		t.Errorf("R0002's ceiling = %v, want 0.25", got)
	}
	if got := state(t, f, "R0003"); got != (event.State{}) {
		t.Errorf("R0003 = %v, want the zero State", got)
	}
	states, err := f.States(t.Context())
	if err != nil || len(states) != 2 {
		t.Errorf("States() = %v, %v, want two", states, err)
	}
}

func testStateHistory(t *testing.T, f StateFixture) {
	for i := range 3 {
		set(t, f, "R0001", event.State{Mode: event.Disabled, Reason: fmt.Sprint("reason ", i), SetBy: fmt.Sprint("user ", i)})
		set(t, f, "R0002", event.State{Mode: event.Enabled, SetBy: "other"})
	}
	h, err := f.History(t.Context(), "R0001")
	if err != nil || len(h) != 3 {
		t.Fatalf("History() = %v, %v, want three", h, err)
	}
	for i, c := range h {
		n := 2 - i
		if c.RuleID != "R0001" || c.Revision != int64(n+1) || c.State.Reason != fmt.Sprint("reason ", n) || c.State.SetBy != fmt.Sprint("user ", n) || c.State.SetAt.IsZero() {
			t.Errorf("History()[%d] = %+v, want change %d", i, c, n)
		}
	}
	if all, err := f.History(t.Context(), ""); err != nil || len(all) != 6 || all[0].RuleID != "R0002" {
		t.Errorf("History(all) = %v, %v, want six, newest first", all, err)
	}
}

func testStateRefused(t *testing.T, f StateFixture) {
	_, sub := watchStates(t, f)
	ctx := t.Context()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for name, err := range map[string]error{
		"no id":          f.SetState(ctx, "", event.State{Mode: event.Disabled}),
		"ceiling":        f.SetState(ctx, "R1", event.State{Mode: event.Clipped, Max: 1.01}),
		"NaN":            f.SetState(ctx, "R1", event.State{Mode: event.Clipped, Max: math.NaN()}),
		"stray ceiling":  f.SetState(ctx, "R1", event.State{Mode: event.Disabled, Max: 0.5}),
		"unknown mode":   f.SetState(ctx, "R1", event.State{Mode: 9}),
		"cancelled call": f.SetState(cancelled, "R1", event.State{Mode: event.Disabled}),
	} {
		if err == nil {
			t.Errorf("SetState with %s: no error", name)
		}
	}
	if h, err := f.History(ctx, ""); err != nil || len(h) != 0 {
		t.Errorf("History() after refusals = %v, %v, want none", h, err)
	}
	Quiet(t, sub, 50*time.Millisecond)
}

func testStateWatch(t *testing.T, f StateFixture) {
	set(t, f, "R0001", event.State{Mode: event.Disabled, SetBy: "a"})
	states, one := watchStates(t, f)
	if len(states) != 1 || states["R0001"].Mode != event.Disabled {
		t.Errorf("Watch() = %v, want R0001 disabled", states)
	}
	_, two := watchStates(t, f)
	set(t, f, "R0002", event.State{Mode: event.Clipped, Max: 0.5, SetBy: "b"})
	set(t, f, "R0001", event.State{Mode: event.Enabled, SetBy: "c"})
	for _, sub := range []*store.Subscription[store.StateChange]{one, two} {
		if c := Next(t, sub); c.RuleID != "R0002" || c.State.Max != 0.5 || c.Revision != 1 {
			t.Errorf("first change = %+v, want R0002 clipped", c)
		}
		if c := Next(t, sub); c.RuleID != "R0001" || c.State.Mode != event.Enabled || c.Revision != 2 {
			t.Errorf("second change = %+v, want R0001 enabled", c)
		}
		Quiet(t, sub, 50*time.Millisecond)
	}
}

func testStateExpiry(t *testing.T, f StateFixture) {
	_, sub := watchStates(t, f)
	expires := f.Clock.Now().Add(time.Hour)
	set(t, f, "R0001", event.State{Mode: event.Clipped, Max: 0.5, ExpiresAt: expires, Reason: "scan", SetBy: "ana"})
	set(t, f, "R0002", event.State{Mode: event.Disabled, ExpiresAt: expires.Add(time.Hour), SetBy: "ana"})
	Next(t, sub)
	Next(t, sub)
	f.Clock.Advance(time.Hour)
	if got := state(t, f, "R0001").Mode; got != event.Enabled {
		t.Errorf("State() after expiry = %v, want enabled", got)
	}
	start := time.Now()
	c := Next(t, sub)
	if took := time.Since(start); took > 1500*time.Millisecond {
		t.Errorf("the revert took %v, want it within 1 s", took)
	}
	if c.RuleID != "R0001" || c.State.Mode != event.Enabled || c.State.SetBy != store.ExpiredBy || c.Revision != 2 || c.State.Max != 0 {
		t.Errorf("revert = %+v, want R0001 enabled by %s", c, store.ExpiredBy)
	}
	Quiet(t, sub, 300*time.Millisecond)
	h, err := f.History(t.Context(), "R0001")
	if err != nil || len(h) != 2 || h[0].State != c.State {
		t.Errorf("History() = %v, %v, want the revert above the clip", h, err)
	}
}

func testStateExpiryUnseen(t *testing.T, f StateFixture) {
	set(t, f, "R0001", event.State{Mode: event.Disabled, ExpiresAt: f.Clock.Now().Add(time.Hour), SetBy: "ana"})
	f.Clock.Advance(2 * time.Hour)
	states, _ := watchStates(t, f)
	if st := states["R0001"]; st.Mode != event.Enabled {
		t.Errorf("Watch() after expiry = %v, want R0001 enabled", states)
	}
	Eventually(t, "a revert in the history", func() bool {
		h, err := f.History(t.Context(), "R0001")
		return err == nil && len(h) == 2 && h[0].State.SetBy == store.ExpiredBy
	})
}

// A change that was made for an earlier state than there is changes nothing.
func testStateRevisions(t *testing.T, f StateFixture) {
	last := func() store.StateChange {
		t.Helper()
		c, err := f.Last(t.Context(), "R0001")
		if err != nil || c.RuleID != "R0001" {
			t.Fatalf("Last() = %+v, %v", c, err)
		}
		return c
	}
	if c := last(); c.Revision != 0 || c.State != (event.State{}) {
		t.Errorf("Last() of a rule without a state = %+v", c)
	}
	for i, step := range []struct {
		revision int64
		want     error
	}{{1, store.ErrRevision}, {0, nil}, {0, store.ErrRevision}, {2, store.ErrRevision}, {1, nil}} {
		st := event.State{Mode: event.Disabled, Reason: fmt.Sprint(i), SetBy: "ana"}
		if err := f.SetStateAfter(t.Context(), "R0001", step.revision, st); !errors.Is(err, step.want) {
			t.Errorf("step %d: SetStateAfter(%d) = %v, want %v", i, step.revision, err, step.want)
		}
	}
	if c := last(); c.Revision != 2 || c.State.Reason != "4" {
		t.Errorf("Last() = %+v, want revision 2 of step 4", c)
	}
	if err := f.SetStateAfter(t.Context(), "", 0, event.State{}); err == nil || errors.Is(err, store.ErrRevision) {
		t.Errorf("SetStateAfter of no rule = %v, want why", err)
	}
	set(t, f, "R0001", event.State{Mode: event.Disabled, ExpiresAt: f.Clock.Now().Add(time.Minute), SetBy: "ana"})
	f.Clock.Advance(2 * time.Minute)
	if c := last(); c.Revision < 3 {
		t.Errorf("Last() of an expired state = %+v, want revision 3 or its revert", c)
	}
}

func testStateConcurrent(t *testing.T, f StateFixture) {
	_, sub := watchStates(t, f)
	const writers, each = 4, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if err := f.SetState(t.Context(), "R0001", event.State{Mode: event.Disabled, Reason: fmt.Sprint(w, i), SetBy: "w"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	h, err := f.History(t.Context(), "R0001")
	if err != nil || len(h) != writers*each {
		t.Fatalf("History() has %d changes (%v), want %d", len(h), err, writers*each)
	}
	for i, c := range h {
		if want := int64(len(h) - i); c.Revision != want {
			t.Fatalf("History()[%d].Revision = %d, want %d", i, c.Revision, want)
		}
	}
	for {
		c := Next(t, sub)
		if c.Revision == writers*each {
			if c.State != h[0].State {
				t.Errorf("last change = %+v, want %+v", c, h[0])
			}
			break
		}
	}
}

func testStateClose(t *testing.T, f StateFixture) {
	_, sub := watchStates(t, f)
	errs := make(chan error)
	go func() {
		_, err := sub.Next(t.Context())
		errs <- err
	}()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-errs; !errors.Is(err, store.ErrClosed) {
		t.Errorf("Next() of a closed store: %v, want %v", err, store.ErrClosed)
	}
	if _, _, err := f.Watch(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Watch() of a closed store: %v, want %v", err, store.ErrClosed)
	}
}
