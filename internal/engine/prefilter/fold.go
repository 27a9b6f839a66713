package prefilter

import (
	"encoding/binary"
	"slices"
	"unicode"
	"unicode/utf8"
)

// AppendFold appends the fold of src to dst: every rune becomes one fixed member of the set of runes that (?i)
// holds equal to it (its orbit under [unicode.SimpleFold]), and every invalid byte becomes U+FFFD, which is what package
// regexp sees there. Letters of ASCII become lower case, and so do U+212A (Kelvin, k) and U+017F (long s),
// their only relatives outside.
//
// Two texts that are equal without regard to case have equal folds, and the fold of a concatenation of whole
// runes is the concatenation of the folds. The fold of n bytes has at most 3n.
func AppendFold[T string | []byte](dst []byte, src T) []byte {
	start := len(dst)
	dst = append(dst, src...)
	n := lowerASCII(dst[start:])
	if n == len(src) {
		return dst
	}
	return appendFoldRunes(dst[:start+n], src[n:])
}

// lowerASCII puts into lower case the part of b before its first byte beyond ASCII, and returns how long that is.
func lowerASCII(b []byte) int {
	const (
		ones = 0x0101010101010101
		high = 0x80 * ones
	)
	rest := b
	for len(rest) >= 8 {
		x := binary.LittleEndian.Uint64(rest)
		if x&high != 0 {
			break
		}
		// Without a high bit no byte carries into the next: the high bit of each sum tells whether its byte reached the bound.
		upper := (x + (0x80-'A')*ones) &^ (x + (0x7f-'Z')*ones) & high
		binary.LittleEndian.PutUint64(rest, x|upper>>2)
		rest = rest[8:]
	}
	for len(rest) > 0 && rest[0] < utf8.RuneSelf {
		rest[0] = lower(rest[0])
		rest = rest[1:]
	}
	return len(b) - len(rest)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func appendFoldRunes[T string | []byte](dst []byte, src T) []byte {
	dst = slices.Grow(dst, len(src))
	for i := 0; i < len(src); {
		if c := src[i]; c < utf8.RuneSelf {
			dst = append(dst, lower(c))
			i++
			continue
		}
		// The conversion copies no more than one rune and does not leave the stack.
		r, n := utf8.DecodeRuneInString(string(src[i:min(i+utf8.UTFMax, len(src))]))
		dst = utf8.AppendRune(dst, foldRune(r))
		i += n
	}
	return dst
}

// foldRune returns the smallest rune of the orbit of r, or that in lower case when it is a letter of ASCII.
func foldRune(r rune) rune {
	for {
		// SimpleFold goes upwards through the orbit and from its largest member to its smallest.
		next := unicode.SimpleFold(r)
		if next <= r {
			r = next
			break
		}
		r = next
	}
	if r < utf8.RuneSelf {
		return rune(lower(byte(r)))
	}
	return r
}
