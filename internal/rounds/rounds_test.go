package rounds

import "testing"

func TestRounds(t *testing.T) {
	for _, c := range []struct {
		text                  string
		of2, every4, every100 int
		more                  bool
	}{
		{"1", 2, 4, 100, false},
		{"3", 6, 1, 33, true},
		{"4", 8, 1, 25, true},
		{"1000", 99, 1, 1, true},
	} {
		t.Setenv(variable, c.text)
		if got := [3]int{Of(t, 2, 99), Every(t, 4), Every(t, 100)}; got != [3]int{c.of2, c.every4, c.every100} || More(t) != c.more {
			t.Errorf("%s=%s: Of(2, 99), Every(4), Every(100) = %v, More() = %v, want %d, %d, %d, %v", variable, c.text, got, More(t), c.of2, c.every4, c.every100, c.more)
		}
	}
}
