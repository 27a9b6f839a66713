package engine

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"ttpctl/internal/state"
)

// TestPartiesEqualTable: parties find what a table finds, through all that comes,
// makes room and is read back, and when very many names share a place.
func TestPartiesEqualTable(t *testing.T) {
	alike := func(n int) string { return fmt.Sprintf("12345678-%06d-12345678", n) } // the same at both ends
	other := func(n int) string { return fmt.Sprint(n) }
	for _, room := range []int{3, 40, 2000} {
		random := rand.New(rand.NewPCG(5, uint64(room)))
		plain := state.NewTable[partyKey, *party](room * partyWeight)
		near := &parties{Table: state.NewTable[partyKey, *party](room * partyWeight)}
		for step := range 30_000 {
			name := other
			if random.IntN(2) == 0 {
				name = alike
			}
			key := partyKey{fmt.Sprintf("d%d", random.IntN(3)), name(random.IntN(3 * room))}
			want, got := plain.Find(key), near.findAt(key.place(), key)
			if (want == nil) != (got == nil) || want != nil && want.Value != got.Value {
				t.Fatalf("step %d: findAt(%v) = %v, want %v", step, key, got, want)
			}
			if want == nil && random.IntN(2) == 0 {
				p := &party{dir: "/"}
				plain.Add(key, p, p.weight())
				near.Add(key, p, p.weight())
			}
			for {
				want, got := plain.Overflow(), near.Overflow()
				if (want == nil) != (got == nil) || want != nil && want.Key != got.Key {
					t.Fatalf("step %d: Overflow() = %v, want %v", step, got, want)
				}
				if want == nil {
					break
				}
			}
		}
		c := state.NewWriter()
		near.code(c)
		again := newParties()
		again.code(state.NewReader(c.Bytes()))
		if again.Len() != plain.Len() {
			t.Fatalf("%d parties were read back, want %d", again.Len(), plain.Len())
		}
		for e := range plain.All() {
			if again.findAt(e.Key.place(), e.Key) == nil {
				t.Errorf("%v is not found when it was read back", e.Key)
			}
		}
	}
}
