package state

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"
)

// What is kept is the text, and shares nothing with what it was a piece of.
func TestKeeper(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	var k Keeper
	for range 20_000 {
		text := strings.Repeat("x", random.IntN(maxRecent+3)) + fmt.Sprint(random.IntN(3000))
		batch := "before" + text + "behind"
		piece := batch[6 : 6+len(text)]
		kept := k.Keep(piece)
		if kept != text {
			t.Fatalf("Keep(%q) = %q", text, kept)
		}
		if unsafe.StringData(kept) == unsafe.StringData(piece) {
			t.Fatalf("%q is a piece of what it was in", text)
		}
	}
	k.Keep("root")
	if n := testing.AllocsPerRun(100, func() { k.Keep("root") }); n != 0 {
		t.Errorf("a text that came before allocates %v times, want never", n)
	}
	if k.Keep("") != "" {
		t.Error("Keep of nothing is something")
	}
}
