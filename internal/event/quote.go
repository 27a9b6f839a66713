package event

import (
	"math/bits"
	"unicode/utf8"
)

// AppendQuoted appends s as a JSON string, in the shortest form there is (RFC
// 8785); invalid UTF-8 becomes U+FFFD. Most of what tags hold needs no escape, so
// eight bytes are looked at at once, and what lies between two escapes is copied
// as a whole.
func AppendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for {
		n := plainBytes(s)
		dst = append(dst, s[:n]...)
		if n == len(s) {
			return append(dst, '"')
		}
		c := s[n]
		if s = s[n:]; c < utf8.RuneSelf {
			dst, s = appendEscaped(dst, c), s[1:]
			continue
		}
		// A decoded U+FFFD is written as it stands, and an invalid byte as one.
		r, size := utf8.DecodeRuneInString(s)
		dst, s = utf8.AppendRune(dst, r), s[size:]
	}
}

// AppendStrings appends list as a JSON array of strings.
func AppendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendQuoted(dst, s)
	}
	return append(dst, ']')
}

// plainBytes returns how many bytes s begins with that stand for themselves in a
// JSON string: printable ASCII but the quotation mark and the backslash.
func plainBytes(s string) (n int) {
	for ; len(s)-n >= 8; n += 8 {
		if odd := notPlain(word(s[n:])); odd != 0 {
			return n + bits.TrailingZeros64(odd)/8
		}
	}
	for n < len(s) && s[n] >= ' ' && s[n] != '"' && s[n] != '\\' && s[n] < utf8.RuneSelf {
		n++
	}
	return n
}

// word returns the first eight bytes of s, the first of them lowest.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// notPlain sets the highest bit of the first byte of w that is not plain; of the
// bytes above it the bits mean nothing. x-1 borrows into the highest bit of a byte
// x only when x is 0 (or a lower byte was, which is why only the first counts), and
// x-0x20 when x is a control character.
func notPlain(w uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	quote, backslash := w^ones*'"', w^ones*'\\'
	return ((w-ones*' ')&^w | (quote-ones)&^quote | (backslash-ones)&^backslash | w) & high
}

// appendEscaped appends the escape of a byte that needs one.
func appendEscaped(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
