package lines

import (
	"strings"

	"ttpctl/internal/event"
)

// Paths are a tree of the names that objects began with, in order: writers of
// logs write the same names in the same order line after line. A name that
// stands where it is expected is found by one comparison with the text; it need
// not be scanned, nor held against the other names of its object: those of one
// path are distinct.
//
// A line adds one name at most, so that a writer of names that never come again
// gains nothing. The zero value is no tree: see newPaths.
type paths struct {
	steps  []step
	taught bool // this line has added a name
}

// Bounds of the tree. One that is full is forgotten.
const (
	maxSteps    = 1024
	maxBranches = 8   // behind one step
	maxStepLen  = 128 // bytes of a name
	maxPathLen  = 64  // names
)

// A step is one name of a path.
type step struct {
	// head and tail are the first and last 8 bytes of the text; mask is what counts
	// in a head of fewer.
	head, tail, mask uint64

	text  string // the name as it stands in the line, from the value before to its own
	name  string
	mark  int16 // JSON.mark's
	depth int32 // names up to this one
	back  int32 // the step before
	first int32 // of the steps that come next; 0 = none
	other int32 // the next of those that come behind the same step; 0 = none
}

// elsewhere is the step of an object that no path describes.
const elsewhere = -1

// newPaths returns trees of no names. The first steps have none: objects begin
// there, by their root.
func newPaths() paths { return paths{steps: make([]step, event.NumKinds)} }

// reset says that a line begins. No object is open.
func (p *paths) reset() {
	p.taught = false
	if len(p.steps) >= maxSteps {
		*p = newPaths()
	}
}

// begins reports whether l begins with the text of s. Names are short: eight bytes
// are compared at a time.
func (s *step) begins(l string) bool {
	n := len(s.text)
	switch {
	case len(l) < 8:
		return strings.HasPrefix(l, s.text)
	case (word(l)^s.head)&s.mask != 0:
		return false
	case n <= 8:
		return true
	case len(l) < n || word(l[n-8:]) != s.tail:
		return false
	}
	return n <= 16 || l[8:n-8] == s.text[8:n-8]
}

// learn adds a step behind another, for a name that is not on the path yet. It
// returns elsewhere when the line or the tree has had enough.
func (p *paths) learn(behind int32, text string, name int) int32 {
	depth := p.steps[behind].depth + 1
	if p.taught || len(text) > maxStepLen || depth > maxPathLen || len(p.steps) >= maxSteps {
		return elsewhere
	}
	branches := 0
	for i := p.steps[behind].first; i != 0; i = p.steps[i].other {
		branches++
	}
	if branches >= maxBranches {
		return elsewhere
	}
	p.taught = true
	s := step{text: strings.Clone(text), mask: ^uint64(0), depth: depth, back: behind, other: p.steps[behind].first}
	quote := strings.IndexByte(s.text, '"')
	s.name = s.text[quote+1 : quote+1+name]
	if short := 8 - len(text); short > 0 {
		s.head, s.mask = word(text+"        "), s.mask>>(8*short)
	} else {
		s.head, s.tail = word(text), word(text[len(text)-8:])
	}
	i := int32(len(p.steps))
	p.steps = append(p.steps, s)
	p.steps[behind].first = i
	return i
}
