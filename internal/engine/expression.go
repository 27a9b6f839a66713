package engine

import (
	"regexp"
	"regexp/syntax"
	"sync"
	"sync/atomic"

	"ttpctl/internal/engine/dfa"
)

// maxMachines bounds what the automata of all patterns that are compiled together
// remember, in bytes. The shipped pack's take a tenth of it.
const maxMachines = 64 << 20

// machines are what the automata of one rule's patterns have in common.
type machines struct {
	budget    *dfa.Budget
	fallbacks atomic.Int64 // texts of which package regexp had to say whether they match
}

// An expression is a pattern that is looked for in texts. Its Machine says whether a
// text has it, its Finder where, and package regexp either when these have no answer.
// Each is built when a text first asks for it.
type expression struct {
	re      func() *regexp.Regexp
	machine func() *dfa.Machine // nil of what is too large for one
	finder  func() *dfa.Finder  // nil of what has none
	shared  *machines
}

// newExpression returns the expression of a pattern, which is known to compile.
func newExpression(pattern string, re func() *regexp.Regexp, m *machines) *expression {
	tree := func() *syntax.Regexp {
		tree, _ := syntax.Parse(pattern, syntax.Perl)
		return tree
	}
	return &expression{
		re: re, shared: m,
		machine: sync.OnceValue(func() *dfa.Machine { return dfa.New(m.budget, tree()) }),
		finder:  sync.OnceValue(func() *dfa.Finder { return dfa.NewFinder(m.budget, tree()) }),
	}
}

// holds reports whether text has a match.
func (x *expression) holds(text string) bool {
	if m := x.machine(); m != nil {
		if found, ok := m.Match(text); ok {
			return found != 0
		}
	}
	x.shared.fallbacks.Add(1)
	return x.re().MatchString(text)
}

// find returns the bytes of the leftmost match.
func (x *expression) find(text string) (start, end int, ok bool) {
	if f := x.finder(); f != nil {
		if start, end, ok = f.Find(text); ok {
			return start, end, start >= 0
		}
	}
	if !x.holds(text) {
		return 0, 0, false
	}
	loc := x.re().FindStringIndex(text)
	if loc == nil {
		return 0, 0, false
	}
	return loc[0], loc[1], true
}
