package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"ttpctl/internal/event"
)

// TestKnownLines: what is known of lines is what a block finds on them, however
// many there are, however long they are and whoever asks.
func TestKnownLines(t *testing.T) {
	few := NewSnapshot(compileRule(t, "session", "  count: {of: {command: {program: cat}}, min: 2}"), nil, testNow)
	all := NewSnapshot(compileRule(t, "session", "  every: {command: {program: cat}}"), nil, testNow)
	var wg sync.WaitGroup
	for worker := range 3 {
		wg.Go(func() {
			random, sc := rand.New(rand.NewPCG(1, uint64(worker))), NewScratch()
			for range 2000 {
				lines, cats := make([]event.Value, 1+random.IntN(4)), 0
				for i := range lines {
					program := "cat"
					if random.IntN(3) > 0 {
						cats++
					} else {
						program = "dog"
					}
					line := fmt.Sprint(program, " ", random.IntN(3*knownSlots))
					if random.IntN(50) == 0 {
						line += strings.Repeat("x", maxKnownLine)
					}
					lines[i] = event.StringValue(line)
				}
				ev := &event.Event{SourceID: "s", AttackerUUID: "a"}
				ev.SetKind("session")
				ev.SetField("commands", event.Value{Kind: event.List, List: lines})
				if got := len(few.Evaluate(nil, ev, testNow, sc)) > 0; got != (cats >= 2) {
					t.Errorf("count of %v = %v, want %v", lines, got, cats >= 2)
				}
				if got := len(all.Evaluate(nil, ev, testNow, sc)) > 0; got != (cats == len(lines)) {
					t.Errorf("every of %v = %v, want %v", lines, got, cats == len(lines))
				}
			}
		})
	}
	wg.Wait()
}
