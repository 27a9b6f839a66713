package program

import (
	"slices"
	"testing"

	"ttpctl/internal/engine/shell"
)

// TestPlainWords holds the short way to a path, of words of which nothing is to be folded, to the long one.
func TestPlainWords(t *testing.T) {
	words := []string{".", "a", "a/b", "./a", "a/", "a//b", "a/./b", "a/../b", "..", "../a", ".a", "...", "a/.b", "~", "~/a", "~x", "$HOME/a", "$x", "`pwd`/a",
		"root", "root/a", "home", "home/a", "home/a/b", "*", "a*/b", "-", "a b", "x/~", "x/$y"}
	dirs := []string{"/", "/root", "/root/a", "/rootkit", "/home", "/home/a", "/home/a/b", "/home/*", "/home/**/a", "/home/a*/b", "/homes", "/tmp", "~", "~/a", ".",
		"./a", "..", "../a", "$x", "$x/", "$x/a", "$x/../", "`y`/"}
	a := table(t).NewAnalyzer()
	short := 0
	for _, dir := range dirs {
		for _, word := range words {
			for _, m := range []shell.Mark{0, shell.Quoted, shell.Expands, shell.Glob} {
				want := a.home(a.resolve(word, m, dir))
				if got := a.path(word, m, dir); got != want {
					t.Errorf("path(%q, %d, %q) = %q, want %q", word, m, dir, got, want)
				}
				if _, ok := a.within(word, dir); ok {
					short++
				}
			}
		}
	}
	if short < 500 {
		t.Errorf("%d of the words are plain, want 500 and more", short)
	}
}

// TestAboveExpansions goes up from a directory that is an expansion, which nobody knows.
func TestAboveExpansions(t *testing.T) {
	p, a := shell.NewParser(), table(t).NewAnalyzer()
	for line, want := range map[string]string{
		"tar cf a.tar -C $D ../x":                 "$D/../x",
		"tar cf a.tar -C $D ../../x":              "/x",
		"tar cf a.tar -C $D/y ../x":               "$D/x",
		"wget -P $D http://192.0.2.1/..":          "$D/..",
		"curl --output-dir $D -o ../x http://h/x": "$D/../x",
	} {
		var v shell.View
		var l Line
		p.Parse(line, &v)
		a.Analyze(&v, "/root", &l)
		if !slices.ContainsFunc(l.Commands[0].Effects, func(e Effect) bool { return e.Target == want }) {
			t.Errorf("Analyze(%q): effects %+v, want one on %s", line, l.Commands[0].Effects, want)
		}
	}
}
