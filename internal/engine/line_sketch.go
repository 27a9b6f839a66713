package engine

import (
	"strings"
	"sync"

	"ttpctl/internal/engine/prefilter"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/engine/shell"
)

// A lineSketch says roughly what the commands of a line show: which options and
// wrappers, and which three letters in a row (trigrams) stand in their words and in
// the targets of their effects. A block asks it before it looks at single commands,
// for of ten blocks that the index admits nine lack something that the sketch knows
// of. It errs on one side: what it denies is not there.
type lineSketch struct {
	made    bool
	options uint64 // of program.NameBit
	vias    uint64
	// odd: letters beyond ASCII, which may fold to some within.
	odd bool
	// Words and targets that were typed with wildcards may stand for others.
	typedWord, typedTarget, typedSought bool
	grams                               [1 << gramBits / 64]uint64
}

// sketchedFrom is how many commands a line has that a sketch is made of: the blocks
// that it rules out of a shorter one cost less than the sketch.
const sketchedFrom = 4

// gramBits makes room for the trigrams of some hundred bytes, a tenth of it full.
const gramBits = 11

// sketched returns the sketch of the line, which is made when first asked for.
func (a *analysis) sketched() *lineSketch {
	s := a.sketch
	if s.made {
		return s
	}
	*s = lineSketch{made: true}
	for i := range a.Commands {
		s.addCommand(&a.Commands[i])
	}
	return s
}

func (s *lineSketch) addCommand(c *program.Command) {
	s.options |= optionBits(c)
	for _, name := range c.Via {
		s.vias |= program.NameBit(name)
	}
	s.addText(c.Path)
	for i := range c.Words {
		s.addText(c.Words[i].Text)
		s.typedWord = s.typedWord || c.Words[i].Mark&shell.Glob != 0
	}
	for i := range c.Effects {
		e := &c.Effects[i]
		s.addText(e.Target)
		s.typedTarget = s.typedTarget || isTyped(e)
		for _, what := range e.For {
			s.addText(what)
			s.typedSought = true // what is searched for counts as typed
		}
	}
}

// optionBits are the bits of all names of the options that c was given.
func optionBits(c *program.Command) (set uint64) {
	for i := range c.Options {
		o := &c.Options[i]
		if set |= program.NameBit(o.Name); o.Spec != nil {
			set |= o.Spec.Bits
		}
	}
	return set
}

// A nameSet are some names, and their bits.
type nameSet struct {
	names []string
	bits  uint64
}

func nameSetOf(names []string) (s nameSet) {
	for _, name := range names {
		s.add(name)
	}
	return s
}

func (s *nameSet) add(name string) {
	s.names = append(s.names, name)
	s.bits |= program.NameBit(name)
}

func (s *lineSketch) addText(text string) {
	var gram uint32
	for i := range len(text) {
		c := text[i]
		s.odd = s.odd || c >= 0x80
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if gram = gram<<8 | uint32(c); i >= 2 {
			h := gramHash(gram)
			s.grams[h/64] |= 1 << (h % 64)
		}
	}
}

// gramHash is the place of the three letters in the low bytes of gram.
func gramHash(gram uint32) uint32 { return gram << 8 * 0x9e3779b1 >> (32 - gramBits) }

// A literalSketch are the first and the last trigram of a literal.
type literalSketch [2]uint16

// shows reports whether one of the literals may be there; nil = any text may do.
func (s *lineSketch) shows(any []literalSketch) bool {
	for _, l := range any {
		if s.grams[l[0]/64]>>(l[0]%64)&1 != 0 && s.grams[l[1]/64]>>(l[1]%64)&1 != 0 {
			return true
		}
	}
	return any == nil || s.odd
}

// A wordSketch is what a wordTest asks of a lineSketch. It is made when a line first
// comes to the test, for only then its patterns are read.
type wordSketch struct {
	once  sync.Once
	plain []literalSketch
	typed []literalSketch // where words are typed with wildcards
}

// sketched returns what of t a line must show.
func (t *wordTest) sketched() *wordSketch {
	t.sketch.once.Do(func() {
		t.sketch.plain = t.literalSketches()
		if t.sketch.typed = t.sketch.plain; t.single() {
			t.sketch.typed = nil
		}
	})
	return &t.sketch
}

// single reports whether a word with wildcards may be taken for one of the paths.
func (t *wordTest) single() bool {
	for _, p := range t.paths {
		if p.Single() {
			return true
		}
	}
	return false
}

// literalSketches returns those of what words that pass contain, nil when that is
// not known.
func (t *wordTest) literalSketches() []literalSketch {
	if t.kept {
		return nil
	}
	var all []literalSketch
	add := func(literal string) bool {
		l, ok := sketchOf(literal)
		all = append(all, l)
		return ok
	}
	for _, p := range t.paths {
		if !add(longestPlain(p.String())) {
			return nil
		}
	}
	for _, n := range t.names {
		if !add(longestPlain(n.String())) {
			return nil
		}
	}
	for i := range t.patterns {
		need := t.patterns[i].needs()
		if need.IsZero() {
			return nil
		}
		for _, literal := range need.Literals() {
			if !add(literal) {
				return nil
			}
		}
	}
	return all
}

// sketchOf returns the sketch of a literal of at least three bytes of ASCII.
func sketchOf(literal string) (l literalSketch, ok bool) {
	n := len(literal)
	if n < 3 || strings.IndexFunc(literal, func(r rune) bool { return r >= 0x80 }) >= 0 {
		return l, false
	}
	at := func(i int) uint16 {
		var s [3]byte
		copy(s[:], prefilter.AppendFold(nil, literal[i:i+3]))
		return uint16(gramHash(uint32(s[0])<<16 | uint32(s[1])<<8 | uint32(s[2])))
	}
	return literalSketch{at(0), at(n - 3)}, true
}

// mayHold is the cheap question of a word; nil = none is asked for. typed says that
// one like it was typed with wildcards.
func (t *wordTest) mayHold(s *lineSketch, typed bool) bool {
	switch {
	case t == nil:
		return true
	case typed:
		return s.shows(t.sketched().typed)
	}
	return s.shows(t.sketched().plain)
}

// mayHold is the cheap question of an effect: whether the line has one of the verb,
// and what its target must have.
func (t *effectTest) mayHold(l *analysis) bool {
	if !l.Verbs.Has(t.verb) {
		return false
	}
	if t.target == nil && t.what == nil {
		return true
	}
	s := l.sketched()
	return t.target.mayHold(s, s.typedTarget) && t.what.mayHold(s, s.typedSought)
}

// mayHold is the cheap question of a block, which stands before the dear one.
func (b *block) mayHold(l *analysis) bool { return b.gate.admits(l) && b.inSketch(l) }

// inSketch is what is left of mayHold behind the gate.
func (b *block) inSketch(l *analysis) bool {
	return l == nil || len(l.Commands) < sketchedFrom || b.conditionsMayHold(l)
}

func (b *block) conditionsMayHold(l *analysis) bool {
	for _, c := range b.conditions {
		if !c.mayHold(l) {
			return false
		}
	}
	return true
}

func (t lineEffect) mayHold(l *analysis) bool { return l != nil && t.effectTest.mayHold(l) }

func (bs allOf) mayHold(l *analysis) bool {
	for _, b := range bs {
		if !b.mayHold(l) {
			return false
		}
	}
	return true
}

func (bs anyOf) mayHold(l *analysis) bool {
	for _, b := range bs {
		if b.mayHold(l) {
			return true
		}
	}
	return false
}

func (s lineSequence) mayHold(l *analysis) bool {
	for i := range s.steps {
		if !s.steps[i].root.mayHold(l) {
			return false
		}
	}
	return true
}

// These do not ask what the commands of the event's line are.
func (noneOf) mayHold(*analysis) bool          { return true }
func (*fieldTest) mayHold(*analysis) bool      { return true }
func (*techniquesTest) mayHold(*analysis) bool { return true }
func (*commandsTest) mayHold(*analysis) bool   { return true }
func (*valueTest) mayHold(*analysis) bool      { return true }
