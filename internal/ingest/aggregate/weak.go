package aggregate

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Lengths of a password that can be a secret: in characters at least, in bytes
// at most.
const (
	minStrong = 6
	maxStrong = 1024
)

// isWeak reports whether a pair that is no default one proves nothing by coming
// back: many hit on it by themselves.
func isWeak(username, password string) bool {
	return len(password) > maxStrong || utf8.RuneCountInString(password) < minStrong ||
		strings.Trim(password, "0123456789") == "" || madeFrom(password, username)
}

// madeFrom reports whether password contains username, forwards or backwards,
// in any case. In short names that proves nothing.
func madeFrom(password, username string) bool {
	if utf8.RuneCountInString(username) < 3 {
		return false
	}
	password, username = strings.ToLower(password), strings.ToLower(username)
	reversed := []rune(username)
	slices.Reverse(reversed)
	return strings.Contains(password, username) || strings.Contains(password, string(reversed))
}
