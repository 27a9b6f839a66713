package program

import (
	"fmt"
	"testing"
)

// TestNames holds a lookup to what a map says, of names and of all that is nearly one.
func TestNames(t *testing.T) {
	var l lookup
	m := map[string]int{}
	tried := func(name string) {
		t.Helper()
		want, has := m[name]
		if got, ok := l.get(name); got != want || ok != has {
			t.Fatalf("get(%q) = %d, %v, want %d, %v of %d names", name, got, ok, want, has, len(m))
		}
	}
	add := func(name string, n int) {
		l.add(name, n)
		m[name] = n
		tried(name)
		tried(name + "x")
		tried(name[min(1, len(name)):])
	}
	tried("")
	for i, r := range table(t).Rows() {
		for _, name := range append([]string{r.Name}, r.Aliases...) {
			add(name, i)
		}
	}
	for i := range 3000 {
		add(fmt.Sprintf("--option-%d-name", i), i)
	}
	add("", 7)
	add("cat", 1)
	add("cat", 2)
	copied := l.clone()
	copied.add("of the clone", 3)
	tried("of the clone")
	for name := range m {
		tried(name)
	}
	if l.n != len(m) {
		t.Errorf("%d names, want %d", l.n, len(m))
	}
}
