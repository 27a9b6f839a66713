package lifters

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// A patternSet searches a text for the first of several patterns, in the
// rule's order. A pattern is run only on texts that hold a literal which all
// its matches contain; one pass over the text finds them all. That keeps a
// lifter's cost on ordinary events under its budget of 1 us.
type patternSet struct {
	patterns []guarded
	starts   [256]bool // bytes that a literal may begin with
	open     uint64    // patterns that are always run, as bits
}

type guarded struct {
	re      *regexp.Regexp
	literal string // in lower case when fold; "" = none known
	fold    bool
}

func newPatternSet(res []*regexp.Regexp) *patternSet {
	ps := &patternSet{patterns: make([]guarded, len(res))}
	for i, re := range res {
		g := &ps.patterns[i]
		g.re = re
		if tree, err := syntax.Parse(re.String(), syntax.Perl); err == nil {
			g.literal, g.fold = requiredLiteral(tree)
		}
		if g.literal == "" {
			ps.open |= bit(i)
			continue
		}
		ps.starts[g.literal[0]] = true
		if c := g.literal[0]; g.fold && 'a' <= c && c <= 'z' {
			ps.starts[c-'a'+'A'] = true
		}
	}
	return ps
}

// bit is pattern i's in a set of 64. Patterns beyond share the last one, so
// that each of them is run when one may match.
func bit(i int) uint64 { return 1 << min(i, 63) }

// find returns what the first pattern that is found in text matched.
func (ps *patternSet) find(text string) (matched string, ok bool) {
	admitted := ps.admit(text)
	for i := range ps.patterns {
		if admitted&bit(i) == 0 {
			continue
		}
		if loc := ps.patterns[i].re.FindStringIndex(text); loc != nil {
			return text[loc[0]:loc[1]], true
		}
	}
	return "", false
}

// admit returns the patterns that may match. On texts beyond ASCII those with
// a folded literal are among them: there other runes fold to letters (U+017F
// to s, U+212A to k).
func (ps *patternSet) admit(text string) uint64 {
	admitted, ascii := ps.open, true
	for i := range len(text) {
		c := text[i]
		ascii = ascii && c < utf8.RuneSelf
		if !ps.starts[c] {
			continue
		}
		for j := range ps.patterns {
			if g := &ps.patterns[j]; admitted&bit(j) == 0 && g.startsAt(text[i:]) {
				admitted |= bit(j)
			}
		}
	}
	if !ascii {
		for j := range ps.patterns {
			if ps.patterns[j].fold {
				admitted |= bit(j)
			}
		}
	}
	return admitted
}

func (g *guarded) startsAt(text string) bool {
	if g.fold {
		return hasPrefixFold(text, g.literal)
	}
	return strings.HasPrefix(text, g.literal)
}

// requiredLiteral returns the longest literal that every match of re holds,
// as far as its concatenations tell, and whether it holds it in any case.
func requiredLiteral(re *syntax.Regexp) (literal string, fold bool) {
	switch re.Op {
	case syntax.OpLiteral:
		return usableLiteral(string(re.Rune), re.Flags&syntax.FoldCase != 0)
	case syntax.OpCapture, syntax.OpPlus:
		return requiredLiteral(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return requiredLiteral(re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if l, f := requiredLiteral(sub); len(l) > len(literal) {
				literal, fold = l, f
			}
		}
	}
	return literal, fold
}

// usableLiteral drops literals that bytes cannot be compared with: U+FFFD
// matches any invalid byte, and only ASCII is folded here.
func usableLiteral(s string, fold bool) (string, bool) {
	if strings.ContainsRune(s, utf8.RuneError) {
		return "", false
	}
	if fold {
		if !isASCII(s) {
			return "", false
		}
		s = strings.ToLower(s)
	}
	return s, fold
}

// mayContainFold reports whether text holds low, which is lower-case ASCII,
// in any case. Of texts beyond ASCII it says true: there other runes fold to
// letters (U+017F to s, U+212A to k).
func mayContainFold(text, low string) bool {
	found := false
	for i := range len(text) {
		c := text[i]
		if c >= utf8.RuneSelf {
			return true
		}
		if !found && lowerByte(c) == low[0] && hasPrefixFold(text[i:], low) {
			found = true
		}
	}
	return found
}

// hasPrefixFold reports whether s begins with low, which is lower-case ASCII.
func hasPrefixFold(s, low string) bool {
	if len(s) < len(low) {
		return false
	}
	for i := range len(low) {
		if lowerByte(s[i]) != low[i] {
			return false
		}
	}
	return true
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
