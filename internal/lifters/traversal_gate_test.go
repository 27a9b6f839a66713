package lifters

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// The cheap question of a traversal denies no text that the whole look takes.
func TestTraversalGate(t *testing.T) {
	files := filesByName([]named{{"anywhere", "etc/passwd"}, {"below", ".env"}, {"anywhere", "boot.ini"}})
	parts := []string{"/", `\`, "..", ".", "...", "\x00", ";", " ", "?", "=", ":", "(", "etc", "passwd", "PASSWD", "boot.ini", ".env", "x", "\xff", "İ"}
	random, taken := rand.New(rand.NewPCG(1, 2)), 0
	for range 200_000 {
		var b strings.Builder
		for range random.IntN(7) {
			b.WriteString(parts[random.IntN(len(parts))])
		}
		text := b.String()
		up, path := steps(text)
		_, known := files.find(path, up > 0)
		if up == 0 && !known {
			continue
		}
		taken++
		if !climbs(text) && !files.mayEnd(text) {
			t.Fatalf("%q climbs %d to %q, and is kept out", text, up, path)
		}
	}
	if taken < 1000 {
		t.Errorf("%d texts taken: this test saw too little", taken)
	}
}
