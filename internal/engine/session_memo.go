package engine

import (
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
)

// Bounds of what is known of lines: each has one place, where the one before makes
// room for it.
const (
	knownSlots   = 1 << 13
	knownBlocks  = 64 // of one table
	maxKnownLine = maxMemoKey
	maxKnown     = 1 << 20 // of the lines of one table, in bytes
	nearLines    = 128     // of a session, that are looked up once for all blocks
)

// knownLines says of command lines which blocks hold on them, for blocks that see nothing
// of a line but its text: sessions repeat each other's lines, and one that closes brings
// up all of its own again. All who judge share it, without locks: what is said of a line
// never changes. Its zero value knows nothing.
type knownLines struct {
	once   sync.Once
	seed   maphash.Seed
	slots  []atomic.Pointer[knownLine]
	weight atomic.Int64
}

// A knownLine has a bit for each block that was asked, and for each that holds.
type knownLine struct {
	text         string
	asked, holds atomic.Uint64
}

// A knownPlaces gives the blocks that are compiled together their places: so many share
// a table.
type knownPlaces struct {
	mu    sync.Mutex
	table *knownLines
	given int
}

// next returns the table of one more block, and its bit there.
func (p *knownPlaces) next() (*knownLines, uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.given%knownBlocks == 0 {
		p.table = &knownLines{}
	}
	bit := uint64(1) << (p.given % knownBlocks)
	p.given++
	return p.table, bit
}

// line returns what is known of a line, which is little when it is new. While there is no
// room the line that is in its place makes some, and nil is returned.
func (k *knownLines) line(text string) *knownLine {
	k.once.Do(k.open)
	slot := &k.slots[maphash.String(k.seed, text)%knownSlots]
	l := slot.Load()
	if l != nil && l.text == text {
		return l
	}
	l = nil
	if len(text) <= maxKnownLine && k.weight.Load() < maxKnown {
		l = &knownLine{text: strings.Clone(text)}
	}
	k.weight.Add(l.weight() - slot.Swap(l).weight())
	return l
}

func (k *knownLines) open() {
	k.seed, k.slots = maphash.MakeSeed(), make([]atomic.Pointer[knownLine], knownSlots)
}

// learn keeps what a block says of the line, or what another goroutine found that it says.
func (l *knownLine) learn(bit uint64, holds bool) {
	if l == nil {
		return
	}
	if holds {
		l.holds.Or(bit)
	}
	l.asked.Or(bit) // behind the answer: who sees it sees that
}

// weight is what a line takes, in bytes; none takes none.
func (l *knownLine) weight() int64 {
	if l == nil {
		return 0
	}
	return int64(len(l.text)) + 48
}

// A lineFinder finds the lines of a session for one block after the other. Of a line that
// stands where it stood a moment ago no more than its text is compared.
type lineFinder struct {
	of    *knownLines
	lines []*knownLine
}

// at returns what is known of line i of a session, nil when that is to be found out and
// not to be kept.
func (f *lineFinder) at(k *knownLines, i int, text string) *knownLine {
	if f.of != k {
		clear(f.lines)
		f.of, f.lines = k, f.lines[:0]
	}
	if i < len(f.lines) {
		if l := f.lines[i]; l != nil && l.text == text {
			return l
		}
	}
	l := k.line(text)
	if i < len(f.lines) {
		f.lines[i] = l
	} else if i == len(f.lines) && i < nearLines {
		f.lines = append(f.lines, l)
	}
	return l
}
