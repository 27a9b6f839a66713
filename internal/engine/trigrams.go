package engine

import (
	"math/bits"

	"ttpctl/internal/engine/prefilter"
)

// trigrams tell cheaply that a word has none of the literals that a pattern
// requires: it has the first three letters of none. They never deny a word that
// the pattern matches, and admit some that it does not. Nil admits all.
type trigrams struct {
	set   []uint64 // a power of two of bits
	shift uint8
}

// trigramsOf returns the trigrams of a requirement, nil when it has none or a
// literal is short or not ASCII.
func trigramsOf(need prefilter.Set) *trigrams {
	literals := need.Literals()
	if len(literals) == 0 {
		return nil
	}
	size := max(8, bits.Len(uint(len(literals)*64-1)))
	t := &trigrams{make([]uint64, 1<<size/64), uint8(32 - size)}
	for _, lit := range literals {
		if len(lit) < 3 || lit[0]|lit[1]|lit[2] >= 0x80 {
			return nil
		}
		h := t.hash(lit[0], lit[1], lit[2])
		t.set[h/64] |= 1 << (h % 64)
	}
	return t
}

func (t *trigrams) hash(a, b, c byte) uint32 {
	return (uint32(a)<<16 | uint32(b)<<8 | uint32(c)) * 0x9e3779b1 >> t.shift
}

// may reports whether the word may have one of the literals. A letter beyond
// ASCII may fold to one within.
func (t *trigrams) may(word string) bool {
	if t == nil {
		return true
	}
	var a, b byte
	for i := range len(word) {
		c := word[i]
		if c >= 0x80 {
			return true
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if h := t.hash(a, b, c); i >= 2 && t.set[h/64]>>(h%64)&1 != 0 {
			return true
		}
		a, b = b, c
	}
	return false
}
