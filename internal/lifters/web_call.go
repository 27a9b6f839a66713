package lifters

import (
	"strings"
	"unicode"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// webCall holds on an input that calls a function of a language: one of the
// shipped names, then an opening parenthesis, with nothing but blanks and
// comments between. With `leading`, the call must be what the input begins
// with, signs and numbers before it left out: a sentence may name a function.
func webCall(b *binding) matchFunc {
	inputs, leading := b.inputSearch("short_inputs"), b.args.Bool("leading")
	functions := map[string]bool{}
	for _, f := range b.shippedNames("webcalls.tsv") {
		if f.name == b.args.String("language") {
			functions[f.value] = true
		}
	}
	return func(ev *event.Event, h *engine.Hit) bool {
		return inputs.find(ev, h, func(_, text string) bool {
			call, ok := calls(text, leading, functions)
			if ok {
				h.Extra("function", event.StringValue(call))
			}
			return ok
		})
	}
}

// calls returns the first of functions that text calls.
func calls(text string, leading bool, functions map[string]bool) (string, bool) {
	for at := 0; ; {
		open := strings.IndexByte(text[at:], '(')
		if open < 0 {
			return "", false
		}
		at += open
		end := behindName(text[:at])
		start := end
		for start > 0 && isWord(text[start-1]) {
			start--
		}
		// A method (x.date()) and part of a path or an option are no function.
		free := start == 0 || strings.IndexByte(".>-:/$", text[start-1]) < 0
		prose := leading && end < at && isRemark(text[at:])
		if name := strings.ToLower(text[start:end]); free && !prose && functions[name] && (!leading || !hasLetter(text[:start]) && !isProse(text[open:])) {
			return name, true
		}
		at++
	}
}

// isRemark reports whether a text that begins with a parenthesis, apart from the
// word before it, is a remark on that word: `(band)`, `(2014) movie`.
func isRemark(s string) bool {
	inner, rest, closed := strings.Cut(s[1:], ")")
	if !closed || strings.IndexFunc(inner, func(r rune) bool { return r != ' ' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) >= 0 {
		return false
	}
	word := strings.TrimLeft(rest, " ")
	return hasLetter(inner) && word == "" || word != rest && hasLetter(word[:min(len(word), 1)])
}

// isProse reports whether a text that begins with a parenthesis goes on as a
// sentence: `()` and words, as in `user() function`.
func isProse(s string) bool {
	rest, empty := strings.CutPrefix(s, "() ")
	return empty && hasLetter(rest) && strings.IndexFunc(rest, func(r rune) bool { return r != ' ' && !unicode.IsLetter(r) }) < 0
}

// behindName returns where the name before a parenthesis ends: blanks and
// comments go.
func behindName(s string) int {
	for {
		t := strings.TrimRight(s, " \t\r\n\v\f")
		if c := strings.LastIndex(t, "/*"); c >= 0 && strings.HasSuffix(t, "*/") {
			t = t[:c]
		} else if i := strings.LastIndexByte(t, '\n') + 1; t != s || i > 0 {
			if c := strings.IndexAny(t[i:], "#"); c >= 0 {
				t = t[:i+c]
			} else if c := strings.Index(t[i:], "//"); c >= 0 {
				t = t[:i+c]
			}
		}
		if t == s {
			return len(s)
		}
		s = t
	}
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= lowerByte(c) && lowerByte(c) <= 'z'
}

func hasLetter(s string) bool {
	for i := range len(s) {
		if c := lowerByte(s[i]); 'a' <= c && c <= 'z' || c >= 0x80 {
			return true
		}
	}
	return false
}
