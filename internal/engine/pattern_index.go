package engine

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"
	"strings"

	"ttpctl/internal/engine/dfa"
	"ttpctl/internal/engine/prefilter"
	"ttpctl/internal/sorting"
)

// maxIndexMachines bounds what the automata of one index remember, in bytes.
const maxIndexMachines = 32 << 20

// A patternIndex says which patterns match a text, of all that rules look for in one
// field.
//
// A rule's literals admit it, but a literal that most commands have (wget, /tmp)
// admits it nearly always: of a pack of thousands of rules a tenth may have no better
// one, and then a hundred patterns are to be tried on each event. So patterns stand
// together in groups that ask one [dfa.Set], in one pass over the text, which of them
// match; and a group is asked only about texts that have one of its literals. What
// the pattern says of its rule is then nearly all there is to say: who is admitted
// mostly matches.
//
// Groups are made of patterns that require the same literals, for these are asked
// about the same texts. Of weak sets of literals, which are found in most texts
// anyway, only the most common literal counts. Patterns that require no literal are
// asked about every text.
//
// A pattern that begins with its literals (most do: "wget\s+-q") can only match from
// where one of them was found, which spares it the rest of the text.
//
// Literals stand for numbers: those below base are atoms that have no pattern, the
// others groups.
type patternIndex struct {
	base   uint32
	groups []patternGroup
	always []uint32 // the groups without literals
}

// A patternGroup is patterns that are looked for together, and the atoms that they
// are.
type patternGroup struct {
	patterns []string
	atoms    []uint32 // by pattern
	leading  bool     // each match begins with one of the literals
	set      *dfa.Set // of patterns, once the index is built
}

// prepare makes the sets.
func (x *patternIndex) prepare(b *dfa.Budget) {
	for i := range x.groups {
		x.groups[i].set = dfa.NewSet(b, x.groups[i].patterns)
	}
}

// mark marks the atoms that text shows, whose literals have been found.
func (x *patternIndex) mark(text string, sc *Scratch) {
	for _, id := range sc.literals.IDs() {
		if id < x.base {
			sc.marks.Add(id)
		} else {
			x.groups[id-x.base].mark(text, id, sc)
		}
	}
	for _, g := range x.always {
		x.groups[g].mark(text, x.base+g, sc)
	}
}

// mark marks also those of which it is not known: whoever judges their rules asks
// again.
func (g *patternGroup) mark(text string, id uint32, sc *Scratch) {
	var found, open uint32
	if first, last, ok := sc.literals.Places(id); ok && g.leading {
		found, open = g.set.Within(text, first, last)
	} else {
		found, open = g.set.Match(text)
	}
	for left := found | open; left != 0; left &= left - 1 {
		sc.marks.Add(g.atoms[bits.TrailingZeros32(left)])
	}
}

// fieldAtoms are the atoms that are looked for in one field, while an index is built.
type fieldAtoms struct {
	patternIndex
	literals []prefilter.Pattern
	patterns []patternAtom
}

// A patternAtom is an atom that is a pattern.
type patternAtom struct {
	*atom
	id  uint32
	key string // of what is to be in its group
}

// add adds atom n. The short inputs of a request are not looked at themselves, but
// all inputs are: there only the literals can be asked for.
func (f *fieldAtoms) add(a *atom, n uint32) {
	if a.pattern != "" && lookedForIn(a.field) == a.field {
		f.patterns = append(f.patterns, patternAtom{atom: a, id: n})
		return
	}
	f.stand(a.literals, n)
}

// stand lets literals stand for a number.
func (f *fieldAtoms) stand(s prefilter.Set, n uint32) {
	for _, l := range s.Stems() {
		f.literals = append(f.literals, prefilter.Pattern{Literal: l, ID: n})
	}
}

// join makes groups of the patterns. Numbers from base on are free for them.
func (f *fieldAtoms) join(base uint32) {
	f.base = base
	f.choose()
	sorting.By(f.patterns, func(x, y patternAtom) int { return cmp.Compare(x.key, y.key) })
	for from := 0; from < len(f.patterns); {
		to := from + 1
		for to < len(f.patterns) && to-from < dfa.MaxTogether && f.patterns[to].key == f.patterns[from].key {
			to++
		}
		f.group(f.patterns[from:to])
		from = to
	}
}

// choose gives each pattern the key of its group.
func (f *fieldAtoms) choose() {
	common := map[string]int{} // how many patterns a weak literal has
	for i := range f.patterns {
		if p := &f.patterns[i]; p.literals.Weak() {
			for _, l := range p.literals.Literals() {
				common[l]++
			}
		}
	}
	for i := range f.patterns {
		p := &f.patterns[i]
		switch literals := p.literals.Literals(); {
		case len(literals) == 0:
		case p.literals.Weak():
			p.key = slices.MaxFunc(literals, func(x, y string) int { return cmp.Or(common[x]-common[y], cmp.Compare(x, y)) })
		default:
			p.key = strings.Join(literals, "\x00") + "\x00" // that of no weak set
		}
		if p.leading {
			p.key += "\x00\x00"
		}
	}
}

// group makes a group of patterns, for which all their literals stand.
func (f *fieldAtoms) group(patterns []patternAtom) {
	n := uint32(len(f.groups))
	g := patternGroup{leading: true}
	literals := map[string]bool{}
	for i := range patterns {
		p := &patterns[i]
		g.patterns, g.atoms = append(g.patterns, p.pattern), append(g.atoms, p.id)
		g.leading = g.leading && p.leading
		for _, l := range p.literals.Stems() {
			literals[l] = true
		}
	}
	f.groups = append(f.groups, g)
	if len(literals) == 0 {
		f.always = append(f.always, n)
	}
	for _, l := range slices.Sorted(maps.Keys(literals)) {
		f.literals = append(f.literals, prefilter.Pattern{Literal: l, ID: f.base + n})
	}
}
