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
	maxKnownLine = maxMemoKey
	maxKnown     = 512 << 10 // of the lines of one block, in bytes
)

// knownLines says of command lines whether a block holds on them, for blocks that
// see nothing of a line but its text: sessions repeat each other's lines, and one
// that closes brings up all of its own again. All who judge share it, without locks:
// what is said of a line never changes. Its zero value knows nothing.
type knownLines struct {
	once   sync.Once
	seed   maphash.Seed
	slots  []atomic.Pointer[knownLine]
	weight atomic.Int64
}

type knownLine struct {
	text  string
	holds bool
}

// slot returns the place of a line.
func (k *knownLines) slot(text string) *atomic.Pointer[knownLine] {
	k.once.Do(k.open)
	return &k.slots[maphash.String(k.seed, text)%knownSlots]
}

func (k *knownLines) open() {
	k.seed, k.slots = maphash.MakeSeed(), make([]atomic.Pointer[knownLine], knownSlots)
}

// learn keeps what was found out about a line that is to be in slot. While there is
// no room the line that is in its place makes some.
func (k *knownLines) learn(slot *atomic.Pointer[knownLine], text string, holds bool) {
	var l *knownLine
	if len(text) <= maxKnownLine && k.weight.Load() < maxKnown {
		l = &knownLine{strings.Clone(text), holds}
	}
	k.weight.Add(l.weight() - slot.Swap(l).weight())
}

// weight is what a line takes, in bytes; none takes none.
func (l *knownLine) weight() int64 {
	if l == nil {
		return 0
	}
	return int64(len(l.text)) + 32
}
