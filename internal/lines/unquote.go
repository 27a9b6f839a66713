package lines

import (
	"unicode/utf8"

	"ttpctl/internal/event"
)

// A room holds strings with escapes once they are read.
type room struct {
	made event.Slab
	buf  []byte // for one string
}

// unquoted returns what the string reads as that stands between quotes as s,
// which the scanner has passed.
func (r *room) unquoted(s string) string {
	r.buf = appendUnquoted(r.buf[:0], s)
	text := r.made.String(r.buf)
	if cap(r.buf) > KeepBytes {
		r.buf = nil
	}
	return text
}

// appendUnquoted undoes the escapes of s. Surrogates that stand alone and bytes
// that are no UTF-8 become U+FFFD.
func appendUnquoted(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\\':
			var n int
			dst, n = appendEscaped(dst, s[i:])
			i += n
		case c < utf8.RuneSelf:
			begin := i
			for i+8 <= len(s) && specials(word(s[i:])) == 0 {
				i += 8
			}
			for i < len(s) && s[i] != '\\' && s[i] < utf8.RuneSelf {
				i++
			}
			dst = append(dst, s[begin:i]...)
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
		}
	}
	return dst
}

// appendEscaped appends what the escape means that s begins with, and returns
// its length.
func appendEscaped(dst []byte, s string) ([]byte, int) {
	switch c := s[1]; c {
	case 'b':
		return append(dst, '\b'), 2
	case 'f':
		return append(dst, '\f'), 2
	case 'n':
		return append(dst, '\n'), 2
	case 'r':
		return append(dst, '\r'), 2
	case 't':
		return append(dst, '\t'), 2
	case 'u':
	default:
		return append(dst, c), 2
	}
	const high, low, end = 0xd800, 0xdc00, 0xe000 // surrogates: two halves of a rune
	r := fourHex(s[2:6])
	if r < high || r >= end {
		return utf8.AppendRune(dst, r), 6
	}
	if r < low && len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if next := fourHex(s[8:12]); next >= low && next < end {
			return utf8.AppendRune(dst, (r-high)<<10|(next-low)+0x10000), 12
		}
	}
	return utf8.AppendRune(dst, utf8.RuneError), 6
}

// fourHex returns the number that four hexadecimal digits are.
func fourHex(s string) (r rune) {
	for i := range 4 {
		c := s[i]
		if !isDigit(c) {
			c += 9 // 'a' and 'A' end in 1
		}
		r = r<<4 | rune(c&15)
	}
	return r
}
