package prefilter

import "math"

// Marks collects the ids whose literals [Searcher.Search] found. A worker owns one, resets it for each event and
// scans every field into it; once it has grown, none of that allocates. The zero value is ready for use.
// It is not safe for concurrent use.
type Marks struct {
	ids stamps

	// Literals of owner already seen. Their ids are marked, so that a text which repeats a literal costs no more per
	// byte than another.
	literals stamps
	owner    *Searcher
	fold     []byte             // a text whose letters are not all of ASCII, folded
	steps    [blockSteps]uint32 // of a block, where the first stage found something

	// Of the last text that was searched, where literals begin in it.
	folded bool     // which cannot be said, for it had to be folded
	first  []uint32 // by id: the first of its literals
	last   int      // the last of all literals
}

// Reset forgets all ids.
func (m *Marks) Reset() {
	m.ids.reset()
	m.owner = nil
}

// Add marks an id. Ids are small numbers, counted from 0: the memory is that of the largest.
func (m *Marks) Add(id uint32) { m.ids.add(id) }

// Has reports whether the id is marked.
func (m *Marks) Has(id uint32) bool { return m.ids.has(id) }

// A Look is what of ids below some number was marked when it was taken. Whoever asks about many of them asks it: each
// answer is one comparison.
type Look struct {
	stamp []uint32
	now   uint32
}

// Look returns the look at ids below n. It is valid until the next Reset.
func (m *Marks) Look(n int) Look {
	m.ids.grow(n)
	return Look{m.ids.stamp, m.ids.epoch + 1}
}

// Has reports whether the id was marked.
func (l Look) Has(id uint32) bool { return l.stamp[id] == l.now }

// IDs returns the marked ids, each once, in the order of their marking. The slice is valid until the next Reset.
func (m *Marks) IDs() []uint32 { return m.ids.list }

// Places returns where in the last text the first literal of a marked id begins, and where the last literal of any id
// does; ok is false when that is not known.
func (m *Marks) Places(id uint32) (first, last int, ok bool) {
	if m.folded || int(id) >= len(m.first) || !m.ids.has(id) {
		return 0, 0, false
	}
	return int(m.first[id]), m.last, true
}

// addAt marks an id of which a literal begins at place at.
func (m *Marks) addAt(id uint32, at int) {
	if int(id) >= len(m.first) {
		m.first = append(m.first, make([]uint32, int(id)+1-len(m.first))...)
	}
	if m.ids.add(id) || uint32(at) < m.first[id] {
		m.first[id] = uint32(at)
	}
}

// searching prepares for a search by s: values of one field, searched one after another, share what was seen.
func (m *Marks) searching(s *Searcher) {
	if m.owner != s {
		m.owner = s
		m.literals.reset()
	}
}

// stamps is a set of small numbers that is emptied in constant time: n is a member if stamp[n] is epoch+1.
type stamps struct {
	stamp []uint32
	epoch uint32
	list  []uint32
}

func (s *stamps) reset() {
	s.list = s.list[:0]
	s.epoch++
	if s.epoch == math.MaxUint32 {
		s.epoch = 0
		clear(s.stamp)
	}
}

func (s *stamps) has(n uint32) bool { return int(n) < len(s.stamp) && s.stamp[n] == s.epoch+1 }

// add reports whether n was new.
func (s *stamps) add(n uint32) bool {
	if int(n) >= len(s.stamp) {
		s.grow(int(n) + 1)
	}
	if s.stamp[n] == s.epoch+1 {
		return false
	}
	s.stamp[n] = s.epoch + 1
	s.list = append(s.list, n)
	return true
}

// grow makes room for numbers below n.
func (s *stamps) grow(n int) {
	if n > len(s.stamp) {
		s.stamp = append(s.stamp, make([]uint32, n-len(s.stamp))...)
	}
}
