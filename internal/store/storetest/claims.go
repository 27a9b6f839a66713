package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/store"
)

// Claims runs the suite of [store.Claims] over claims that two processes see, of
// which fixture makes new ones.
func Claims(t *testing.T, fixture func(t *testing.T) [2]store.Claims) {
	for name, test := range map[string]func(*testing.T, [2]store.Claims){
		"life": testClaimLife, "taken over": testClaimTakenOver, "moved": testClaimMoved, "race": testClaimRace, "names": testClaimNames,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fixture(t))
		})
	}
}

func take(t *testing.T, c store.Claims, seen store.Claim, owner string) store.Claim {
	t.Helper()
	got, err := c.Take(t.Context(), seen, owner, "note of "+owner)
	if err != nil {
		t.Fatalf("Take(%+v, %s) error = %v", seen, owner, err)
	}
	return got
}

// onlyClaim returns the one claim that there is.
func onlyClaim(t *testing.T, c store.Claims) store.Claim {
	t.Helper()
	all, err := c.All(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("All() = %+v, %v, want one claim", all, err)
	}
	return all[0]
}

func testClaimLife(t *testing.T, c [2]store.Claims) {
	if all, err := c[1].All(t.Context()); err != nil || len(all) != 0 {
		t.Fatalf("All() of none = %+v, %v", all, err)
	}
	held := take(t, c[0], store.Claim{Name: "p/0"}, "a")
	if diff := cmp.Diff(store.Claim{Name: "p/0", Owner: "a", Epoch: 1, Counter: 1, Note: "note of a"}, held); diff != "" {
		t.Errorf("Take() (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(held, onlyClaim(t, c[1])); diff != "" {
		t.Errorf("All() of another process (-want +got):\n%s", diff)
	}
	for range 3 {
		if lost, err := c[0].Renew(t.Context(), "a", []store.Claim{held}); err != nil || len(lost) != 0 {
			t.Errorf("Renew() = %v, %v", lost, err)
		}
	}
	if got := onlyClaim(t, c[1]); got.Counter <= held.Counter || got.Epoch != 1 || got.Owner != "a" {
		t.Errorf("after Renew: %+v, want a counter above %d", got, held.Counter)
	}
	for range 2 { // a second time is no error
		if err := c[0].GiveUp(t.Context(), "a", held); err != nil {
			t.Errorf("GiveUp() error = %v", err)
		}
	}
	free := onlyClaim(t, c[1])
	if free.Owner != "" || free.Epoch != 1 || free.Note != "" {
		t.Errorf("after GiveUp: %+v, want it free", free)
	}
	if got := take(t, c[1], free, "b"); got.Epoch != 2 {
		t.Errorf("Take() of a free claim: epoch %d, want 2", got.Epoch)
	}
}

// An owner that was taken over is told so, and can neither renew nor free the
// claim of the next, not even when that is itself.
func testClaimTakenOver(t *testing.T, c [2]store.Claims) {
	first := take(t, c[0], store.Claim{Name: "p/0"}, "a")
	second := take(t, c[1], onlyClaim(t, c[1]), "b")
	third := take(t, c[0], onlyClaim(t, c[0]), "a")
	other := take(t, c[0], store.Claim{Name: "p/1"}, "a")
	for _, stale := range []struct {
		owner string
		held  store.Claim
	}{{"a", first}, {"b", second}, {"b", third}} {
		lost, err := c[0].Renew(t.Context(), stale.owner, []store.Claim{stale.held, other})
		if err != nil || !slices.Contains(lost, "p/0") {
			t.Errorf("Renew(%s, %+v) = %v, %v, want it lost", stale.owner, stale.held, lost, err)
		}
		if slices.Contains(lost, "p/1") != (stale.owner == "b") {
			t.Errorf("Renew(%s) of another claim: lost %v", stale.owner, lost)
		}
		if err := c[0].GiveUp(t.Context(), stale.owner, stale.held); err != nil {
			t.Errorf("GiveUp(%s, %+v) error = %v", stale.owner, stale.held, err)
		}
	}
	all, err := c[1].All(t.Context())
	if err != nil || len(all) != 2 || all[0] != third {
		t.Errorf("All() = %+v, %v, want %+v as it was", all, err, third)
	}
}

// A claim that moved since it was seen is not taken: its holder lives.
func testClaimMoved(t *testing.T, c [2]store.Claims) {
	held := take(t, c[0], store.Claim{Name: "p/0"}, "a")
	seen := onlyClaim(t, c[1])
	if _, err := c[0].Renew(t.Context(), "a", []store.Claim{held}); err != nil {
		t.Fatal(err)
	}
	for _, stale := range []store.Claim{seen, {Name: "p/0"}, {Name: "p/0", Epoch: 7, Counter: seen.Counter + 1}} {
		if _, err := c[1].Take(t.Context(), stale, "b", ""); !errors.Is(err, store.ErrClaimed) {
			t.Errorf("Take(%+v) error = %v, want %v", stale, err, store.ErrClaimed)
		}
	}
	if got := onlyClaim(t, c[0]); got.Owner != "a" || got.Epoch != 1 {
		t.Errorf("the claim is %+v, want a's", got)
	}
}

// Of many that want the same claim at once, one gets it.
func testClaimRace(t *testing.T, c [2]store.Claims) {
	seen := store.Claim{Name: "p/0"}
	for round := range 5 {
		var wg sync.WaitGroup
		var got atomic.Int32
		for i := range 8 {
			wg.Go(func() {
				_, err := c[i%2].Take(t.Context(), seen, fmt.Sprint(i), "")
				switch {
				case err == nil:
					got.Add(1)
				case !errors.Is(err, store.ErrClaimed):
					t.Errorf("Take() error = %v, want %v", err, store.ErrClaimed)
				}
			})
		}
		wg.Wait()
		if seen = onlyClaim(t, c[0]); got.Load() != 1 || seen.Epoch != int64(round+1) {
			t.Errorf("round %d: %d took the claim, which is %+v, want one", round, got.Load(), seen)
		}
	}
}

func testClaimNames(t *testing.T, c [2]store.Claims) {
	for _, name := range []string{"b/10", "b/2", "A", "a ", "a"} {
		take(t, c[0], store.Claim{Name: name}, "o")
	}
	all, err := c[1].All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, claim := range all {
		names = append(names, claim.Name)
	}
	if diff := cmp.Diff([]string{"A", "a", "a ", "b/10", "b/2"}, names); diff != "" {
		t.Errorf("All(), by name (-want +got):\n%s", diff)
	}
}
