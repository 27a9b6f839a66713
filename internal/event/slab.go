package event

import "strings"

// A Slab makes strings that share their memory with others: small ones that
// are made for every event then cost no allocation each. Strings keep the slab
// that they are in, of a few KiB, and do not change. The zero value is ready. It
// belongs to one goroutine.
type Slab struct{ made strings.Builder }

// slabBytes is the size of the memory that strings share.
const slabBytes = 4 << 10

// String returns text as a string; one that is large for a slab has memory of
// its own.
func (s *Slab) String(text []byte) string {
	if len(text) > slabBytes/4 {
		return string(text)
	}
	if s.made.Cap()-s.made.Len() < len(text) {
		s.made.Reset() // the strings keep what they are in
		s.made.Grow(slabBytes)
	}
	begin := s.made.Len()
	s.made.Write(text)
	return s.made.String()[begin:]
}
