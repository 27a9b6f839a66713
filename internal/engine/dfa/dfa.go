// Package dfa says whether a regular expression matches a text, in a table look-up
// for each byte.
//
// Package regexp follows, byte by byte, all the ways in which a text may match: some
// ten to a hundred nanoseconds a byte. But which ways are open behind a byte depends
// on nothing but which were open before it. So a [Machine] calls a set of open ways
// a state, gives it a number of its own, and notes for each byte which state comes
// next. The next time that a text comes by, the note is all it takes:
//
//	`ab|ac`   {start} -a-> {start, behind a} -b-> match
//	          {start} -x-> {start}
//
// There may be more sets than atoms in the world, so that states are only made when a
// text leads to them (that is what makes it lazy), and forgotten when they take up
// too much room.
//
// Three things make sets and bytes fit together. The program of regexp/syntax reads
// runes; here each class of runes is spelled in the bytes of UTF-8 (utf8.go). Bytes
// that no part of an expression tells apart are one class, which keeps states small
// (classes.go). An assertion (^, $, \b) looks at the bytes on its two sides: what
// stood before is a part of the state, and what comes after is known when the next
// byte is read, so that assertions are decided only then (step.go).
//
// One pass may ask for many expressions: the set of open ways is that of all of them,
// and a state tells which ones a text has matched when it comes there. Ten
// expressions about wget then cost what one does. Their sets multiply, though: a
// [Set] joins expressions as long as the states stay few, and parts them otherwise.
//
// A Machine knows only whether, not where. A [Finder] does, for the few texts that
// match: its states are lists, in the order in which package regexp prefers them
// (find.go).
//
// Invariant: what these say is what package regexp says. They say nothing for a while
// after their states took up too much room; the caller then asks package regexp.
package dfa

import (
	"regexp/syntax"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// Bounds of one Machine.
const (
	maxStates   = 128 << 10 // bytes
	maxProgram  = 4096      // instructions and edges
	restedCalls = 10_000    // without an answer, after the states were forgotten

	// MaxTogether is how many expressions a Machine may have.
	MaxTogether = 32
)

// A Budget bounds the states of several machines together. It is safe for
// concurrent use.
type Budget struct{ left atomic.Int64 }

// NewBudget returns a Budget of so many bytes.
func NewBudget(bytes int64) *Budget {
	b := &Budget{}
	b.left.Store(bytes)
	return b
}

// A Machine answers for some expressions. It is safe for concurrent use, and meant to
// be shared: who meets a state that anyone met before takes no lock.
type Machine struct {
	*program
	table atomic.Pointer[table]
	rest  atomic.Int32 // calls that get no answer
	// crowded says that the states once took up more than maxStates.
	crowded atomic.Bool

	mu     sync.Mutex        // for all below
	states []state           // by number
	known  map[string]uint32 // rows
	life   int               // how often the states were forgotten
	bytes  int64             // of states
	budget *Budget
	// ordered says that states are lists in the order of preference: a Finder's.
	ordered bool
	work    worklist
	found   uint32 // expressions that match, of the step that is being found
	list    []uint32
	key     []byte
}

// A state is the set of instructions from which a text may go on to a match, and
// what its assertions need to know of the byte before.
type state struct {
	insts  []uint32 // ascending
	before before
}

// A table says which state comes next: states are rows, named by where they begin,
// with an entry for each class of bytes, one for the end of the text, and a last one
// with the expressions that a text has matched when it gets there. Entries are
// filled in as texts ask for them. A table that is full is copied into a larger
// one; who still reads the old one misses some entries, and asks for them.
type table struct {
	next []atomic.Uint32
	life int // of which states: all were forgotten so often
}

// Entries that are no rows. What follows changes neither of the last two.
const (
	unknown uint32 = iota
	matched        // all expressions
	dead
	firstRow
)

// idleRows are the rows of states without instructions, one for each thing that may
// have been before: no match has begun.
const idleRows = uint32(other) + 1

// telling marks an entry whose row has something in its last entry.
const telling uint32 = 1 << 31

// New returns a Machine for expressions of [syntax.Parse], MaxTogether at most. It
// returns nil when they are too large for one.
func New(b *Budget, exprs ...*syntax.Regexp) *Machine {
	compiled := make([]*syntax.Prog, len(exprs))
	for i, re := range exprs {
		var err error
		if compiled[i], err = syntax.Compile(re.Simplify()); err != nil {
			return nil
		}
	}
	p := translate(compiled)
	if p == nil {
		return nil
	}
	m := &Machine{program: p, known: map[string]uint32{}, budget: b}
	m.work.init(len(p.insts))
	return m
}

// stride is how many entries a row has.
func (p *program) stride() uint32 { return p.end + 2 }

// Match returns which expressions match somewhere in text, as a bit for each. When ok
// is false others may match, too.
func (m *Machine) Match(text string) (found uint32, ok bool) {
	if !utf8.ValidString(text) {
		text = valid(text)
	}
	return m.Within(text, 0, len(text))
}

// Within is Match for matches that begin no earlier than at first and no later than at
// last, in text that is UTF-8. It reads no more than it takes to know.
func (m *Machine) Within(text string, first, last int) (found uint32, ok bool) {
	if m.rest.Load() > 0 && m.rest.Add(-1) >= 0 {
		return 0, false
	}
	t := m.table.Load()
	if t == nil {
		if t = m.begin(); t == nil {
			return 0, false
		}
	}
	s := m.idle(text, first)
	last = min(last, len(text)-1)
	t, s, found = m.run(t, s, firstRow, text[first:last+1], 0)
	if s >= firstRow && last+1 < len(text) {
		t, s, found = m.run(t, s, firstRow+idleRows*m.stride(), text[last+1:], found)
	}
	if s < firstRow {
		return found, s != unknown
	}
	n := t.next[s+m.end].Load()
	if n == unknown {
		t, n = m.step(t, s, m.end)
	}
	_, found = m.told(t, n, found)
	return found, n != unknown
}

// run goes on from row s over text. It ends early at an entry that is no row, at a row
// under low, from which nothing more can be found, or when all was found. It returns where it
// is, and what was found.
func (m *Machine) run(t *table, s, low uint32, text string, found uint32) (*table, uint32, uint32) {
	for i := range len(text) {
		class := uint32(m.class[text[i]])
		n := t.next[s+class].Load()
		if n-low >= telling-low {
			if n == unknown {
				t, n = m.step(t, s, class)
			}
			if n, found = m.told(t, n, found); n < low {
				return t, min(n, dead), found
			}
		}
		s = n
	}
	return t, s, found
}

// told returns the row that an entry names, with what was found on the way there
// added to found; matched when that is all.
func (m *Machine) told(t *table, n, found uint32) (row, now uint32) {
	if n == matched {
		return matched, m.all
	}
	if n&telling != 0 {
		n &^= telling
		if found |= t.next[n+m.end+1].Load(); found == m.all {
			return matched, found
		}
	}
	return n, found
}

// valid returns text with U+FFFD in place of each invalid byte, which is what package
// regexp sees there.
func valid(text string) string {
	b := make([]byte, 0, len(text)+2*utf8.UTFMax)
	for _, r := range text {
		b = utf8.AppendRune(b, r)
	}
	return string(b)
}
