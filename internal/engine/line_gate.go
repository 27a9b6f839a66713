package engine

import "ttpctl/internal/engine/program"

// A gate is what a block asks of a line before anything else: that the line has
// effects of some verbs, and a program of some rows. Both are sets of bits, so that
// the answer is one look at the block itself. The sketch, the next question, has to
// be looked for in the tests behind it, each in a place of its own: of the blocks of a
// rule that was admitted for one of them, the gate turns away most at a tenth of that.
//
// It errs on one side, as all these questions do: what it keeps out cannot hold.
type gate struct {
	verbs program.VerbSet // of which the line has all
	rows  rowSketch       // of which it has one; 0 = any
	line  bool            // without a line nothing holds
}

// admits reports whether the block may hold on l; nil = there is no line.
func (g *gate) admits(l *analysis) bool {
	if l == nil {
		return !g.line
	}
	return l.Verbs&g.verbs == g.verbs && (g.rows == 0 || l.rows&g.rows != 0)
}

// and returns the gate of what needs both. Of two sets of rows one is enough.
func (g gate) and(other gate) gate {
	g.verbs |= other.verbs
	g.line = g.line || other.line
	if g.rows == 0 {
		g.rows = other.rows
	}
	return g
}

// or returns the gate of what needs one of the two.
func (g gate) or(other gate) gate {
	g.verbs &= other.verbs
	g.line = g.line && other.line
	if g.rows == 0 || other.rows == 0 {
		g.rows = 0
	} else {
		g.rows |= other.rows
	}
	return g
}

// gateOf is the gate of a block with these conditions.
func gateOf(conditions []condition) (all gate) {
	for _, c := range conditions {
		switch c := c.(type) {
		case *commandTest:
			all = all.and(gate{c.verbs, c.rows, true})
		case lineEffect:
			all = all.and(gate{verbs: 1 << c.verb, line: true})
		case lineSequence:
			for i := range c.steps {
				all = all.and(c.steps[i].root.gate)
			}
		case allOf:
			for _, b := range c {
				all = all.and(b.gate)
			}
		case anyOf:
			any := c[0].gate
			for _, b := range c[1:] {
				any = any.or(b.gate)
			}
			all = all.and(any)
		}
	}
	return all
}

// onlyBlocks reports whether the conditions are a list of blocks and nothing else. Each
// of those is asked what is cheap before it is asked what is dear, so that the block
// around them need not.
func onlyBlocks(conditions []condition) bool {
	if len(conditions) != 1 {
		return false
	}
	switch conditions[0].(type) {
	case allOf, anyOf:
		return true
	}
	return false
}
