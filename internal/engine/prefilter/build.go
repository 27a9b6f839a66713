package prefilter

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
)

// Prepare returns the patterns, which may be in any order, as BuildPrepared wants them: sorted and distinct. Whoever
// keeps them spares a later BuildPrepared a part of the work.
func Prepare(patterns []Pattern) []Pattern {
	patterns = slices.Clone(patterns)
	sortPatterns(patterns)
	return slices.Compact(patterns)
}

// BuildPrepared makes the Searcher of what Prepare returned; none is fine.
func BuildPrepared(patterns []Pattern) *Searcher {
	b := builder{Searcher: &Searcher{table: table{pairs: &noPairs}}}
	b.group(patterns)
	b.place()
	b.hash()
	return b.Searcher
}

// sortPatterns orders patterns by literal, then by id. Nearly all literals differ within their first bytes, and those
// are compared as one number: comparing the strings takes four times as long.
func sortPatterns(patterns []Pattern) {
	list := make([]headed, len(patterns))
	for i, p := range patterns {
		list[i] = headed{headOf(p.Literal), p}
	}
	slices.SortFunc(list, func(a, b headed) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return cmp.Or(strings.Compare(a.Literal, b.Literal), cmp.Compare(a.ID, b.ID))
	})
	for i := range list {
		patterns[i] = list[i].Pattern
	}
}

// A headed pattern stands with the first bytes of its literal, of which the first weighs most.
type headed struct {
	head uint64
	Pattern
}

func headOf(literal string) uint64 {
	var first [8]byte
	copy(first[:], literal)
	return binary.BigEndian.Uint64(first[:])
}

// A builder fills in a Searcher.
type builder struct {
	*Searcher
	begins []uint32 // by literal, and one more: where it begins in text
	placed []placed
	taken  [1 << 12]uint8 // by the hash of a window: how many literals stand with it
}

// placed is an entry, and the place that it is for.
type placed struct {
	place place
	entry
}

// group numbers the distinct literals of the sorted patterns and gathers the ids of each.
func (b *builder) group(patterns []Pattern) {
	var all strings.Builder
	for i, p := range patterns {
		if i == 0 || p.Literal != patterns[i-1].Literal {
			b.begins = append(b.begins, uint32(all.Len()))
			b.idsFrom = append(b.idsFrom, uint32(i))
			all.WriteString(p.Literal)
		}
		b.ids = append(b.ids, p.ID)
	}
	b.begins = append(b.begins, uint32(all.Len()))
	b.idsFrom = append(b.idsFrom, uint32(len(b.ids)))
	b.text = all.String()
}

// place chooses the place of each literal.
func (b *builder) place() {
	for n := range uint32(len(b.begins) - 1) {
		literal := b.text[b.begins[n]:b.begins[n+1]]
		switch len(literal) {
		case 0:
			b.empty = true
		case 1:
			b.one = true
			b.add(bytePlace(uint32(literal[0])|0x20), n, 0)
			for second := range uint32(256) {
				b.pair(uint32(literal[0]) | 0x20 | second<<8)
			}
		case 2, 3:
			at := rarest(literal, 2)
			p := (uint32(literal[at]) | uint32(literal[at+1])<<8) | 0x2020
			b.pair(p)
			b.add(pairPlace(p), n, at)
		default:
			at := b.window(literal)
			b.add(windowPlace(windowAt(literal, at)), n, at)
		}
	}
	slices.SortFunc(b.placed, func(x, y placed) int { return cmp.Or(cmp.Compare(x.place, y.place), cmp.Compare(x.literal, y.literal)) })
}

func (b *builder) add(p place, literal uint32, at int) {
	from, to := b.begins[literal], b.begins[literal+1]
	b.placed = append(b.placed, placed{p, entry{literal, from, uint16(at), uint16(to - from), b.text[from], b.text[to-1]}})
}

// noPairs is the table of pairs of all without short literals.
var noPairs [1 << 10]uint64

// pair sets the bit of a pair of bytes.
func (b *builder) pair(p uint32) {
	if b.pairs == &noPairs {
		b.pairs = new([1 << 10]uint64)
	}
	b.pairs[p/64] |= 1 << (p % 64)
}

// rarest returns where the n consecutive bytes of s begin that weigh most.
func rarest(s string, n int) int { return strings.Index(s, window(s, n)) }

func windowAt(literal string, i int) uint32 {
	return binary.LittleEndian.Uint32([]byte(literal[i:i+windowLen])) | fold4
}

// crowd is what a window that another literal stands with is worth less, in bits: doubling their number counts twice as
// much as a window that is found twice as often, for each of them is compared.
const crowd = 2

// window returns where the window of the literal begins: rare in texts, and not yet that of many literals.
func (b *builder) window(literal string) int {
	w := weights(make([]uint8, 0, maxLiteral), literal)
	best, at := -1<<10, 0
	for i := range len(literal) - windowLen + 1 {
		taken := b.taken[hash(windowAt(literal, i))>>20]
		value := int(w[i]+w[i+1]+w[i+2]+w[i+3]) - crowd*bits.Len8(taken)
		if value > best {
			best, at = value, i
		}
	}
	if taken := &b.taken[hash(windowAt(literal, at))>>20]; *taken < 255 {
		*taken++
	}
	return at
}

// Bounds of the table of hashed windows: it has 32 bits for each literal, so that a window that no literal has seldom
// finds a bit that is set.
const (
	minHashBits = 12
	maxHashBits = 22
)

// hash fills in the tables by which the placed literals are found.
func (b *builder) hash() {
	n := min(max(minHashBits, bits.Len(uint(len(b.placed)))+5), maxHashBits)
	b.bits, b.shift = make([]uint64, 1<<n/64), uint8(32-n)
	b.slots = make([]slot, 2<<bits.Len(uint(len(b.placed))))
	b.entries = make([]entry, len(b.placed))
	for from := 0; from < len(b.placed); {
		p := b.placed[from].place
		to := from
		for ; to < len(b.placed) && b.placed[to].place == p; to++ {
			b.entries[to] = b.placed[to].entry
		}
		if p>>32 == windowLen {
			h := hash(uint32(p)) >> b.shift
			b.bits[h/64] |= 1 << (h % 64)
		}
		mask := uint32(len(b.slots) - 1)
		h := p.hash() & mask
		for b.slots[h].place != 0 {
			h = (h + 1) & mask
		}
		b.slots[h] = slot{p, uint32(from), uint32(to)}
		from = to
	}
}
