package prefilter

import (
	"cmp"
	"slices"
	"strings"
)

// Build makes the automaton of the patterns, in any order; none is fine. It does not keep the slice.
func Build(patterns []Pattern) *Automaton {
	patterns = slices.Clone(patterns)
	sortPatterns(patterns)
	size := shorten(patterns)
	b := builder{Automaton: &Automaton{}}
	b.group(patterns)
	b.classify(&size.used)
	b.fill(size)
	return b.Automaton
}

func sortPatterns(patterns []Pattern) {
	slices.SortFunc(patterns, func(a, b Pattern) int {
		return cmp.Or(strings.Compare(a.Literal, b.Literal), cmp.Compare(a.ID, b.ID))
	})
}

// maxTable is the size in bytes that the table may have for so many literals. Ten bytes each over forty classes
// take up to 1600 a literal; 10,000 random literals of 32 bytes, 300 MB unless shortened.
func maxTable(literals int) int { return min(1<<20+literals<<11, 256<<20) }

// size tells the table that sorted patterns need.
type size struct {
	literals, states, classes int
	used                      [256]bool // bytes of the literals
}

func (s *size) bytes() int { return 4 * s.states * s.classes }

func measure(patterns []Pattern) size {
	s := size{states: 1}
	last := ""
	for i, p := range patterns {
		if i > 0 && p.Literal == last {
			continue
		}
		s.literals++
		s.states += len(p.Literal) - commonPrefix(last, p.Literal)
		for j := range len(p.Literal) {
			s.used[p.Literal[j]] = true
		}
		last = p.Literal
	}
	s.classes = 1
	for _, u := range s.used {
		if u {
			s.classes++
		}
	}
	return s
}

func commonPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// shorten replaces, in sorted patterns whose table would be too large, each literal by the rarest piece of it that has
// a given length, less and less until the table is small enough. A piece is found wherever its literal is, so that
// no id is lost. At one byte each there are no more than 257 states, which maxTable always allows.
func shorten(patterns []Pattern) size {
	s := measure(patterns)
	most := maxTable(s.literals)
	for n := maxLiteral * 3 / 4; s.bytes() > most; n = n * 3 / 4 {
		for i, p := range patterns {
			patterns[i].Literal = window(p.Literal, n)
		}
		sortPatterns(patterns)
		s = measure(patterns)
	}
	return s
}

// A builder fills in an automaton. The states below a state are those of a range of the sorted literals, so
// that there is no tree beside the table.
type builder struct {
	*Automaton
	literals []string // sorted, distinct
	queue    []state  // all states in order of depth, by number
}

// A state stands for the first depth bytes that literals[from:to] share. Its fallback is the row of the longest other
// state that it ends with.
type state struct{ from, to, depth, fallback uint32 }

// group numbers the distinct literals of the sorted patterns and gathers the ids of each.
func (b *builder) group(patterns []Pattern) {
	for i, p := range slices.Compact(patterns) {
		if i == 0 || p.Literal != b.literals[len(b.literals)-1] {
			b.literals = append(b.literals, p.Literal)
			b.idsFrom = append(b.idsFrom, uint32(len(b.ids)))
		}
		b.ids = append(b.ids, p.ID)
	}
	b.idsFrom = append(b.idsFrom, uint32(len(b.ids)))
}

// classify gives each byte of the literals a class of its own and all others class 0. When there are no others
// the last byte has class 0, for the numbers wrap.
func (b *builder) classify(used *[256]bool) {
	n := uint8(0)
	for c, u := range used {
		if u {
			n++
			b.class[c] = n
		}
	}
}

func (b *builder) fill(s size) {
	b.stride = uint32(s.classes)
	b.next = make([]uint32, s.states*s.classes)
	b.ends = make([]uint32, 0, s.states)
	b.shorter = make([]uint32, len(b.literals))
	b.queue = make([]state, 0, s.states)
	b.push(state{to: uint32(len(b.literals))})
	for at := 0; at < len(b.queue); at++ {
		b.expand(at)
	}
}

// push appends a state. All states less deep are there already, its fallback among them.
func (b *builder) push(s state) {
	end := none
	if s.depth > 0 {
		end = b.ends[s.fallback/b.stride]
	}
	if s.from < s.to && len(b.literals[s.from]) == int(s.depth) {
		b.shorter[s.from] = end
		end = s.from
		s.from++
	}
	b.ends = append(b.ends, end)
	b.queue = append(b.queue, s)
}

// expand fills the row of a state: where no literal goes on, it goes where its fallback goes. The fallback is less
// deep, so that its row is complete.
func (b *builder) expand(at int) {
	s := b.queue[at]
	row := b.next[at*int(b.stride):][:b.stride]
	if s.depth > 0 {
		copy(row, b.next[s.fallback:][:b.stride])
	}
	for from := s.from; from < s.to; {
		c := b.literals[from][s.depth]
		to := from + 1
		for to < s.to && b.literals[to][s.depth] == c {
			to++
		}
		entry := &row[b.class[c]]
		child := len(b.queue)
		b.push(state{from: from, to: to, depth: s.depth + 1, fallback: *entry &^ hit})
		*entry = uint32(child) * b.stride
		if b.ends[child] != none {
			*entry |= hit
		}
		from = to
	}
}
