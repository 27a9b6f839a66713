package engine

import (
	"regexp/syntax"
	"sync"
	"unicode"
	"unicode/utf8"

	"ttpctl/internal/engine/prefilter"
)

// A glance tells cheaply that a word does not match a pattern: the word begins with
// none of the bytes with which a match does, where the pattern asks for the beginning
// of the word, or it has the trigrams of no required literal. Most words fail on one
// of them, and are not even looked at by the pattern's automaton.
type glance struct {
	begins *byteSet // nil = with any
	grams  *trigrams
	// letters are those of each of some short literals, of which trigrams are none;
	// nil = they are not known.
	letters []uint64
	need    prefilter.Set // of the literals of which a match has one
}

// glanceOf returns the glance of a pattern that compiles, made when first asked for.
func glanceOf(pattern string) func() *glance {
	return sync.OnceValue(func() *glance {
		tree, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			return &glance{}
		}
		need, _ := prefilter.Required(tree)
		g := &glance{begins: beginsOf(tree), grams: trigramsOf(need), need: need}
		if g.grams == nil {
			g.letters = lettersOf(need.Literals())
		}
		return g
	})
}

// may reports whether the word may match.
func (g *glance) may(word string) bool {
	if g.begins != nil && word != "" && !g.begins.has(word[0]) {
		return false
	}
	if g.letters != nil {
		return g.mayHave(foldedLetters(word))
	}
	return g.grams.may(word)
}

func (g *glance) mayHave(letters uint64) bool {
	for _, need := range g.letters {
		if need&^letters == 0 {
			return true
		}
	}
	return false
}

// maxShort is of how many short literals the letters are compared one by one.
const maxShort = 8

// lettersOf returns the letters of each literal; nil when these are many, or one is
// not of ASCII.
func lettersOf(literals []string) (all []uint64) {
	if len(literals) > maxShort {
		return nil
	}
	for _, l := range literals {
		letters := foldedLetters(l)
		if letters == ^uint64(0) {
			return nil
		}
		all = append(all, letters)
	}
	return all
}

// foldedLetters is the set of the bytes of a word, large letters as small ones: some
// share a place. Of a word with letters beyond ASCII, which may fold to some within,
// it has all.
func foldedLetters(word string) (set uint64) {
	for i := range len(word) {
		c := word[i]
		if c >= utf8.RuneSelf {
			return ^uint64(0)
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		set |= 1 << (c % 64)
	}
	return set
}

// A byteSet is some bytes.
type byteSet [4]uint64

func (s *byteSet) has(c byte) bool { return s[c/64]>>(c%64)&1 != 0 }

func (s *byteSet) add(from, to byte) {
	for c := int(from); c <= int(to); c++ {
		s[c/64] |= 1 << (c % 64)
	}
}

// addRunes adds the first bytes of the runes between two. Those beyond ASCII are not
// told apart, nor from bytes that are no UTF-8.
func (s *byteSet) addRunes(from, to rune) {
	if from < utf8.RuneSelf {
		s.add(byte(from), byte(min(to, utf8.RuneSelf-1)))
	}
	if to >= utf8.RuneSelf {
		s.add(utf8.RuneSelf, 0xff)
	}
}

// beginsOf returns the bytes with which a text begins that matches the pattern, nil
// when it may be any.
func beginsOf(tree *syntax.Regexp) *byteSet {
	var s byteSet
	if anchored, empty := s.first(tree); !anchored || empty {
		return nil
	}
	return &s
}

// first adds the bytes with which matches of re begin. anchored says of re that it
// matches at the beginning of the text only, where nothing before it did not; empty,
// that it may match no byte at all.
func (s *byteSet) first(re *syntax.Regexp) (anchored, empty bool) {
	switch re.Op {
	case syntax.OpNoMatch:
		return true, false
	case syntax.OpBeginText:
		return true, true
	case syntax.OpLiteral:
		c := re.Rune[0]
		s.addRunes(c, c)
		if re.Flags&syntax.FoldCase != 0 {
			for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
				s.addRunes(f, f)
			}
		}
		return false, false
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			s.addRunes(re.Rune[i], re.Rune[i+1])
		}
		return false, false
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		s.add(0, 0xff)
		return false, false
	case syntax.OpStar, syntax.OpQuest:
		s.first(re.Sub[0])
		return false, true
	case syntax.OpRepeat:
		anchored, empty = s.first(re.Sub[0])
		return anchored && re.Min > 0, empty || re.Min == 0
	case syntax.OpPlus, syntax.OpCapture:
		return s.first(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			a, e := s.first(sub)
			anchored = anchored || a
			if !e {
				return anchored, false
			}
		}
		return anchored, true
	case syntax.OpAlternate:
		anchored = true
		for _, sub := range re.Sub {
			a, e := s.first(sub)
			anchored, empty = anchored && a, empty || e
		}
		return anchored, empty
	}
	return false, true // the other assertions match no byte
}
