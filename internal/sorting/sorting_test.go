package sorting_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"ttpctl/internal/sorting"
)

type pair struct{ key, place int }

func byKey(a, b pair) int { return cmp.Compare(a.key, b.key) }

// TestBy: as package slices does it, equal keys in their order.
func TestBy(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		list := make([]pair, n)
		for i := range list {
			list[i] = pair{rng.IntN(1 + n/3), i}
		}
		want := slices.SortedStableFunc(slices.Values(list), byKey)
		if got := sorting.Values(slices.Values(list), byKey); !slices.Equal(got, want) {
			t.Fatalf("Values(%v) = %v, want %v", list, got, want)
		}
		if sorting.By(list, byKey); !slices.Equal(list, want) {
			t.Fatalf("By() = %v, want %v", list, want)
		}
	}
}
