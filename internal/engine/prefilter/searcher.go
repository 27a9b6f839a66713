package prefilter

// A Pattern says that a folded literal of less than 64 KiB stands for an id. An id may have many literals and a literal many ids.
type Pattern struct {
	Literal string
	ID      uint32
}

// A Searcher finds the literals of many patterns in one pass over a text, in two stages.
//
// Each literal stands with one window of it: four bytes, chosen so that few texts and few other literals have them. The
// first stage looks at all windows of the text, in two tables of bytes. One knows with which pair of bytes windows
// of literals begin, the other, by a hash of all four bytes, which windows there are. A pair is in one of eight
// buckets, of which each has a bit; only where both tables have the same bit may a literal be:
//
//	literals "wget", "/busybox"    windows "wget", "sybo"    pairs["wg"] = 1<<5, windows[hash("wget")] = 1<<5
//	text "cd /tmp; wget x"         "cd /": pairs["cd"] = 0   ...   "wget": 1<<5 & 1<<5 -> look
//
// Of a hash alone a window that no literal has would find something as often as the table is full, and a table that is
// hardly ever full outgrows the caches. The bucket makes it eight times as seldom, and most pairs of a text begin no
// window at all. The tables have as many bytes as there are numbers of 16 bits, so that no look at them is checked; of
// the pairs ordinary texts touch a few kilobytes. No step waits for the one before it, as those of an automaton do, and
// none is a branch: four windows make one step, and the steps at which something was found are written down.
// This is what Wu and Manber, and the literal matchers of Hyperscan, have in common.
//
// The second stage comes back to these steps, looks up which literals have that window, and compares them with the
// text around it. What is said of a text is therefore exact: the ids of the literals that it contains.
//
// Letters of ASCII are not folded beforehand: in windows one bit of each byte is set, by which upper and lower case
// differ (and some signs, which comparing finds out). Only of a text with other letters, which the first stage notices
// by the way, a folded copy is made. Literals of two and three bytes stand with a pair of them, and one of a single
// byte with all pairs that begin with it: they have a bucket of their own, which all windows are in.
//
// A Searcher is immutable and safe for concurrent use.
type Searcher struct {
	table
	short uint8 // the bucket of literals that are shorter than a window, 0 when there are none
	one   bool  // a literal of a single byte is among them
	empty bool  // the empty literal is, which is the first

	slots   []slot  // by place; a power of two, some of them free
	entries []entry // by slot

	text    string   // all literals
	idsFrom []uint32 // by literal, and one more: where in ids its own begin
	ids     []uint32
}

// A table is what the first stage looks at: buckets, as bits.
type table struct {
	pairs   *[1 << 16]uint8 // by the pair that a window begins with
	windows *[1 << 16]uint8 // by the upper half of the hash of a window
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
	return len(s.pairs) + len(s.windows) + 16*len(s.entries) + 16*len(s.slots) + len(s.text) + 4*(len(s.idsFrom)+len(s.ids))
}

// Search marks the ids of all literals that text, once folded, contains.
func (s *Searcher) Search(text string, m *Marks) {
	m.searching(s)
	m.last, m.folded = 0, false
	if s.empty {
		s.mark(0, 0, m)
	}
	if len(text) <= 8 && searchWord(s, text, m) {
		return
	}
	if (len(text) <= blockLen || isASCII(text)) && search(s, text, false, m) {
		return
	}
	m.folded = true
	m.fold = AppendFold(m.fold[:0], text)
	search(s, m.fold, true, m)
}

// searchWord is search of a text of at most eight bytes, as the words of command lines are: one number holds it, and the
// second stage comes at once. Of one that is not ASCII it returns false.
func searchWord(s *Searcher, text string, m *Marks) bool {
	x := rest(text, 0)
	if x&high != 0 {
		return false
	}
	x |= fold8
	for i := range len(text) {
		w := uint32(x >> (8 * i & 63))
		if found := s.at(w); found != 0 {
			hit(s, text, i, w, found, m)
		}
	}
	return true
}

const high = 0x8080808080808080

func isASCII(s string) bool {
	var all uint64
	for i := 0; i+8 <= len(s); i += 8 {
		all |= load8(s, i)
	}
	return (all|rest(s, len(s)&^7))&high == 0
}

// load8 returns the eight bytes at i. The compiler makes one load of it.
func load8[T string | []byte](text T, i int) uint64 {
	text = text[i : i+8]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}

// load4 is load8 of four bytes.
func load4[T string | []byte](text T, i int) uint32 {
	text = text[i : i+4]
	return uint32(text[0]) | uint32(text[1])<<8 | uint32(text[2])<<16 | uint32(text[3])<<24
}

// A block is as much of a text as the first stage goes through before the second comes back.
const (
	stepLen    = 4
	blockSteps = 64
	blockLen   = blockSteps * stepLen
)

// search is both stages, over a text whose letters beyond ASCII are folded. Of one that has such letters, is not folded
// and no longer than a block it returns false, and marks nothing.
func search[T string | []byte](s *Searcher, text T, folded bool, m *Marks) bool {
	for from := 0; from < len(text); from += blockLen {
		n, all := find(s.table, text, from, &m.steps)
		if all&high != 0 && !folded {
			return false
		}
		for _, i := range m.steps[:n] {
			look(s, text, int(i), m)
		}
	}
	return true
}

// find is the first stage over a block. It returns the number of steps at which a literal may have its place, and all
// bytes of the block, one over the other.
func find[T string | []byte](t table, text T, from int, steps *[blockSteps]uint32) (n int, all uint64) {
	to := min(from+blockLen, len(text))
	i := from
	for ; i < to && i+8 <= len(text); i += stepLen {
		x := load8(text, i)
		all |= x
		x |= fold8
		steps[n&(blockSteps-1)] = uint32(i)
		if t.at(uint32(x))|t.at(uint32(x>>8))|t.at(uint32(x>>16))|t.at(uint32(x>>24)) != 0 {
			n++
		}
	}
	for ; i < to; i += stepLen {
		x := rest(text, i)
		all |= x
		x |= fold8
		steps[n&(blockSteps-1)] = uint32(i)
		if t.at(uint32(x))|t.at(uint32(x>>8))|t.at(uint32(x>>16))|t.at(uint32(x>>24)) != 0 {
			n++
		}
	}
	return n, all
}

// at returns the buckets of which literals may have their place at the window.
func (t *table) at(w uint32) uint8 { return t.pairs[uint16(w)] & t.windows[hash(w)>>16] }

// rest returns the bytes from i on, less than eight. Behind them are zeros: with what these become in windows no literal
// is found that is not there, for it would not fit.
func rest[T string | []byte](text T, i int) (x uint64) {
	if len(text) >= 8 {
		return load8(text, len(text)-8) >> (8 * (8 - uint(len(text)-i)))
	}
	if n := len(text) - i; n >= 4 {
		return uint64(load4(text, i)) | uint64(load4(text, len(text)-4))<<(8*uint(n-4))
	}
	for k := len(text) - 1; k >= i; k-- {
		x = x<<8 | uint64(text[k])
	}
	return x
}

// look is the second stage at the step from i on.
func look[T string | []byte](s *Searcher, text T, i int, m *Marks) {
	var x uint64
	if i+8 <= len(text) {
		x = load8(text, i) | fold8
	} else {
		x = rest(text, i) | fold8
	}
	for k := range min(stepLen, len(text)-i) {
		w := uint32(x >> (8 * k))
		if found := s.at(w); found != 0 {
			hit(s, text, i+k, w, found, m)
		}
	}
}

// hit is the second stage at a window in which literals of the buckets may have their place.
func hit[T string | []byte](s *Searcher, text T, i int, w uint32, found uint8, m *Marks) {
	if found&^s.short != 0 {
		compare(s, text, i, windowPlace(w), m)
	}
	if found&s.short != 0 {
		compare(s, text, i, pairPlace(w&0xffff), m)
		if s.one {
			compare(s, text, i, bytePlace(w&0xff), m)
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
