package ingest

import (
	"maps"
	"slices"

	"ttpctl/internal/state"
)

// Bounds of what is remembered of equal lines: seconds of one log, and lines
// of one second. A line holds its second, so that only lines of one second are
// equal; a server writes lines little later than others.
const (
	keptSeconds = 64
	keptLines   = 16 << 10
)

// equalLines counts the lines of one log that are equal, by their hashes. It
// knows the latest 64 distinct seconds; what is older begins anew, so that a
// log that is read again gives the same counts again.
type equalLines struct {
	seconds []secondLines
	next    int // place of the oldest, once there are keptSeconds
}

// secondLines counts the lines of one second.
type secondLines struct {
	at    int64 // since 1970
	lines map[uint64]int
}

// count returns how many lines of a second with a hash came before, and counts
// one more.
func (e *equalLines) count(at int64, hash uint64) int {
	i := len(e.seconds) - 1
	for i >= 0 && e.seconds[i].at != at {
		i--
	}
	if i < 0 {
		i = e.begin(at)
	}
	s := &e.seconds[i]
	if len(s.lines) == keptLines {
		clear(s.lines)
	}
	s.lines[hash]++
	return s.lines[hash] - 1
}

// begin makes room for a second and returns its place.
func (e *equalLines) begin(at int64) int {
	s := secondLines{at, make(map[uint64]int)}
	if len(e.seconds) < keptSeconds {
		e.seconds = append(e.seconds, s)
		return len(e.seconds) - 1
	}
	i := e.next
	e.seconds[i], e.next = s, (e.next+1)%keptSeconds
	return i
}

func (e *equalLines) code(c *state.Codec) {
	state.Slice(c, &e.seconds, func(c *state.Codec, s *secondLines) {
		c.Int64(&s.at)
		hashes := slices.Sorted(maps.Keys(s.lines))
		if c.Reading() {
			s.lines = make(map[uint64]int)
		}
		state.Slice(c, &hashes, func(c *state.Codec, hash *uint64) {
			c.Uint(hash)
			n := s.lines[*hash]
			c.Int(&n)
			s.lines[*hash] = n
		})
	})
	c.Index(&e.next, keptSeconds)
}
