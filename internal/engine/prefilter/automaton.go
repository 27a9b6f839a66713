package prefilter

// hit marks, in an entry of the table, a state in which a literal ends.
const hit = 1 << 31

// none is no literal.
const none = ^uint32(0)

// A Pattern says that a folded literal stands for an id. An id may have many literals and a literal many ids.
type Pattern struct {
	Literal string
	ID      uint32
}

// An Automaton finds the literals of many patterns in one pass over a text, by the method of Aho and Corasick with
// all failure links resolved: one table look-up for each byte, whatever the number of literals. Rows have an entry
// for each class of bytes (the bytes that occur in no literal are one class), and an entry is the offset of
// the next row, so that a step is next[row+class].
//
// A table that would be too large for its number of literals (see maxTable) is built from pieces of them, see
// shorten: it then marks ids of which a text contains the piece but not the literal. With literals as
// rules have them that does not happen.
//
// An Automaton is immutable and safe for concurrent use.
type Automaton struct {
	class  [256]uint8
	stride uint32   // classes
	next   []uint32 // rows in order of depth, the root first

	ends    []uint32 // by state: the longest literal that ends there, or none
	shorter []uint32 // by literal: the longest other literal that it ends with, or none
	idsFrom []uint32 // by literal, and one more: where in ids its own begin
	ids     []uint32
}

// Bytes returns the size of the tables.
func (a *Automaton) Bytes() int {
	return 4*(len(a.next)+len(a.ends)+len(a.shorter)+len(a.idsFrom)+len(a.ids)) + len(a.class)
}

// Scan marks the ids of all literals that the folded text contains. It takes time in proportion to the text, and once
// for each literal found, to its ids.
func (a *Automaton) Scan(folded []byte, m *Marks) {
	m.scanning(a)
	a.mark(a.ends[0], m) // the empty literal, if anyone asked for it
	row := uint32(0)
	for _, c := range folded {
		row = a.next[row+uint32(a.class[c])]
		if row >= hit {
			row &^= hit
			a.mark(a.ends[row/a.stride], m)
		}
	}
}

// mark adds the ids of a literal and of all that it ends with, up to the first one seen before.
func (a *Automaton) mark(literal uint32, m *Marks) {
	for literal != none && m.literals.add(literal) {
		for _, id := range a.ids[a.idsFrom[literal]:a.idsFrom[literal+1]] {
			m.ids.add(id)
		}
		literal = a.shorter[literal]
	}
}
