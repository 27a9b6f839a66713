package dfa

import (
	"regexp/syntax"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// A Set says which of some expressions match a text, in as few passes as will do.
//
// Expressions that have much in common want one Machine: ten patterns that begin with
// wget are told apart behind wget only. But a state of several expressions is a
// combination of theirs: two that each look for something behind anything ("a.*b",
// "c.*d") have the product of their states together, and a third multiplies again.
// How bad that gets depends on the texts, so it is measured and not foretold: a Set
// begins with one Machine, and each time that one takes up more than its room, two
// with half of its expressions each go on in its place. What remains together is
// what texts seldom tell apart; a single expression that is too much for a Machine
// ends up alone.
//
// A Set is safe for concurrent use. Its Machines are built when a text first asks.
type Set struct {
	exprs  []string
	budget *Budget
	mu     sync.Mutex // for writing parts
	parts  atomic.Pointer[[]part]
}

// A part of a Set has the expressions from first on that are bits of all.
type part struct {
	first   int
	all     uint32
	machine *Machine // nil of what is too large for one
}

// NewSet returns a Set of expressions in the syntax of package regexp, MaxTogether at
// most. One that is not in order is never known to match, nor not to.
func NewSet(b *Budget, exprs []string) *Set {
	if len(exprs) > MaxTogether {
		panic("dfa: too many expressions for a set")
	}
	return &Set{exprs: exprs, budget: b}
}

// Match returns the expressions that match somewhere in text, and those of which that
// is not known, as a bit for each.
func (s *Set) Match(text string) (found, open uint32) {
	if !utf8.ValidString(text) {
		text = valid(text)
	}
	return s.Within(text, 0, len(text))
}

// Within is Match for matches that begin no earlier than at first and no later than at
// last, in text that is UTF-8.
func (s *Set) Within(text string, first, last int) (found, open uint32) {
	parts := s.parts.Load()
	if parts == nil {
		parts = s.begin()
	}
	for i := range *parts {
		p := &(*parts)[i]
		if p.machine == nil {
			open |= p.all
			continue
		}
		f, ok := p.machine.Within(text, first, last)
		f <<= p.first
		found |= f
		if !ok {
			open |= p.all &^ f
			if p.machine.crowded.Load() && len(p.machine.first) > 1 {
				s.divide(p.machine)
			}
		}
	}
	return found, open
}

func (s *Set) begin() *[]part {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parts.Load() == nil {
		parts := s.build(nil, 0, len(s.exprs))
		s.parts.Store(&parts)
	}
	return s.parts.Load()
}

// divide replaces a part by two of half its size. Others may have done so before.
func (s *Set) divide(m *Machine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var parts []part
	for _, p := range *s.parts.Load() {
		if p.machine != m {
			parts = append(parts, p)
			continue
		}
		n := len(m.first)
		parts = s.build(parts, p.first, p.first+n/2)
		parts = s.build(parts, p.first+n/2, p.first+n)
	}
	s.parts.Store(&parts)
}

// build appends a part with exprs[from:to], or more of them when that is too large
// for one.
func (s *Set) build(parts []part, from, to int) []part {
	var trees []*syntax.Regexp
	var m *Machine
	for _, expr := range s.exprs[from:to] {
		if re, err := syntax.Parse(expr, syntax.Perl); err == nil {
			trees = append(trees, re)
		}
	}
	if len(trees) == to-from {
		m = New(s.budget, trees...)
	}
	if m == nil && to-from > 1 {
		middle := (from + to) / 2
		return s.build(s.build(parts, from, middle), middle, to)
	}
	return append(parts, part{from, uint32(1<<(to-from)-1) << from, m})
}
