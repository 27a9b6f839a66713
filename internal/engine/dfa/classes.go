package dfa

import "slices"

// classify puts bytes that nothing tells apart into one class: no edge, and nothing
// that an assertion or the beginning of a rune looks at.
func (t *translator) classify() {
	known := map[string]uint8{}
	var sign []byte
	var class uint8
	for c, differs := range t.borders() {
		if differs {
			sign = t.sign(sign[:0], byte(c))
			n, ok := known[string(sign)]
			if class = n; !ok {
				class = uint8(len(known))
				known[string(sign)] = class
				t.sample = append(t.sample, byte(c))
			}
		}
		t.class[c] = class
	}
	t.end = uint32(len(known))
}

// borders returns the bytes that may differ from the one before them.
func (p *program) borders() (at [256]bool) {
	for _, c := range [...]byte{0, '\n', '\n' + 1, '0', '9' + 1, 'A', 'Z' + 1, '_', '_' + 1, 'a', 'z' + 1, 0x80, 0xc0} {
		at[c] = true
	}
	for i := range p.insts {
		for _, e := range p.insts[i].edges {
			at[e.lo] = true
			if e.hi < 0xff {
				at[e.hi+1] = true
			}
		}
	}
	return at
}

// sign appends what tells c from other bytes.
func (p *program) sign(dst []byte, c byte) []byte {
	dst = append(dst, byte(p.looks.behind(c)), 0)
	if within(c) {
		dst[1] = 1
	}
	bit := 0
	for i := range p.insts {
		for _, e := range p.insts[i].edges {
			if bit%8 == 0 {
				dst = append(dst, 0)
			}
			if e.lo <= c && c <= e.hi {
				dst[len(dst)-1] |= 1 << (bit % 8)
			}
			bit++
		}
	}
	return dst
}

// within reports whether c is a byte of a rune behind the first.
func within(c byte) bool { return c&0xc0 == 0x80 }

// before is what assertions look at of the byte before them.
type before uint8

const (
	beginning before = iota // of the text
	newline
	word
	other
)

func (l looks) behind(c byte) before {
	switch {
	case l.lines && c == '\n':
		return newline
	case l.words && isWord(c):
		return word
	}
	return other
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// A worklist is a set of instructions, emptied in constant time.
type worklist struct {
	list []uint32
	at   []uint32 // by instruction: where in list it is, if it is
}

func (w *worklist) init(n int) { w.list, w.at = make([]uint32, 0, n), make([]uint32, n) }

func (w *worklist) reset() { w.list = w.list[:0] }

// add reports whether i was new.
func (w *worklist) add(i uint32) bool {
	if at := w.at[i]; int(at) < len(w.list) && w.list[at] == i {
		return false
	}
	w.at[i] = uint32(len(w.list))
	w.list = append(w.list, i)
	return true
}

// sorted returns the instructions in ascending order, until the next reset.
func (w *worklist) sorted() []uint32 {
	// The places in list are of no use any more.
	slices.Sort(w.list)
	return w.list
}
