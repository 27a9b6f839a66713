package dfa

import (
	"regexp/syntax"
	"slices"
	"unicode"
)

// A program is the programs of regexp/syntax of some expressions, in one that reads
// bytes. It is immutable.
type program struct {
	insts  []inst
	first  []uint32 // by expression
	later  []uint32 // first, without those that match at the beginning of a text only
	all    uint32   // a bit for each expression
	looks  looks
	class  [256]uint8
	end    uint32 // stands for the end of a text among the classes, of which it is the last
	sample []byte // a byte of each class
}

// An inst is an instruction: one of the ways in which a text may go on.
type inst struct {
	op    op
	of    uint8          // the expression
	empty syntax.EmptyOp // of opAssert
	out   uint32
	other uint32 // of opEither
	edges []edge // of opBytes
}

type op uint8

const (
	opBytes  op = iota // goes on behind one of the edges, nowhere when there is none
	opEither           // goes on at out and at other
	opAssert           // goes on at out when the assertion holds
	opMatch
)

// An edge leads on over a byte from lo to hi.
type edge struct {
	lo, hi byte
	out    uint32
}

// looks says at what assertions look.
type looks struct{ words, lines bool }

// A translator makes a program.
type translator struct {
	*program
	of     uint8  // the expression at hand
	base   uint32 // where its instructions begin
	size   int
	suffix map[suffix]uint32 // of runes that end alike
}

// A suffix is a byte of a rune, and what comes behind it.
type suffix struct {
	lo, hi byte
	out    uint32
}

// translate returns the programs as one that reads bytes, nil when that is too large.
func translate(ps []*syntax.Prog) *program {
	t := translator{program: &program{}, suffix: map[suffix]uint32{}}
	for n, p := range ps {
		if t.add(uint8(n), p); t.size > maxProgram {
			return nil
		}
	}
	t.classify()
	return t.program
}

// add appends the program of an expression. The instructions of its runes add others
// behind it.
func (t *translator) add(of uint8, p *syntax.Prog) {
	t.of, t.base = of, uint32(len(t.insts))
	t.all |= 1 << of
	t.first = append(t.first, t.base+uint32(p.Start))
	if p.StartCond()&syntax.EmptyBeginText == 0 {
		t.later = append(t.later, t.base+uint32(p.Start))
	}
	t.insts = append(t.insts, make([]inst, len(p.Inst))...)
	for i := range p.Inst {
		if t.size++; t.size > maxProgram {
			return
		}
		in := t.inst(&p.Inst[i])
		in.of = of
		t.insts[t.base+uint32(i)] = in
	}
}

func (t *translator) inst(i *syntax.Inst) inst {
	switch i.Op {
	case syntax.InstMatch:
		return inst{op: opMatch}
	case syntax.InstFail:
		return inst{}
	case syntax.InstAlt, syntax.InstAltMatch:
		return inst{op: opEither, out: t.base + i.Out, other: t.base + i.Arg}
	case syntax.InstCapture, syntax.InstNop:
		return inst{op: opAssert, out: t.base + i.Out}
	case syntax.InstEmptyWidth:
		empty := syntax.EmptyOp(i.Arg)
		t.looks.words = t.looks.words || empty&(syntax.EmptyWordBoundary|syntax.EmptyNoWordBoundary) != 0
		t.looks.lines = t.looks.lines || empty&(syntax.EmptyBeginLine|syntax.EmptyEndLine) != 0
		return inst{op: opAssert, out: t.base + i.Out, empty: empty}
	}
	edges := []edge{}
	for _, r := range runesOf(i) {
		edges = t.runes(edges, r, t.base+i.Out)
	}
	return inst{op: opBytes, edges: edges}
}

// A runeRange is the runes from lo to hi.
type runeRange struct{ lo, hi rune }

// runesOf returns the runes that an instruction reads.
func runesOf(i *syntax.Inst) []runeRange {
	switch i.Op {
	case syntax.InstRuneAny:
		return []runeRange{{0, unicode.MaxRune}}
	case syntax.InstRuneAnyNotNL:
		return []runeRange{{0, '\n' - 1}, {'\n' + 1, unicode.MaxRune}}
	}
	if len(i.Rune) == 1 {
		return relatives(i.Rune[0], syntax.Flags(i.Arg)&syntax.FoldCase != 0)
	}
	var all []runeRange
	for k := 0; k+1 < len(i.Rune); k += 2 {
		all = append(all, runeRange{i.Rune[k], i.Rune[k+1]})
	}
	return all
}

// relatives returns r, and when case does not matter all that differ from it by no
// more: k has two, K and U+212A. A class has its own among it already.
func relatives(r rune, fold bool) []runeRange {
	all := []runeRange{{r, r}}
	if !fold {
		return all
	}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		all = append(all, runeRange{f, f})
	}
	slices.SortFunc(all, func(a, b runeRange) int { return int(a.lo - b.lo) })
	return all
}
