package lifters

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/corazawaf/libinjection-go"
)

// TestDeclined: what is remembered is what the test says, and it is asked twice at
// most of a text that comes again and again.
func TestDeclined(t *testing.T) {
	d, random := newDeclined(), rand.New(rand.NewPCG(1, 2))
	long := strings.Repeat("x", maxDeclinedText+1)
	asked := map[string]int{}
	test := func(text string) bool {
		asked[text]++
		return strings.HasSuffix(text, "7")
	}
	for range 20_000 {
		text := fmt.Sprint("text ", random.IntN(500))
		if got, want := d.or(text, test), strings.HasSuffix(text, "7"); got != want {
			t.Fatalf("or(%q) = %v, want %v", text, got, want)
		}
	}
	calls := 0
	for text, n := range asked {
		if !strings.HasSuffix(text, "7") {
			calls += n
		}
	}
	if calls > 10_000 {
		t.Errorf("the test was asked %d times of 450 texts that it turns down", calls)
	}
	for range 3 {
		d.or(long, test)
	}
	if asked[long] != 3 {
		t.Errorf("a text of %d bytes was asked %d times of 3", len(long), asked[long])
	}
}

// FuzzMayRun: what lacks the signs of markup is none to libinjection.
func FuzzMayRun(f *testing.F) {
	for _, s := range []string{"", "<script>", "a=b", "http://h.test/s?q=1&onload=x", `" onload=x`, "' style=x", "x onerror\x00=1", "`><a href=javascript:x", "a/onload=1", "x>onload=1", "\x00onload=1", "/onload=1", ">onload=x", "onload = x", "o\x00nload\x00=x", "xlink:href=javascript:x", "a==onload=x", "'onload=x", "http://h/a?b=1&c=2", "\u00a0onload=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if libinjection.IsXSS(s) && !mayRun(s) {
			t.Errorf("mayRun(%q) = false, and libinjection takes it for a script", s)
		}
	})
}
