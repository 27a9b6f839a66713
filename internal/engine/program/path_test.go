package program

import (
	"testing"

	"ttpctl/internal/engine/shell"
)

// TestPlainWords holds the short way to a path, of words of which nothing is to be folded, to the long one.
func TestPlainWords(t *testing.T) {
	words := []string{".", "a", "a/b", "./a", "a/", "a//b", "a/./b", "a/../b", "..", "../a", ".a", "...", "a/.b", "~", "~/a", "~x", "$HOME/a", "$x", "`pwd`/a",
		"root", "root/a", "home", "home/a", "home/a/b", "*", "a*/b", "-", "a b", "x/~", "x/$y"}
	dirs := []string{"/", "/root", "/root/a", "/rootkit", "/home", "/home/a", "/home/a/b", "/home/*", "/home/**/a", "/home/a*/b", "/homes", "/tmp", "~", "~/a", ".",
		"./a", "..", "../a"}
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
