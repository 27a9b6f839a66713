package glob

import (
	"strings"
	"testing"
)

// FuzzSetEqualsPaths: a set matches what one of its patterns does.
func FuzzSetEqualsPaths(f *testing.F) {
	patterns := "/etc/shadow|~/.ssh/id_*|*.pem|/etc/**|~/**|a/b*|x**/y|/tmp/?|-|/|~|**/.ssh/**|id_rsa|.profile|a**|./lib/x|/var/**/*.log"
	for _, word := range []string{
		"", "-", "/", "~", "/etc", "/etc/", "/etc/shadow", "./.ssh/id_rsa", "/x/a/bc", "/tmp/\u00e9", "/???/shadow", "/etc/sh*ow", "*.profile", "~/.ssh/**", "/etc/sha**", "a/b/c", "xy", "x/z/y", "**/id_rsa", "id_rs?",
	} {
		f.Add(patterns, word)
	}
	f.Add(strings.Repeat("q|", 70)+"/etc/shadow", "/etc/shadow")
	f.Fuzz(func(t *testing.T, patterns, word string) {
		var paths []*Path
		for _, text := range strings.Split(patterns, "|") {
			if p, err := ParsePath(text); err == nil {
				paths = append(paths, p)
			}
		}
		if len(paths) == 0 {
			return
		}
		set := NewSet(paths)
		for _, typed := range []bool{false, true} {
			w, want := NewWord(word, typed), false
			for _, p := range paths {
				want = want || p.Match(&w)
			}
			if got := set.Match(word, typed); got != want {
				t.Errorf("the set of %q matches %q (typed %v): %v, want %v", patterns, word, typed, got, want)
			}
		}
	})
}
