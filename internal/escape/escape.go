// Package escape makes text that a stranger wrote safe for the medium it is
// shown in: terminals, spreadsheets, workflow logs, XML.
//
// Honeypot telemetry is text that attackers chose, and rule files come from
// anywhere. Whatever people read passes through exactly one function of this
// package, the one of its medium, at the moment it is written: values stay as
// they came everywhere else. JSON needs none, its encoders escape by
// themselves.
//
// Every function is total: any bytes go in, also invalid UTF-8, and what comes
// out is valid UTF-8. What already is safe comes back as it is, without an
// allocation, so that all but [CSV] and the workflow functions, which quote
// with their own mark, may be applied twice.
//
// For example, a user agent that would have retitled the analyst's terminal:
//
//	escape.Terminal("curl\x1b]0;pwned\a") // `curl\x1b]0;pwned\a`
package escape

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Terminal returns s with all that a terminal would act on, or that a reader
// could not see, written out: control characters (`\n`, `\x1b`, `\u{9b}`),
// bidirectional and invisible ones (`\u{202e}`), spaces other than U+0020, and
// the bytes of invalid UTF-8 (`\xff`). Backslashes stay, which keeps paths and
// patterns readable: the result is for eyes, not for unquoting.
func Terminal(s string) string {
	return rewrite(s, visible)
}

// visible reports whether r may stand for itself on a terminal.
func visible(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= ' ' && r != 0x7f
	}
	return unicode.IsPrint(r) && !unicode.Is(blank, r)
}

// blank are the characters that Unicode calls letters, marks or symbols and
// that nevertheless show nothing (fillers, joiners, variation selectors,
// Unicode 15 DerivedCoreProperties, Default_Ignorable_Code_Point).
var blank = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // combining grapheme joiner
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // hangul fillers
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, // khmer inherent vowels
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, // mongolian variation selectors
		{Lo: 0x2800, Hi: 0x2800, Stride: 1}, // braille blank
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // hangul filler
		{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, // variation selectors
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, // halfwidth hangul filler
	},
	R32: []unicode.Range32{
		{Lo: 0xe0000, Hi: 0xe0fff, Stride: 1}, // tags, variation selectors supplement
	},
}

// rewrite returns s with every character that keep refuses, and every byte of
// invalid UTF-8, spelled out.
func rewrite(s string, keep func(rune) bool) string {
	i := firstRefused(s, keep)
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:i])
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case keep(r):
			b.WriteString(s[i : i+n])
		default:
			spell(&b, r)
		}
		i += n
	}
	return b.String()
}

func firstRefused(s string, keep func(rune) bool) int {
	for i, r := range s {
		if !keep(r) || r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return i
		}
	}
	return len(s)
}

// spell writes r by its escape.
func spell(b *strings.Builder, r rune) {
	switch {
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\t':
		b.WriteString(`\t`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\a':
		b.WriteString(`\a`)
	case r < utf8.RuneSelf:
		fmt.Fprintf(b, `\x%02x`, r)
	default:
		fmt.Fprintf(b, `\u{%x}`, r)
	}
}
