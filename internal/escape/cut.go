package escape

import (
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// ellipsis stands for what Cut left out; it is one cell wide.
const ellipsis = "…"

// cellBytes bounds the bytes that one cell may cost: a base character can
// carry any number of combining marks without getting wider.
const cellBytes = 32

// Width returns how many terminal cells s takes, s being the result of
// [Terminal] or [Cut].
func Width(s string) int { return displaywidth.String(s) }

// Cut is [Terminal] cut to width cells; what was cut ends in an ellipsis. It
// reads no more of s than it shows, so that s may be of any length, and never
// cuts within a character or an escape. A width below one gives "".
func Cut(s string, width int) string {
	if width < 1 {
		return ""
	}
	whole := s
	if limit := cellBytes * (width + 1); len(s) > limit {
		s = s[:limit]
	}
	var b strings.Builder
	used := 0 // cells written to b
	fits := 0 // bytes of b that leave a cell for the ellipsis
	gs := displaywidth.StringGraphemes(s)
	for gs.Next() {
		g := Terminal(gs.Value())
		used += Width(g)
		if used > width {
			return b.String()[:fits] + ellipsis
		}
		b.WriteString(g)
		if used < width {
			fits = b.Len()
		}
	}
	if len(s) < len(whole) {
		return b.String()[:fits] + ellipsis
	}
	return b.String()
}

// Last returns the last n characters of s, as they are: for [Cut] and
// [Terminal] to make safe.
func Last(s string, n int) string {
	i := len(s)
	for ; n > 0 && i > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return s[i:]
}

// Fold is [Terminal] broken into lines of at most width cells, behind a blank
// where there is one in the second half of a line; no character and no escape is
// broken but one that is wider than a line. A width below one counts as one.
func Fold(s string, width int) []string {
	width = max(width, 1)
	var lines []string
	var b strings.Builder
	used, blank := 0, 0 // cells written to b, bytes of it up to a blank
	flush := func(n int) {
		whole := b.String()
		lines = append(lines, strings.TrimRight(whole[:n], " "))
		b.Reset()
		b.WriteString(whole[n:])
		used, blank = Width(whole[n:]), 0
	}
	write := func(g string) {
		n := Width(g)
		for used+n > width && b.Len() > 0 { // what stood behind the blank may still be too wide
			if g != " " && blank*2 >= b.Len() {
				flush(blank)
			} else {
				flush(b.Len())
			}
		}
		if g == " " && used == 0 && len(lines) > 0 {
			return // it was what broke the line
		}
		b.WriteString(g)
		used += n
		if g == " " {
			blank = b.Len()
		}
	}
	gs := displaywidth.StringGraphemes(s)
	for gs.Next() {
		g := gs.Value()
		if Terminal(g) == g {
			write(g)
			continue
		}
		// What is spelled out is no longer one character: NUL and two bytes that are
		// no UTF-8 count as one, and show as three escapes.
		for len(g) > 0 {
			_, size := utf8.DecodeRuneInString(g)
			write(Terminal(g[:size]))
			g = g[size:]
		}
	}
	if b.Len() > 0 || len(lines) == 0 {
		flush(b.Len())
	}
	return lines
}
