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
