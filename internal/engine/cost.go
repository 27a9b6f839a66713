package engine

import (
	"math/bits"
	"regexp/syntax"
	"unicode"
)

// Bounds of priceOf: programs of more instructions, and analyses of more
// steps, are taken at their full length.
const (
	maxCostProgram = 2048
	maxCostSteps   = 4 << 20
)

// Pattern costs, in steps a byte of the event. A step takes about 9 ns of one
// core (Go 1.26, measured in 2026 on patterns of 96 to 600 steps): 512 steps
// are 4.8 s a MiB on one core, and half of that for tag on two.
const (
	maxCost = 512
	stepNs  = 9
	// derivedWeight is how many bytes of derived fields a rule is run on for a
	// byte of input, at most: the bounds of the shell view allow 11 for a byte
	// of the line, and lines written to be dear reached 8 for one of their JSON,
	// which two cores share. The mean of both is not more than 5.
	derivedWeight = 5
)

// A price is what a pattern costs at most, whatever the text.
type price struct {
	steps  int  // a byte
	narrow bool // anchored, and dead after few bytes unless these are its own
}

// A purse adds up the prices of what a rule runs on events of one kind. Of
// narrow patterns only the dearest counts: no text keeps two of them alive.
type purse struct {
	wide, narrow, most int
	dearest            *Node
}

func (p *purse) spend(n *Node, cost price, weight int) {
	steps := cost.steps * weight
	if cost.narrow {
		p.narrow = max(p.narrow, steps)
	} else {
		p.wide += steps
	}
	if steps > p.most {
		p.most, p.dearest = steps, n
	}
}

// warning returns what is to say of a rule that costs too much.
func (p *purse) warning() (d Diagnostic, dear bool) {
	steps := p.wide + p.narrow
	if steps <= maxCost {
		return d, false
	}
	return NewDiagnostic(CodeDear, p.dearest.Span, "matching may take %d steps a byte, some %.1f s of one core a MiB; the bound is %d",
		steps, float64(steps)*stepNs*(1<<20)/1e9, maxCost).WithLabel("%d of them here", p.most).
		WithHelp("lower the repetition counts, anchor the pattern, or make what may be left out part of what must be there"), true
}

// priceOf returns how many instructions of re's program can be alive at one
// byte of a text, at most: that is what a byte costs, whatever the text is.
// Two are alive together when one text leads to both, so that a word is cheap
// and a row of things that may be left out is dear. Assertions are taken to
// hold.
func priceOf(re *syntax.Regexp) price {
	prog, err := syntax.Compile(re.Simplify())
	if err != nil || len(prog.Inst) > maxCostProgram {
		return price{steps: maxCostProgram}
	}
	l := newLiveness(prog)
	if !l.spread() {
		return price{len(prog.Inst), l.narrow()}
	}
	return price{l.most(), l.narrow()}
}

// most returns how many can be alive together, at most: of k that are, each
// has at least k in its row.
func (l *liveness) most() int {
	rows := make([]int, len(l.together)+1)
	for _, row := range l.together {
		rows[row.count()]++
	}
	for k, enough := len(l.together), 0; k > 0; k-- {
		if enough += rows[k]; enough >= k {
			return k
		}
	}
	return 0
}

// A bitset is a set of instructions by their number.
type bitset []uint64

func (b bitset) has(i int) bool { return b[i/64]>>(i%64)&1 != 0 }
func (b bitset) add(i int)      { b[i/64] |= 1 << (i % 64) }

func (b bitset) count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// each calls f with the members.
func (b bitset) each(f func(i int)) {
	for k, w := range b {
		for ; w != 0; w &= w - 1 {
			f(k*64 + bits.TrailingZeros64(w))
		}
	}
}

// A liveness is the analysis of one program.
type liveness struct {
	prog     *syntax.Prog
	together []bitset    // by instruction: what can be alive with it
	reach    []bitset    // by instruction: what follows without reading, itself included
	reads    [][3]uint64 // by instruction: the ASCII characters that it takes, and whether it takes others
	todo     [][2]int    // pairs of reading instructions to follow
	steps    int
}

func newLiveness(prog *syntax.Prog) *liveness {
	n := len(prog.Inst)
	l := &liveness{prog: prog, together: make([]bitset, n), reach: make([]bitset, n), reads: make([][3]uint64, n)}
	words := (n + 63) / 64
	room := make(bitset, 2*n*words)
	for i := range n {
		l.together[i], l.reach[i] = room[2*i*words:][:words:words], room[(2*i+1)*words:][:words:words]
		l.follow(l.reach[i], i)
		l.reads[i] = readBy(&prog.Inst[i])
	}
	return l
}

// follow adds what i leads to without reading.
func (l *liveness) follow(set bitset, i int) {
	if set.has(i) {
		return
	}
	set.add(i)
	switch in := &l.prog.Inst[i]; in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		l.follow(set, int(in.Out))
		l.follow(set, int(in.Arg))
	case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
		l.follow(set, int(in.Out))
	}
}

// readBy returns the characters that an instruction reads.
func readBy(in *syntax.Inst) (set [3]uint64) {
	const all = ^uint64(0)
	switch in.Op {
	case syntax.InstRuneAny:
		return [3]uint64{all, all, 1}
	case syntax.InstRuneAnyNotNL:
		return [3]uint64{all &^ (1 << '\n'), all, 1}
	case syntax.InstRune, syntax.InstRune1:
	default:
		return set
	}
	if len(in.Rune) == 1 {
		readOne(&set, in.Rune[0], syntax.Flags(in.Arg)&syntax.FoldCase != 0)
	}
	for i := 0; i+1 < len(in.Rune); i += 2 {
		for c := in.Rune[i]; c <= min(in.Rune[i+1], unicode.MaxASCII); c++ {
			set[c/64] |= 1 << (c % 64)
		}
	}
	if beyondASCII(in.Rune) {
		set[2] = 1
	}
	return set
}

// readOne adds a rune, and those that are it in another case.
func readOne(set *[3]uint64, r rune, fold bool) {
	for c := r; ; {
		if c <= unicode.MaxASCII {
			set[c/64] |= 1 << (c % 64)
		}
		if c = unicode.SimpleFold(c); c == r || !fold {
			return
		}
	}
}

// beyondASCII reports whether ranges hold other characters too; the few that
// fold to ASCII letters count as well.
func beyondASCII(ranges []rune) bool {
	last := ranges[len(ranges)-1]
	return last > unicode.MaxASCII || unicode.SimpleFold(last) > unicode.MaxASCII || last == 'S' || last == 's' || last == 'K'
}

// spread follows all pairs from the start; false when that takes too long. A
// search begins anew at every byte unless the pattern is anchored.
func (l *liveness) spread() bool {
	start := l.reach[l.prog.Start]
	l.meet(start, start)
	anchored := l.anchored()
	for len(l.todo) > 0 {
		p := l.todo[len(l.todo)-1]
		l.todo = l.todo[:len(l.todo)-1]
		a, b := l.reach[l.prog.Inst[p[0]].Out], l.reach[l.prog.Inst[p[1]].Out]
		l.meet(a, b)
		if !anchored {
			l.meet(a, start)
			l.meet(b, start)
		}
		if l.steps > maxCostSteps {
			return false
		}
	}
	return true
}

// meet notes that each of a can be alive with each of b.
func (l *liveness) meet(a, b bitset) {
	a.each(func(i int) { l.join(i, b) })
	b.each(func(i int) { l.join(i, a) })
}

// join notes that i can be alive with each of set, and queues the new pairs
// that some character leads on from.
func (l *liveness) join(i int, set bitset) {
	row := l.together[i]
	l.steps += len(row)
	for k, w := range set {
		fresh := w &^ row[k]
		row[k] |= w
		for ; fresh != 0; fresh &= fresh - 1 {
			j := k*64 + bits.TrailingZeros64(fresh)
			if x, y := &l.reads[i], &l.reads[j]; x[0]&y[0]|x[1]&y[1]|x[2]&y[2] != 0 {
				l.todo = append(l.todo, [2]int{i, j})
			}
			l.steps++
		}
	}
}

func (l *liveness) anchored() bool { return l.prog.StartCond()&syntax.EmptyBeginText != 0 }

// narrowStart is how many different characters a narrow pattern may begin
// with.
const narrowStart = 40

func (l *liveness) narrow() bool {
	var first [3]uint64
	l.reach[l.prog.Start].each(func(i int) {
		for k, w := range l.reads[i] {
			first[k] |= w
		}
	})
	return l.anchored() && first[2] == 0 && bits.OnesCount64(first[0])+bits.OnesCount64(first[1]) <= narrowStart
}
