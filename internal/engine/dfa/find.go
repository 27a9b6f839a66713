package dfa

import (
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// A Finder says where the leftmost match of an expression is, the one that package
// regexp finds.
//
// Of the matches that begin at one place package regexp takes the one that a
// backtracking search comes to first: at each choice (a|b, x*) it prefers one way, and
// takes the other only when that leads nowhere. The states of a Finder are therefore
// lists and not sets: ways in the order in which they are preferred. Where a way comes
// to a match, those behind it in the list are struck out, for they would only be taken
// without it; those before it go on, and if one of them comes to a match later, that
// one counts. So the last match that is met before the list is empty is the one.
//
// That tells where a match ends which begins at a known place. Where it may begin, the
// byte there and the next say for most places, and a walk along the text from one of
// the others mostly ends after a few bytes. To walk again and again over the same bytes takes
// time by the square of a text's length in the worst case, so that a Finder gives up
// when it has walked a few times the length, and has no answer.
//
// A Finder is safe for concurrent use.
type Finder struct {
	Machine
	begins  [256]bool // bytes that a match may begin with
	follows [256]bool // bytes that may stand behind the first one of a match
}

// What a Finder notes of a step in the last entry of a row: a match ends before the
// byte that was read, which assertions decide only when they see it; or behind it.
const (
	endsBefore = 1 << iota
	endsBehind
)

// maxWalk is how many times its length a Finder walks along a text.
const maxWalk = 4

// NewFinder returns a Finder for an expression of [syntax.Parse], nil when that is too
// large for one, or when a match may be empty.
func NewFinder(b *Budget, re *syntax.Regexp) *Finder {
	m := New(b, re)
	if m == nil {
		return nil
	}
	f := &Finder{Machine: Machine{program: m.program, known: m.known, budget: b, ordered: true}}
	f.work.init(len(f.insts))
	if !f.beginnings() {
		return nil
	}
	return f
}

// beginnings fills in begins and follows, and reports that no match is empty.
func (f *Finder) beginnings() bool {
	behind, empty := f.reach(f.first[:1], &f.begins)
	if _, alone := f.reach(behind, &f.follows); alone { // a byte may be a match: anything follows
		for c := range f.follows {
			f.follows[c] = true
		}
	}
	return !empty
}

// reach adds to bytes those that instructions may read next, whatever assertions say.
// It returns the instructions behind these bytes, and whether there may be a match
// before them.
func (f *Finder) reach(from []uint32, bytes *[256]bool) (behind []uint32, match bool) {
	f.work.reset()
	for _, i := range from {
		f.work.add(i)
	}
	for n := 0; n < len(f.work.list); n++ {
		switch in := &f.insts[f.work.list[n]]; in.op {
		case opMatch:
			match = true
		case opEither:
			f.work.add(in.out)
			f.work.add(in.other)
		case opAssert: // which may hold
			f.work.add(in.out)
		case opBytes:
			for _, e := range in.edges {
				behind = append(behind, e.out)
				for c := int(e.lo); c <= int(e.hi); c++ {
					bytes[c] = true
				}
			}
		}
	}
	return behind, match
}

// Find returns the bytes of the leftmost match, start -1 when there is none. When ok
// is false it has no answer: the text is not UTF-8, there is no room for states, or
// the search would take too long.
func (f *Finder) Find(text string) (start, end int, ok bool) {
	if f.rest.Load() > 0 && f.rest.Add(-1) >= 0 || !utf8.ValidString(text) {
		return 0, 0, false
	}
	t := f.table.Load()
	if t == nil {
		if t = f.begin(); t == nil {
			return 0, 0, false
		}
	}
	left, places := maxWalk*len(text), len(text)
	if len(f.later) == 0 { // it matches at the beginning of a text only
		places = min(places, 1)
	}
	for i := range places {
		if !f.begins[text[i]] || i+1 < len(text) && !f.follows[text[i+1]] {
			continue
		}
		now, end, walked := f.walk(t, text, i, min(left, len(text)-i))
		if t = now; t == nil {
			return 0, 0, false
		}
		if left -= walked; end >= 0 {
			return i, end, true
		}
	}
	return -1, -1, true
}

// walk returns where the match ends that begins at i, -1 when none does, and how many
// bytes it read; no table when it has no answer.
func (f *Finder) walk(t *table, text string, i, most int) (now *table, end, walked int) {
	s, end := f.idle(text, i), -1
	for k := i; ; k++ {
		class := f.end
		if k < len(text) {
			if k == i+most {
				return nil, 0, 0
			}
			class = uint32(f.class[text[k]])
		}
		n := t.next[s+class].Load()
		if n-firstRow >= telling-firstRow {
			if n == unknown {
				if t, n = f.step(t, s, class); n == unknown {
					return nil, 0, 0
				}
			}
			if n == dead {
				return t, end, k - i
			}
			if n&telling != 0 {
				n &^= telling
				switch ends := t.next[n+f.end+1].Load(); {
				case ends&endsBehind != 0:
					end = k + 1
				case ends&endsBefore != 0:
					end = k
				}
			}
		}
		if s = n; k == len(text) {
			return t, end, k - i
		}
	}
}

// ahead is behind for a Finder.
func (m *Machine) ahead(s *state, class uint32) uint32 {
	m.found = 0
	m.work.reset()
	end := class == m.end
	var c byte
	if !end {
		c = m.sample[class]
	}
	flags := m.looks.between(s.before, c, end)
	for _, i := range s.insts {
		if m.prefer(i, flags, true) {
			m.found = endsBefore
			break
		}
	}
	open := slices.Clone(m.work.list)
	m.work.reset()
	if end {
		open = nil
	}
	if m.readOrdered(open, c) {
		m.found |= endsBehind
	}
	return m.state(m.looks.behind(c))
}

// readOrdered puts into work what is open behind c, and reports whether a match is.
func (m *Machine) readOrdered(open []uint32, c byte) bool {
	for _, i := range open {
		for _, e := range m.insts[i].edges {
			if e.lo <= c && c <= e.hi && m.prefer(e.out, 0, false) {
				return true
			}
		}
	}
	return false
}

// prefer is follow in the order of preference: it reports whether it came to a match,
// and adds nothing that comes behind that.
func (m *Machine) prefer(i uint32, flags syntax.EmptyOp, decide bool) (found bool) {
	for m.work.add(i) {
		in := &m.insts[i]
		switch in.op {
		case opMatch:
			return true
		case opBytes:
			return false
		case opEither:
			if m.prefer(in.out, flags, decide) {
				return true
			}
			i = in.other
			continue
		case opAssert:
			if in.empty != 0 && (!decide || in.empty&^flags != 0) {
				return false
			}
		}
		i = in.out
	}
	return false
}
