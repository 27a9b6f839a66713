package report

import (
	"hash/maphash"
	"strconv"
)

// A Count is a number of distinct things: exact, or with More at least N.
type Count struct {
	N    int
	More bool
}

// String returns the count for people: 1,234 or 250,000+.
func (c Count) String() string {
	s := string(appendGrouped(nil, int64(c.N)))
	if c.More {
		s += "+"
	}
	return s
}

// plain returns the count for machines: 1234 or 250000+.
func (c Count) plain() string {
	s := strconv.Itoa(c.N)
	if c.More {
		s += "+"
	}
	return s
}

// A census numbers distinct names from 0 in the order of their first
// appearance, so that sets of them can be bitmaps. It keeps 64-bit hashes, not
// names: that two of 250,000 names collide, and count as one, has odds of one
// in 500 million, and the seed keeps an attacker from choosing such names.
type census struct {
	seed     maphash.Seed
	ids      map[uint64]uint32
	limit    int
	lastHash uint64 // of the name asked for last: tags of one event follow
	lastID   uint32 // each other
	any      bool   // lastHash and lastID hold
	full     bool   // a name was turned away
}

func newCensus(limit int) census {
	return census{seed: maphash.MakeSeed(), ids: make(map[uint64]uint32), limit: limit}
}

// id returns the number of name; ok is false when it has none because the
// census is full. fresh is true at the name's first appearance.
func (c *census) id(name string) (id uint32, fresh, ok bool) {
	h := maphash.String(c.seed, name)
	if c.any && h == c.lastHash {
		return c.lastID, false, true
	}
	id, known := c.ids[h]
	if !known {
		if len(c.ids) >= c.limit {
			c.full = true
			return 0, false, false
		}
		id = uint32(len(c.ids))
		c.ids[h] = id
	}
	c.lastHash, c.lastID, c.any = h, id, true
	return id, !known, true
}

// count returns how many names appeared.
func (c *census) count() Count { return Count{len(c.ids), c.full} }

// A set is a set of the numbers of one census.
type set struct {
	words []uint64
	n     int
	more  bool // a member without a number was added
}

func (s *set) add(id uint32) {
	w := int(id / 64)
	for len(s.words) <= w {
		s.words = append(s.words, 0)
	}
	bit := uint64(1) << (id % 64)
	if s.words[w]&bit == 0 {
		s.words[w] |= bit
		s.n++
	}
}

// note adds the member numbered id, or, when it has no number, that there is
// one more than can be told apart.
func (s *set) note(id uint32, ok bool) {
	if ok {
		s.add(id)
	} else {
		s.more = true
	}
}

func (s *set) has(id uint32) bool {
	w := int(id / 64)
	return w < len(s.words) && s.words[w]&(1<<(id%64)) != 0
}

func (s *set) count() Count { return Count{s.n, s.more} }
