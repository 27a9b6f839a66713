package engine

import (
	"regexp"
	"testing"
)

// FuzzGlanceEqualsRegexp: no word that a pattern matches is turned away.
func FuzzGlanceEqualsRegexp(f *testing.F) {
	for _, pattern := range []string{
		`^/[^/$*]+/?$`, `^-(?:[abc]|exec)|^--`, `(?i)^k|^s\x{17f}`, `^(?:\.{1,2}/|~/)`, `^a*b`, `(?m)^x`, `(?:^|x)y`, `^^$|^a`, `^[^x]`, `\bx`, `^(?:a|b+|(?:c){2,3}|d{0,2}e)`, `^\x{e9}`, `(?s)^.x`, `a?^b`, `(?:^a)+b`, `^wazuh|ossec`, `(?i)wazuh`,
	} {
		for _, word := range []string{"", "/etc/", "--x", "-exec", "\u212a", "\u017ft", "~/x", "aab", "q\nx", "xy", "y", "\xff", "\u00e9", "e", "cc", "bb", "ab", "a ossec", "WAZUH"} {
			f.Add(pattern, word)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, word string) {
		re, err := regexp.Compile(pattern)
		if err != nil || len(pattern) > 200 {
			return
		}
		if g := glanceOf(pattern)(); re.MatchString(word) && !g.may(word) {
			t.Errorf("%q matches %q, which is turned away (begins %v)", pattern, word, g.begins)
		}
	})
}

// TestGlance: patterns that ask for the beginning of a word know how it begins.
func TestGlance(t *testing.T) {
	for pattern, want := range map[string]string{
		`^/[^/]+`: "/", `^-(?:[ab]|exec)|^--`: "-", `^(?:\.{1,2}/|~/|x?y)`: ".xy~", `(?i)^Z`: "Zz", `^(?:a|b)*c`: "abc",
	} {
		got := ""
		if s := glanceOf(pattern)().begins; s != nil {
			for c := range 128 {
				if s.has(byte(c)) {
					got += string(rune(c))
				}
			}
		}
		if got != want {
			t.Errorf("matches of %q begin with %q, want %q", pattern, got, want)
		}
	}
	for _, pattern := range []string{`/x`, `(?m)^/x`, `^/?`, `^a|b`, `(?:^|x)y`} {
		if s := glanceOf(pattern)().begins; s != nil {
			t.Errorf("%q: a beginning %v is known, where any will do", pattern, *s)
		}
	}
}
