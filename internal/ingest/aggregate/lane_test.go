package aggregate

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// However pushes and pops alternate, the earliest of what is there comes out.
func TestDueHeap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h dueHeap
	var want []due
	for range 20_000 {
		if random.IntN(5) < 3 {
			d := due{instant(random.IntN(50)), &Alarm{key: dueKey{rank: rank(random.IntN(2)), attacker: string(rune('a' + random.IntN(5)))}}}
			h.push(d)
			at, _ := slices.BinarySearchFunc(want, d, due.compare)
			want = slices.Insert(want, at, d)
		} else if len(want) > 0 {
			if got := h.pop(); got.compare(want[0]) != 0 {
				t.Fatalf("pop = %v, want %v", got, want[0])
			}
			want = want[1:]
		}
		if len(h) != len(want) {
			t.Fatalf("%d things wait, want %d", len(h), len(want))
		}
	}
}

// Of things in any order sink makes a heap.
func TestSink(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for n := range 200 {
		h := make(dueHeap, n)
		for i := range h {
			h[i] = due{instant(random.IntN(50)), &Alarm{}}
		}
		for i := n/2 - 1; i >= 0; i-- {
			h.sink(i)
		}
		for last := startOfTime; len(h) > 0; {
			d := h.pop()
			if d.at < last {
				t.Fatalf("of %d things one of %d comes behind %d", n, d.at, last)
			}
			last = d.at
		}
	}
}
