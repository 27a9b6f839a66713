package rounds

import (
	"os"
	"testing"
)

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

// Where one has said where temporary files go, or asks for all cases, they go nowhere
// else.
func TestInMemory(t *testing.T) {
	inMemory := ""
	if roomIn(memory) >= leastRoom {
		inMemory = memory
	}
	for _, c := range []struct{ tmpdir, text, want string }{
		{"", "", inMemory},
		{"/somewhere", "", "/somewhere"},
		{"", "8", ""},
	} {
		t.Setenv("TMPDIR", c.tmpdir)
		t.Setenv(variable, c.text)
		InMemory()
		if got := os.Getenv("TMPDIR"); got != c.want {
			t.Errorf("TMPDIR=%q %s=%q: InMemory() leaves TMPDIR=%q, want %q", c.tmpdir, variable, c.text, got, c.want)
		}
	}
	if n := roomIn(t.TempDir() + "/missing"); n != 0 {
		t.Errorf("roomIn(a directory that is not there) = %d, want 0", n)
	}
}
