package corpus

import (
	"strconv"
	"strings"
)

// maxUnescape bounds how often an escape is taken for the escape of another:
// %2532 is 2.
const maxUnescape = 3

// unescaped yields text as it reads without escapes, then without the escapes
// that came about by that, and so on: percent-encoding, \xHH, \NNN, \uHHHH,
// &#N; and &#xH;. Then the same once more as a shell reads it, without quotation
// marks, backslashes before marks and continued lines, and once without the NUL
// bytes between UTF-16 letters. at holds where in text each byte stands.
func unescaped(text string) func(yield func(plain string, at []place) bool) {
	return func(yield func(string, []place) bool) {
		for _, r := range [...]reading{{marks: "%\\&"}, {marks: "\\\"'", shell: true}, {marks: "\x00", wide: true}} {
			plain, at := text, []place(nil)
			for range maxUnescape {
				if !strings.ContainsAny(plain, r.marks) {
					break
				}
				next, nextAt := r.once(plain, at)
				if next == plain {
					break
				}
				if !yield(next, nextAt) {
					return
				}
				plain, at = next, nextAt
			}
		}
	}
}

// A reading is a way to read escapes. marks are the characters without one of
// which it changes nothing that the other does not.
type reading struct {
	marks       string
	shell, wide bool
}

// A place is a range of bytes.
type place struct{ start, end int }

// once undoes one level of escapes.
func (r *reading) once(text string, at []place) (string, []place) {
	out := make([]byte, 0, len(text))
	places := make([]place, 0, len(text))
	for i := 0; i < len(text); {
		c, n, keep := r.escapeAt(text[i:])
		if keep {
			p := place{i, i + n}
			if at != nil {
				p = place{at[i].start, at[i+n-1].end}
			}
			out = append(out, c)
			places = append(places, p)
		}
		i += n
	}
	return string(out), places
}

// escapeAt returns the byte that s begins with, written plainly or as an
// escape, and its length; keep is false for what reads as nothing.
func (r *reading) escapeAt(s string) (c byte, n int, keep bool) {
	switch s[0] {
	case 0:
		return 0, 1, !r.wide
	case '"', '\'':
		return s[0], 1, !r.shell
	case '%':
		if len(s) > 2 && isHex(s[1]) && isHex(s[2]) {
			return byte(hexValue(s[1])<<4 | hexValue(s[2])), 3, true
		}
	case '&':
		if c, n := reference(s); n > 0 {
			return c, n, true
		}
	case '\\':
		return r.backslash(s)
	}
	return s[0], 1, true
}

func (r *reading) backslash(s string) (c byte, n int, keep bool) {
	switch {
	case len(s) > 3 && s[1] == 'x' && isHex(s[2]) && isHex(s[3]):
		return byte(hexValue(s[2])<<4 | hexValue(s[3])), 4, true
	case len(s) > 5 && s[1] == 'u' && s[2:4] == "00" && isHex(s[4]) && isHex(s[5]):
		return byte(hexValue(s[4])<<4 | hexValue(s[5])), 6, true
	case len(s) > 4 && s[1] == '0' && isOctal(s[2]) && isOctal(s[3]) && isOctal(s[4]):
		return octalByte(s[2:5]), 5, true
	case len(s) > 3 && isOctal(s[1]) && isOctal(s[2]) && isOctal(s[3]):
		return octalByte(s[1:4]), 4, true
	case r.shell && len(s) > 1 && s[1] == '\n':
		return 0, 2, false
	case r.shell && len(s) > 1 && !isAlnum(s[1]):
		return 0, 1, false
	}
	return s[0], 1, true
}

func octalByte(s string) byte { return (s[0]-'0')<<6 | (s[1]-'0')<<3 | (s[2] - '0') }

// reference reads a numeric character reference of one byte.
func reference(s string) (c byte, n int) {
	const longest = len("&#x0000ff;")
	head := s[:min(len(s), longest)]
	end := strings.IndexByte(head, ';')
	if end < 3 || head[1] != '#' {
		return 0, 0
	}
	digits, base := head[2:end], 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	v, err := strconv.ParseUint(digits, base, 8)
	if err != nil {
		return 0, 0
	}
	return byte(v), end + 1
}
