package lines

import (
	"encoding/binary"
	"math/bits"
)

// The scanner knows JSON's grammar (RFC 8259) and nothing of what a line
// means. Each function takes a line and where something begins in it, and
// returns where that ends; -1 stands for: here the line is no JSON. Why, its
// callers leave to jsontext, which is slow and says it well.

// Oddities of a string: either keeps it from being a piece of its line.
const (
	escapes  = 1 << iota // it holds a backslash
	nonASCII             // it holds a byte from 0x80 on, and may be no UTF-8
)

// Eight bytes at a time: a word with a 1, or the highest bit, in each byte.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// specials returns a word in which the highest bit is set of each byte of x
// that is a quote, a backslash, a control character or no ASCII. Bytes behind
// the first of them may be marked too: subtraction carries.
func specials(x uint64) uint64 {
	control, quote, backslash := x-' '*ones, (x^'"'*ones)-ones, (x^'\\'*ones)-ones
	return (x | control | quote | backslash) & highs
}

// scanPlain returns the index of the first byte from l[i] on that is special, or
// that is less than 8 bytes from the end.
func scanPlain(l []byte, i int) int {
	for ; i+8 <= len(l); i += 8 {
		if m := specials(binary.LittleEndian.Uint64(l[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	return i
}

// scanString returns the index of the quote that ends the string of which the
// first character is at l[i].
func scanString(l []byte, i int) (end int, odd uint8) {
	if i = scanPlain(l, i); i < len(l) && l[i] == '"' {
		return i, 0
	}
	for i < len(l) {
		switch c := l[i]; {
		case c == '"':
			return i, odd
		case c < ' ':
			return -1, odd
		case c >= 0x80:
			odd |= nonASCII
		case c == '\\':
			odd |= escapes
			n := scanEscape(l[i:])
			if n < 0 {
				return -1, odd
			}
			i = scanPlain(l, i+n)
			continue
		}
		i++
	}
	return -1, odd
}

// scanEscape returns the length of the escape that l begins with. Surrogates
// may stand alone.
func scanEscape(l []byte) int {
	if len(l) < 2 {
		return -1
	}
	switch l[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(l) >= 6 && isHex(l[2]) && isHex(l[3]) && isHex(l[4]) && isHex(l[5]) {
			return 6
		}
	}
	return -1
}

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= (c|0x20) && (c|0x20) <= 'f'
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// scanSpace returns the index of the first byte from l[i] on that is no space.
func scanSpace(l []byte, i int) int {
	for i < len(l) && (l[i] == ' ' || l[i] == '\t' || l[i] == '\r' || l[i] == '\n') {
		i++
	}
	return i
}

// scanDigits is scanSpace for digits.
func scanDigits(l []byte, i int) int {
	for i < len(l) && isDigit(l[i]) {
		i++
	}
	return i
}

// scanNumber returns where the number ends that begins at l[i].
func scanNumber(l []byte, i int) int {
	if i < len(l) && l[i] == '-' {
		i++
	}
	switch begin := i; {
	case i < len(l) && l[i] == '0':
		i++
	default:
		if i = scanDigits(l, i); i == begin {
			return -1
		}
	}
	if i < len(l) && l[i] == '.' {
		begin := i + 1
		if i = scanDigits(l, begin); i == begin {
			return -1
		}
	}
	if i < len(l) && (l[i] == 'e' || l[i] == 'E') {
		begin := i + 1
		if begin < len(l) && (l[begin] == '+' || l[begin] == '-') {
			begin++
		}
		if i = scanDigits(l, begin); i == begin {
			return -1
		}
	}
	return i
}

// scanLiteral returns where literal ends, which is to begin at l[i].
func scanLiteral(l []byte, i int, literal string) int {
	if end := i + len(literal); end <= len(l) && string(l[i:end]) == literal {
		return end
	}
	return -1
}
