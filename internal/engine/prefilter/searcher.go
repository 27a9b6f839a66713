package prefilter

import "unicode/utf8"

// A Pattern says that a folded literal of less than 64 KiB stands for an id. An id may have many literals and a literal many ids.
type Pattern struct {
	Literal string
	ID      uint32
}

// A Searcher finds the literals of many patterns in one pass over a text, in two stages.
//
// Each literal stands with one window of it: four bytes, chosen so that few texts and few other literals have them. The
// first stage looks at all windows of the text. A window is a number, hashed to one of so many bits that most are not
// set: a multiplication, a shift and a look at a table that stays in the processor's nearest caches, and no step waits
// for the one before it, as those of an automaton do. Four windows make one decision. This is what Rabin and Karp,
// Wu and Manber, and the literal matcher of Hyperscan have in common.
//
//	literals "wget", "/busybox"    windows "wget", "sybo"    text "cd /tmp; wget x": "cd /", "d /t", ... "wget" -> look
//
// The second stage looks up which literals have that window, and compares them with the text around it. What is said of
// a text is therefore exact: the ids of the literals that it contains.
//
// Letters of ASCII are not folded beforehand: in windows one bit of each byte is set, by which upper and lower case
// differ (and some signs, which comparing finds out). Only of a text with other letters a folded copy is made.
// Literals of two and three bytes stand with a pair of bytes in a table of all pairs, and one of a single byte with all
// pairs that begin with it.
//
// A Searcher is immutable and safe for concurrent use.
type Searcher struct {
	table
	one   bool // a literal of a single byte is among them
	empty bool // the empty literal is, which is the first

	slots   []slot  // by place; a power of two, some of them free
	entries []entry // by slot

	text    string   // all literals
	idsFrom []uint32 // by literal, and one more: where in ids its own begin
	ids     []uint32
}

// A table is what the first stage looks at.
type table struct {
	bits  []uint64         // of hashed windows; a power of two of bits
	shift uint8            // of a hash of 32 bits
	pairs *[1 << 10]uint64 // of pairs
}

// A place is the window, the pair or the byte by which literals are looked up: its bytes, and how many they are.
type place uint64

const (
	windowLen = 4
	fold4     = 0x20202020 // upper and lower case of letters differ by this bit of a byte
	fold8     = fold4<<32 | fold4
)

func windowPlace(w uint32) place { return place(w) | 4<<32 }
func pairPlace(p uint32) place   { return place(p) | 2<<32 }
func bytePlace(c uint32) place   { return place(c) | 1<<32 }

// A slot has the entries[from:to] of a place; it is free when that is 0.
type slot struct {
	place    place
	from, to uint32
}

// An entry is a literal that has its place so many bytes behind its beginning, and
// enough of it to turn away most texts without a look at text, which is seldom in the
// nearer caches.
type entry struct {
	literal, begin uint32 // its number, and where in text it begins
	behind, size   uint16
	first, last    byte
}

// hash spreads a window over 32 bits, of which the upper ones are the best.
func hash(w uint32) uint32 { return w * 0x9e3779b1 }

func (p place) hash() uint32 { return uint32(uint64(p) * 0x9e3779b97f4a7c15 >> 32) }

// Bytes returns the size of the tables.
func (s *Searcher) Bytes() int {
	return 8*(len(s.bits)+len(s.pairs)) + 16*len(s.entries) + 16*len(s.slots) + len(s.text) + 4*(len(s.idsFrom)+len(s.ids))
}

// Search marks the ids of all literals that text, once folded, contains.
func (s *Searcher) Search(text string, m *Marks) {
	m.searching(s)
	m.last, m.folded = 0, false
	if s.empty {
		s.mark(0, 0, m)
	}
	if isASCII(text) {
		search(s, text, m)
		return
	}
	m.folded = true
	m.fold = AppendFold(m.fold[:0], text)
	search(s, m.fold, m)
}

func isASCII(s string) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if load8(s, i)&0x8080808080808080 != 0 {
			return false
		}
	}
	for ; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// load8 returns the eight bytes at i. The compiler makes one load of it.
func load8[T string | []byte](text T, i int) uint64 {
	text = text[i : i+8]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}

// search is the first stage over a text whose letters beyond ASCII are folded.
func search[T string | []byte](s *Searcher, text T, m *Marks) {
	t, i := s.table, 0
	for ; i+8 <= len(text); i += 4 {
		x := load8(text, i) | fold8
		if (t.has(uint32(x))|t.has(uint32(x>>8))|t.has(uint32(x>>16))|t.has(uint32(x>>24)))&1 != 0 {
			look(s, text, i, x, 4, m)
		}
	}
	for ; i < len(text); i += 4 {
		if x := rest(text, i) | fold8; (t.has(uint32(x))|t.has(uint32(x>>8))|t.has(uint32(x>>16))|t.has(uint32(x>>24)))&1 != 0 {
			look(s, text, i, x, min(4, len(text)-i), m)
		}
	}
}

// rest returns the bytes from i on, less than eight. Behind them are zeros: with what these become in windows no literal
// is found that is not there, for it would not fit.
func rest[T string | []byte](text T, i int) (x uint64) {
	if len(text) >= 8 {
		return load8(text, len(text)-8) >> (8 * (8 - uint(len(text)-i)))
	}
	for k := len(text) - 1; k >= i; k-- {
		x = x<<8 | uint64(text[k])
	}
	return x
}

// has says in its lowest bit whether some literal may have its place at the window.
func (t *table) has(w uint32) uint64 {
	h := hash(w) >> (t.shift & 31)
	return t.bits[h>>6]>>(h&63) | t.pairs[w>>6&1023]>>(w&63)
}

// look is the second stage at the n places from i on, whose bytes are x.
func look[T string | []byte](s *Searcher, text T, i int, x uint64, n int, m *Marks) {
	for k := range n {
		w := uint32(x >> (8 * k))
		if h := hash(w) >> (s.shift & 31); s.bits[h>>6]>>(h&63)&1 != 0 {
			compare(s, text, i+k, windowPlace(w), m)
		}
		if s.pairs[w>>6&1023]>>(w&63)&1 != 0 {
			compare(s, text, i+k, pairPlace(w&0xffff), m)
			if s.one {
				compare(s, text, i+k, bytePlace(w&0xff), m)
			}
		}
	}
}

// compare marks the literals that have their place at i and are there.
func compare[T string | []byte](s *Searcher, text T, i int, p place, m *Marks) {
	mask := uint32(len(s.slots) - 1)
	for h := p.hash() & mask; ; h = (h + 1) & mask {
		sl := &s.slots[h]
		if sl.place == 0 {
			return
		}
		if sl.place != p {
			continue
		}
		entries := s.entries[sl.from:sl.to]
		for k := range entries {
			e := &entries[k]
			from := i - int(e.behind)
			to := from + int(e.size)
			if from < 0 || to > len(text) || lower(text[from]) != e.first || lower(text[to-1]) != e.last {
				continue
			}
			if equal(text[from:to], s.text[e.begin:e.begin+uint32(e.size)]) {
				s.mark(e.literal, from, m)
			}
		}
		return
	}
}

// equal compares a text of the same length with a folded literal.
func equal[T string | []byte](text T, literal string) bool {
	for i := range len(literal) {
		if lower(text[i]) != literal[i] {
			return false
		}
	}
	return true
}

// mark adds the ids of a literal that begins at place at, unless it was seen before.
func (s *Searcher) mark(literal uint32, at int, m *Marks) {
	m.last = max(m.last, at)
	if m.literals.add(literal) {
		for _, id := range s.ids[s.idsFrom[literal]:s.idsFrom[literal+1]] {
			m.addAt(id, at)
		}
	}
}
