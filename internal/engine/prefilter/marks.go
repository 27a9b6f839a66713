package prefilter

import "math"

// Marks collects the ids whose literals [Automaton.Scan] found. A worker owns one, resets it for each event and
// scans every field into it; once it has grown, none of that allocates. The zero value is ready for use.
// It is not safe for concurrent use.
type Marks struct {
	ids stamps

	// Literals of owner already seen. Their ids are marked, so that a text which repeats a literal costs no more per
	// byte than another.
	literals stamps
	owner    *Automaton
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

// IDs returns the marked ids, each once, in the order of their marking. The slice is valid until the next Reset.
func (m *Marks) IDs() []uint32 { return m.ids.list }

// scanning prepares for a scan by a: values of one field, scanned one after another, share what was seen.
func (m *Marks) scanning(a *Automaton) {
	if m.owner != a {
		m.owner = a
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
		s.stamp = append(s.stamp, make([]uint32, int(n)+1-len(s.stamp))...)
	}
	if s.stamp[n] == s.epoch+1 {
		return false
	}
	s.stamp[n] = s.epoch + 1
	s.list = append(s.list, n)
	return true
}
