package aggregate

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Lengths of a password that can be a finding: in characters at least, in
// bytes at most.
const (
	minStrong = 8
	maxStrong = 1024
)

// isWeak reports whether a pair proves nothing by coming back: many hit on it
// by themselves.
func isWeak(username, password string) bool {
	return len(password) > maxStrong || utf8.RuneCountInString(password) < minStrong ||
		strings.Trim(password, "0123456789") == "" || madeFrom(password, username) || isDefault(username, password)
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

// isDefault reports whether a pair that is otherwise strong is one of those
// of rule R0006.
func isDefault(username, password string) bool {
	switch password {
	case "7ujMko0vizxv", "dreambox", "juantech", "openelec":
		return username == "root"
	case "7ujMko0admin", "password":
		return username == "root" || username == "admin" || username == "admin1"
	case "aerohive", "motorola":
		return username == "admin"
	case "raspberry":
		return username == "pi"
	}
	return false
}
