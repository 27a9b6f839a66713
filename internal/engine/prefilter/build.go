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
	b := builder{Searcher: &Searcher{table: table{pairs: new([1 << 16]uint8), windows: new([1 << 16]uint8)}}}
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
			b.one, b.short = true, bucketOfShort
			b.add(bytePlace(uint32(literal[0])|0x20), n, 0)
		case 2, 3:
			at := rarestPair(literal)
			b.short = bucketOfShort
			b.add(pairPlace(uint32(literal[at])|uint32(literal[at+1])<<8|0x2020), n, at)
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

// rarestPair returns where the rarest pair of s begins, the first of equals.
func rarestPair(s string) (at int) {
	for i := 1; i+1 < len(s); i++ {
		if pairRarity(s, i) > pairRarity(s, at) {
			at = i
		}
	}
	return at
}

func windowAt(literal string, i int) uint32 {
	return binary.LittleEndian.Uint32([]byte(literal[i:i+windowLen])) | fold4
}

// crowd is what a window that another literal stands with is worth less, in bits: doubling their number counts twice as
// much as a window that is found twice as often, for each of them is compared.
const crowd = 2

// window returns where the window of the literal begins: rare in texts, and not yet that of many literals.
func (b *builder) window(literal string) int {
	best, at := -1<<10, 0
	for i := range len(literal) - windowLen + 1 {
		taken := b.taken[hash(windowAt(literal, i))>>20]
		value := pairRarity(literal, i) + pairRarity(literal, i+1) + pairRarity(literal, i+2) - crowd*bits.Len8(taken)
		if value > best {
			best, at = value, i
		}
	}
	if taken := &b.taken[hash(windowAt(literal, at))>>20]; *taken < 255 {
		*taken++
	}
	return at
}

// bucketOfShort is the bucket of literals that are shorter than a window, when there are any.
const bucketOfShort = 1 << 7

// bucket returns the bucket of the windows that begin with a pair.
func (b *builder) bucket(pair uint32) uint8 {
	n := hash(pair) >> 29
	if b.short != 0 {
		n %= 7
	}
	return 1 << n
}

// show fills in what the first stage looks at for the literals that have their place at p.
func (b *builder) show(p place) {
	w := uint32(p)
	switch p >> 32 {
	case windowLen:
		pair := w & 0xffff
		b.pairs[pair] |= b.bucket(pair)
		b.windows[hash(w)>>16] |= b.bucket(pair)
	case 2:
		b.pairs[w] |= b.short
	case 1:
		for second := range uint32(256) {
			b.pairs[w|second<<8] |= b.short
		}
	}
}

// hash fills in the tables by which the placed literals are found.
func (b *builder) hash() {
	if b.short != 0 {
		for i := range b.windows {
			b.windows[i] = b.short
		}
	}
	b.slots = make([]slot, 2<<bits.Len(uint(len(b.placed))))
	b.entries = make([]entry, len(b.placed))
	for from := 0; from < len(b.placed); {
		p := b.placed[from].place
		to := from
		for ; to < len(b.placed) && b.placed[to].place == p; to++ {
			b.entries[to] = b.placed[to].entry
		}
		b.show(p)
		mask := uint32(len(b.slots) - 1)
		h := p.hash() & mask
		for b.slots[h].place != 0 {
			h = (h + 1) & mask
		}
		b.slots[h] = slot{p, uint32(from), uint32(to)}
		from = to
	}
}
