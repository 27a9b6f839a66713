package shell

import "unicode/utf8"

// unescape appends s with its backslash escapes resolved, as echo -e, printf (written: \c ends the output, \0nnn has four digits) and $'..' do.
// stop says that \c ended it. An escape that none of them knows stays as it is.
func unescape(dst []byte, s string, written bool) (out []byte, stop bool) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '\\' || i+1 == len(s) {
			dst = append(dst, c)
			continue
		}
		i++
		switch c = s[i]; c {
		case 'a':
			dst = append(dst, '\a')
		case 'b':
			dst = append(dst, '\b')
		case 'e', 'E':
			dst = append(dst, 0x1b)
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'v':
			dst = append(dst, '\v')
		case '\\', '\'', '"', '?':
			dst = append(dst, c)
		case 'c':
			if written {
				return dst, true
			}
			if i+1 < len(s) {
				i++
				dst = append(dst, s[i]&0x1f)
			}
		default:
			var n int
			dst, n = numeric(dst, s[i:], written)
			i += n - 1
		}
	}
	return dst, false
}

// numeric resolves \nnn, \xHH, \uHHHH and \UHHHHHHHH, s beginning behind the backslash; n is how much of s it took, at least 1.
func numeric(dst []byte, s string, written bool) (out []byte, n int) {
	from, base, limit := 1, rune(16), 0
	switch c := s[0]; {
	case c == 'x':
		limit = 2
	case c == 'u':
		limit = 4
	case c == 'U':
		limit = 8
	case '0' <= c && c <= '7':
		from, base, limit = 0, 8, 3
		if c == '0' && written {
			limit = 4
		}
	}
	value, i := rune(0), from
	for i < len(s) && i-from < limit {
		d := digit(s[i])
		if d >= base {
			break
		}
		value = value*base + d
		i++
	}
	switch {
	case i == from:
		return append(dst, '\\', s[0]), 1
	case limit > 4 || s[0] == 'u':
		return utf8.AppendRune(dst, value), i
	}
	return append(dst, byte(value)), i
}

// digit returns the value of a hexadecimal digit, or 16.
func digit(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10
	}
	return 16
}
