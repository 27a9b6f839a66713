package dfa

import "unicode/utf8"

// runes appends edges that lead to out over the bytes of the runes of r. A rune of
// several bytes goes through instructions of its own, which those that end alike
// share. The text is known to be valid: what no valid text has may go anywhere.
func (t *translator) runes(edges []edge, r runeRange, out uint32) []edge {
	for size := 1; size <= utf8.UTFMax; size++ {
		lo, hi := max(r.lo, lengths[size-1].lo), min(r.hi, lengths[size-1].hi)
		if lo <= hi {
			edges = t.sameLength(edges, runeRange{lo, hi}, size, out)
		}
	}
	return edges
}

// lengths are the runes of one byte, of two, three and four.
var lengths = [utf8.UTFMax]runeRange{{0, 0x7f}, {0x80, 0x7ff}, {0x800, 0xffff}, {0x10000, utf8.MaxRune}}

// sameLength is runes for runes of size bytes each. It parts them until the bytes
// behind the first may be any, or the first is always the same.
func (t *translator) sameLength(edges []edge, r runeRange, size int, out uint32) []edge {
	for n := size - 1; n > 0; n-- {
		// The last n bytes hold these bits.
		tail := rune(1)<<(6*n) - 1
		if r.lo&^tail == r.hi&^tail {
			continue
		}
		if r.lo&tail != 0 {
			edges = t.sameLength(edges, runeRange{r.lo, r.lo | tail}, size, out)
			return t.sameLength(edges, runeRange{r.lo | tail + 1, r.hi}, size, out)
		}
		if r.hi&tail != tail {
			edges = t.sameLength(edges, runeRange{r.lo, r.hi&^tail - 1}, size, out)
			return t.sameLength(edges, runeRange{r.hi &^ tail, r.hi}, size, out)
		}
	}
	var lo, hi [utf8.UTFMax]byte
	encode(&lo, r.lo, size)
	encode(&hi, r.hi, size)
	for n := size - 1; n > 0; n-- {
		out = t.behind(suffix{lo[n], hi[n], out})
	}
	t.size++
	return append(edges, edge{lo[0], hi[0], out})
}

// encode is [utf8.EncodeRune], for runes that are halves of a surrogate pair too: no
// text has them, but ranges go over them.
func encode(dst *[utf8.UTFMax]byte, r rune, size int) {
	for n := size - 1; n > 0; n-- {
		dst[n] = 0x80 | byte(r&0x3f)
		r >>= 6
	}
	dst[0] = [...]byte{0, 0xc0, 0xe0, 0xf0}[size-1] | byte(r)
}

// behind returns the instruction that reads one byte of a rune.
func (t *translator) behind(s suffix) uint32 {
	if at, ok := t.suffix[s]; ok {
		return at
	}
	at := uint32(len(t.insts))
	t.insts = append(t.insts, inst{op: opBytes, of: t.of, edges: []edge{{s.lo, s.hi, s.out}}})
	t.suffix[s] = at
	t.size++
	return at
}
