package dfa

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"sync/atomic"
)

// begin returns a table with the states in which texts begin, nil when there is no
// room.
func (m *Machine) begin() *table {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.table.Load() == nil {
		m.initial()
	}
	return m.table.Load()
}

// initial makes the states in which a search begins, by what stands before it: the
// first rows, in this order.
func (m *Machine) initial() {
	for b := beginning; b <= other; b++ {
		m.found = 0
		m.work.reset()
		if m.ordered {
			m.prefer(m.first[0], 0, false)
		}
		if m.state(b) == unknown {
			return
		}
	}
}

// idle returns the row of the state in which a search from place i on begins.
func (m *Machine) idle(text string, i int) uint32 {
	b := beginning
	if i > 0 {
		b = m.looks.behind(text[i-1])
	}
	return firstRow + uint32(b)*m.stride()
}

// step finds the state behind a byte of the class, or behind the text, and notes it.
// It returns the table of now. What it finds is unknown when there is no room, or
// when the states of t are forgotten.
func (m *Machine) step(t *table, s, class uint32) (now *table, next uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now = m.table.Load(); now == nil || now.life != t.life {
		return t, unknown
	}
	if next = m.behind(&m.states[m.number(s)], class); next == unknown {
		return t, unknown
	}
	now = m.table.Load()
	now.next[s+class].Store(next)
	return now, next
}

// number returns the number of the state whose row begins at s.
func (m *Machine) number(s uint32) uint32 { return (s - firstRow) / m.stride() }

func (m *Machine) behind(s *state, class uint32) uint32 {
	if m.ordered {
		return m.ahead(s, class)
	}
	m.found = 0
	m.open(s, class)
	switch {
	case m.found == m.all:
		return matched
	case class == m.end && m.found == 0:
		return dead
	case class == m.end:
		m.work.reset()
		return m.state(other)
	}
	c := m.sample[class]
	list := m.list[:0]
	for _, i := range m.work.list {
		for _, e := range m.insts[i].edges {
			if e.lo <= c && c <= e.hi {
				list = append(list, e.out)
			}
		}
	}
	m.list = list
	m.work.reset()
	for _, i := range list {
		m.follow(i, 0, false)
	}
	if m.found == m.all {
		return matched
	}
	return m.state(m.looks.behind(c))
}

// open puts into work the instructions that are open before a byte of the class, once
// the assertions there are decided, and into found what matches there.
func (m *Machine) open(s *state, class uint32) {
	end := class == m.end
	var c byte
	if !end {
		c = m.sample[class]
	}
	flags := m.looks.between(s.before, c, end)
	m.work.reset()
	for _, i := range s.insts {
		m.follow(i, flags, true)
	}
	// A match may begin before each rune, or only before the text.
	first := m.later
	if s.before == beginning {
		first = m.first
	} else if !end && within(c) {
		first = nil
	}
	for _, i := range first {
		m.follow(i, flags, true)
	}
}

// follow adds an instruction, and those that come without a byte, and notes when that
// is a match. Assertions are decided by flags, or wait.
func (m *Machine) follow(i uint32, flags syntax.EmptyOp, decide bool) {
	for m.work.add(i) {
		in := &m.insts[i]
		switch in.op {
		case opMatch:
			m.found |= 1 << in.of
			return
		case opBytes:
			return
		case opEither:
			m.follow(in.other, flags, decide)
		case opAssert:
			if in.empty != 0 && (!decide || in.empty&^flags != 0) {
				return
			}
		}
		i = in.out
	}
}

// between returns the assertions that hold between what was before and the next byte,
// or the end.
func (l looks) between(b before, c byte, end bool) syntax.EmptyOp {
	var flags syntax.EmptyOp
	if b == beginning {
		flags |= syntax.EmptyBeginText | syntax.EmptyBeginLine
	}
	if b == newline {
		flags |= syntax.EmptyBeginLine
	}
	if end {
		flags |= syntax.EmptyEndText | syntax.EmptyEndLine
	} else if c == '\n' {
		flags |= syntax.EmptyEndLine
	}
	if (b == word) != (!end && isWord(c)) {
		return flags | syntax.EmptyWordBoundary
	}
	return flags | syntax.EmptyNoWordBoundary
}

// stateWeight is what a state takes beside its entries, in bytes.
const stateWeight = 160

// state returns the entry of the state of what is in work, made if it is new; unknown
// when there is no room. What was found on the way is part of it.
func (m *Machine) state(b before) uint32 {
	insts := m.waiting()
	if len(insts) == 0 && (m.ordered || len(m.later) == 0) && m.found == 0 && len(m.states) >= int(idleRows) {
		return dead
	}
	m.key = append(binary.AppendUvarint(m.key[:0], uint64(m.found)), byte(b))
	for _, i := range insts {
		m.key = binary.AppendUvarint(m.key, uint64(i))
	}
	if s, ok := m.known[string(m.key)]; ok {
		return s
	}
	size := int64(stateWeight + 4*int(m.stride()) + 4*len(insts) + len(m.key))
	if full := m.bytes+size > maxStates; full || m.budget.left.Load() < size {
		m.crowded.Store(full)
		m.forget()
		return unknown
	}
	m.bytes += size
	m.budget.left.Add(-size)
	s := m.grow()
	if m.found != 0 {
		m.table.Load().next[s+m.end+1].Store(m.found)
		s |= telling
	}
	m.known[string(m.key)] = s
	m.states = append(m.states, state{slices.Clone(insts), b})
	return s
}

// grow returns a row for one more state. Others only ever see a table that has all
// rows so far.
func (m *Machine) grow() uint32 {
	s := firstRow + uint32(len(m.states))*m.stride()
	t := m.table.Load()
	if t == nil {
		t = &table{life: m.life}
	}
	if int(s+m.end+1) < len(t.next) {
		return s
	}
	larger := &table{next: make([]atomic.Uint32, firstRow+m.stride()*uint32(max(8, 2*len(m.states)))), life: t.life}
	for i := range t.next {
		larger.next[i].Store(t.next[i].Load())
	}
	m.table.Store(larger)
	return s
}

// waiting returns the instructions in work that read a byte or look around. Those of
// expressions that were found are of no more use.
func (m *Machine) waiting() []uint32 {
	insts := m.list[:0]
	all := m.work.list
	if !m.ordered {
		all = m.work.sorted()
	}
	for _, i := range all {
		in := &m.insts[i]
		if (m.ordered || m.found>>in.of&1 == 0) && (in.op == opBytes && len(in.edges) > 0 || in.op == opAssert && in.empty != 0) {
			insts = append(insts, i)
		}
	}
	m.list = insts
	return insts
}

// forget drops all states. Who is at one of them gets no answer.
func (m *Machine) forget() {
	m.known, m.states = map[string]uint32{}, nil
	m.table.Store(nil)
	m.life++
	m.budget.left.Add(m.bytes)
	m.bytes = 0
	m.rest.Store(restedCalls)
}
