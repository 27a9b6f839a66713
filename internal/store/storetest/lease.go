package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/store"
)

// A LeaseFixture is one store of leases under the suite, and the clock that it
// goes by.
type LeaseFixture struct {
	store.Leases
	Clock *Clock
}

// Leases runs the suite of [store.Leases] over stores that fixture makes.
func Leases(t *testing.T, fixture func(t *testing.T) LeaseFixture) {
	for name, test := range map[string]func(*testing.T, LeaseFixture){
		"expiry": testLeaseExpiry, "record": testLeaseRecord, "release": testLeaseRelease, "worker": testLeaseWorker,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fixture(t))
		})
	}
}

// lease returns a lease that holds for 15 s.
func lease(id string, since time.Time) store.Lease {
	return store.Lease{ID: id, What: "serve", PID: 4711, Host: "sensor-1", Since: store.Instant(since), Every: 5 * time.Second}
}

func renew(t *testing.T, f LeaseFixture, l store.Lease) {
	t.Helper()
	if err := f.Renew(t.Context(), l); err != nil {
		t.Fatalf("Renew(%s) error = %v", l.ID, err)
	}
}

// live returns the ids of the leases that hold.
func live(t *testing.T, f LeaseFixture) (ids []string) {
	t.Helper()
	leases, err := f.Live(t.Context())
	if err != nil {
		t.Fatalf("Live() error = %v", err)
	}
	for _, l := range leases {
		ids = append(ids, l.ID)
	}
	return ids
}

func testLeaseExpiry(t *testing.T, f LeaseFixture) {
	start := f.Clock.Now()
	renew(t, f, lease("b", start))
	renew(t, f, lease("a", start.Add(time.Second)))
	if diff := cmp.Diff([]string{"b", "a"}, live(t, f)); diff != "" {
		t.Errorf("Live(), the oldest first (-want +got):\n%s", diff)
	}
	f.Clock.Advance(10 * time.Second)
	renew(t, f, lease("a", start.Add(time.Second)))
	f.Clock.Advance(8 * time.Second)
	if diff := cmp.Diff([]string{"a"}, live(t, f)); diff != "" {
		t.Errorf("Live() after one was not renewed (-want +got):\n%s", diff)
	}
	renew(t, f, lease("b", start))
	if got := live(t, f); len(got) != 2 {
		t.Errorf("Live() after a late renewal = %v, want both", got)
	}
	f.Clock.Advance(48 * time.Hour)
	renew(t, f, lease("c", f.Clock.Now()))
	if diff := cmp.Diff([]string{"c"}, live(t, f)); diff != "" {
		t.Errorf("Live() after two days (-want +got):\n%s", diff)
	}
}

func testLeaseRecord(t *testing.T, f LeaseFixture) {
	rules := []store.InForce{
		{
			RuleID: "R0001", Version: 2, Name: "one", Description: "a 'rule'\nin two lines", AppliesTo: []string{"command", "payload"},
			Emits: []store.Emit{{Tactic: "TA0007", Technique: "T1083", Confidence: 0.85}, {Tactic: "TA0004", Technique: "T1548.001", Confidence: 1}},
		},
		{RuleID: "R0003", Version: 1, Name: "three"},
	}
	a, b := lease("a", f.Clock.Now()), lease("b", f.Clock.Now().Add(time.Second))
	b.Rules = []store.InForce{{RuleID: "R0003", Version: 4, Name: "newer"}}
	renew(t, f, b)
	// The last record stands, also when the lease is renewed without one.
	for _, record := range [][]store.InForce{{{RuleID: "R0002", Version: 1}}, rules, nil} {
		a.Rules = record
		renew(t, f, a)
	}
	leases, err := f.Live(t.Context())
	if err != nil || len(leases) != 2 {
		t.Fatalf("Live() = %v, %v, want two", leases, err)
	}
	if diff := cmp.Diff(rules, leases[0].Rules); diff != "" {
		t.Errorf("rules of a (-want +got):\n%s", diff)
	}
	want := []store.InForce{rules[0], {RuleID: "R0003", Version: 4, Name: "newer"}}
	if diff := cmp.Diff(want, store.InForceOf(leases)); diff != "" {
		t.Errorf("InForceOf() (-want +got):\n%s", diff)
	}
}

func testLeaseRelease(t *testing.T, f LeaseFixture) {
	l := lease("a", f.Clock.Now())
	l.Rules = []store.InForce{{RuleID: "R0001", Version: 1}}
	renew(t, f, l)
	for range 2 { // a second time is no error
		if err := f.Release(t.Context(), "a"); err != nil {
			t.Fatalf("Release() error = %v", err)
		}
	}
	if got := live(t, f); len(got) != 0 {
		t.Errorf("Live() after Release = %v, want none", got)
	}
	renew(t, f, lease("a", f.Clock.Now()))
	if leases, err := f.Live(t.Context()); err != nil || len(leases) != 1 || len(leases[0].Rules) != 0 {
		t.Errorf("Live() of a new lease of the same id = %+v, %v, want one without rules", leases, err)
	}
}

// What a holder says of itself is that of its last renewal, and renewals are
// counted, also those of leases that are void.
func testLeaseWorker(t *testing.T, f LeaseFixture) {
	l := lease("a", f.Clock.Now())
	for range 3 {
		renew(t, f, l)
	}
	l.Worker = store.Worker{Version: "1.2.3", Reads: []int{1, 2}, Member: true, Ruleset: "aa", States: "bb"}
	renew(t, f, l)
	f.Clock.Advance(time.Hour)
	all, err := f.All(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("All() = %v, %v, want the void lease", all, err)
	}
	if all[0].Beats != 4 {
		t.Errorf("Beats = %d, want 4", all[0].Beats)
	}
	if diff := cmp.Diff(l.Worker, all[0].Worker); diff != "" {
		t.Errorf("Worker (-want +got):\n%s", diff)
	}
}
