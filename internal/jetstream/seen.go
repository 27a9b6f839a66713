package jetstream

import (
	"cmp"
	"maps"
	"slices"

	"ttpctl/internal/sorting"
	"ttpctl/internal/state"
)

const (
	// producersKept is how many producers a partition knows, those that were heard
	// last.
	producersKept = 4096
	// numbersKept is how many numbers of a producer are known beside those that it
	// says are all in the stream. Ours sends at most a batch beyond them.
	numbersKept = 4096
	// rebaseAfter is how many messages a snapshot reaches back.
	rebaseAfter = 8192
)

// A mark is what a message says of itself.
type mark struct {
	producer string
	number   uint64 // from 1; 0 = it does not say
	passed   uint64 // all up to this number were in the stream before it was sent
	seq      uint64 // of the message
}

// A producer is what is known of one. Numbers up to passed that come again are
// repeats: all of them lay in the stream before, and were read before.
type producer struct {
	name   string
	passed uint64
	above  []uint64 // of those behind passed, the ones that were read; ascending
	last   uint64   // the message that it was heard by last
}

// A seen remembers the numbers of producers. It belongs to one goroutine, but for
// what snapshot returns.
type seen struct {
	producers map[string]*producer
	base      []byte // the state, but for what log adds to it
	log       []mark // only ever appended to
}

// newSeen goes on from a state, nil = from nothing.
func newSeen(b []byte) (*seen, error) {
	s := &seen{producers: map[string]*producer{}, base: b}
	if b == nil {
		return s, nil
	}
	c := state.NewReader(b)
	list := []*producer{}
	codeProducers(c, &list)
	if err := c.Finish(); err != nil {
		return nil, err
	}
	for _, p := range list {
		s.producers[p.name] = p
	}
	return s, nil
}

// seenVersion is raised whenever the form of the state changes.
const seenVersion = 1

func codeProducers(c *state.Codec, list *[]*producer) {
	c.Version(seenVersion)
	state.Slice(c, list, func(c *state.Codec, p **producer) {
		if *p == nil {
			*p = &producer{}
		}
		c.Text(&(*p).name)
		c.Uint(&(*p).passed)
		c.Uint(&(*p).last)
		state.Slice(c, &(*p).above, (*state.Codec).Uint)
	})
}

// fresh takes in a message and reports whether it was not read before.
func (s *seen) fresh(m mark) bool {
	if m.number == 0 || m.producer == "" {
		return true
	}
	if len(s.log) >= rebaseAfter {
		s.base, s.log = s.marshal(), nil
	}
	s.log = append(s.log, m)
	return s.add(m)
}

func (s *seen) add(m mark) bool {
	p := s.producers[m.producer]
	if p == nil {
		s.makeRoom()
		p = &producer{name: m.producer}
		s.producers[m.producer] = p
	}
	p.last = m.seq
	if m.passed > p.passed && m.passed < m.number {
		p.passed = m.passed
		n, _ := slices.BinarySearch(p.above, p.passed+1)
		p.above = slices.Delete(p.above, 0, n)
	}
	if m.number <= p.passed {
		return false
	}
	at, known := slices.BinarySearch(p.above, m.number)
	if known {
		return false
	}
	p.above = slices.Insert(p.above, at, m.number)
	if len(p.above) > numbersKept {
		p.above = slices.Delete(p.above, 0, 1)
	}
	return true
}

// makeRoom forgets the producer that was heard longest ago, if there are too many.
func (s *seen) makeRoom() {
	if len(s.producers) < producersKept {
		return
	}
	var oldest *producer
	for _, p := range s.producers {
		if oldest == nil || p.last < oldest.last || p.last == oldest.last && p.name < oldest.name {
			oldest = p
		}
	}
	delete(s.producers, oldest.name)
}

func (s *seen) marshal() []byte {
	list := sorting.Values(maps.Values(s.producers), func(a, b *producer) int { return cmp.Compare(a.name, b.name) })
	c := state.NewWriter()
	codeProducers(c, &list)
	return c.Bytes()
}

// snapshot returns what makes the state as it is now, later and anywhere: most
// are never asked for.
func (s *seen) snapshot() func() []byte {
	base, log := s.base, s.log[:len(s.log):len(s.log)]
	return func() []byte {
		then, err := newSeen(base)
		if err != nil { // it was read, or written, a moment ago
			panic("jetstream: " + err.Error())
		}
		for _, m := range log {
			then.add(m)
		}
		return then.marshal()
	}
}
