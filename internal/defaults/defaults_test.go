package defaults

import "testing"

func TestPairs(t *testing.T) {
	pairs := Pairs()
	for _, want := range [][2]string{{"root", "root"}, {"admin", "admin"}, {"admin", "password"}, {"root", ""}, {"pi", "raspberry"}, {"root", "xc3511"}} {
		if !pairs[want] {
			t.Errorf("Pairs() lacks %q", want)
		}
	}
	for _, other := range [][2]string{{"username", "password"}, {"root", "Root"}, {"", ""}} {
		if pairs[other] {
			t.Errorf("Pairs() holds %q", other)
		}
	}
	if len(pairs) < 70 {
		t.Errorf("Pairs() has %d pairs, want at least 70", len(pairs))
	}
}
