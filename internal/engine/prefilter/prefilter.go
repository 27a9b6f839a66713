// Package prefilter decides cheaply which rules a text might match, so that only those run their regular expressions.
//
// Invariant: the prefilter may admit what does not match, and never rejects what does.
//
// Three parts keep it. [AppendFold] maps a text, once, so that texts which differ by case only become equal.
// [Required] and [Literal] give for a condition a [Set] of folded literals of which every matching text contains,
// after the fold, at least one. A [Searcher] finds all literals of all rules in one pass over the text
// and marks the ids of the rules they belong to. Every shortcut (a limit reached, a literal shortened, a case-sensitive
// literal folded) weakens a requirement, which admits more; none strengthens it.
//
//	(?i)\b(?:wget|curl)\s+-q   requires one of "wget", "curl"; the text "WGET -q x" is admitted, "ls -q" is not
//
// A condition without a requirement (`.*`, `\d+`) has the zero Set. Its rule runs on every text: that is the
// caller's part, as is choosing among the conditions of a conjunction (by [Set.Score]) and joining
// those of a disjunction (by [Union]).
package prefilter

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of the analysis. They bound the time for a hostile pattern and the memory of what is built from it.
const (
	maxLiteral  = 32   // bytes of a literal; more hardly filters better and costs states
	maxCross    = 32   // strings that the product of two sets may have
	maxUnion    = 1024 // strings of a set that alternatives add up to
	maxClass    = 16   // folded runes of a character class that is spelled out
	maxReduce   = 256  // members that are compared pair by pair
	maxSiblings = 4    // literals that differ in the last byte of a rune and are looked for one by one
)

// A Set is a requirement: a matching text, folded, contains at least one of the literals.
// The zero Set requires nothing. Sets are immutable and safe for concurrent use.
type Set struct {
	literals []string // folded, sorted, distinct, none empty
	score    int
	leading  bool
}

// Leading reports whether each match begins with one of the literals, once folded. Only what [Required] returns may be
// known to.
func (s Set) Leading() bool { return s.leading }

// Literals returns the folded literals in sorted order; the caller must not change them.
func (s Set) Literals() []string { return s.literals }

// Stems returns literals of which every text that contains one of the set's contains one, to look for: many
// runes that differ in their last byte only, as those of one block do, are one stem.
func (s Set) Stems() []string {
	stems := make([]string, 0, len(s.literals))
	for list := s.literals; len(list) > 0; {
		n := siblings(list)
		if n > maxSiblings {
			stems = append(stems, list[0][:len(list[0])-1])
		} else {
			stems = append(stems, list[:n]...)
		}
		list = list[n:]
	}
	return stems
}

// siblings returns how many literals, from the first, are equal but for the last byte of a rune beyond ASCII.
func siblings(list []string) int {
	stem := list[0][:len(list[0])-1]
	n := 0
	for n < len(list) && len(list[n]) == len(stem)+1 && strings.HasPrefix(list[n], stem) && !utf8.RuneStart(list[n][len(stem)]) {
		n++
	}
	return max(n, 1)
}

// IsZero reports whether the set requires nothing, so that it admits every text.
func (s Set) IsZero() bool { return len(s.literals) == 0 }

// Literal returns the requirement of an operator (equals, contains, starts_with...) whose matches contain s, in any
// case or exactly. It is the zero Set when s has no valid rune.
func Literal(s string) Set {
	// An invalid byte beside another may form a rune in the text, so only the runs of valid runes are certain.
	var best Set
	for run := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == utf8.RuneError }) {
		best = better(best, newSet([]string{window(string(AppendFold(nil, run)), maxLiteral)}))
	}
	return best
}

// Known returns the set of which Literals and Score told so much.
func Known(literals []string, score int) Set { return Set{literals: literals, score: score} }

// Union returns the requirement of a disjunction: the zero Set if any of its parts is, or if there are none.
func Union(sets ...Set) Set { return union(sets).reduce() }

func union(sets []Set) Set {
	var literals []string
	for _, s := range sets {
		if s.IsZero() {
			return Set{}
		}
		literals = append(literals, s.literals...)
	}
	return newSet(sortCompact(literals))
}

// newSet takes over literals, which are sorted and distinct. An empty literal is in every text and requires nothing.
func newSet(literals []string) Set {
	if len(literals) == 0 || literals[0] == "" {
		return Set{}
	}
	return Set{literals: literals, score: scoreOf(literals)}
}

// reduce drops the members that contain another one: the shorter is found wherever the longer is.
func (s Set) reduce() Set {
	if len(s.literals) < 2 || len(s.literals) > maxReduce {
		return s
	}
	kept := make([]string, 0, len(s.literals))
	for _, lit := range s.literals {
		implied := func(other string) bool { return other != lit && strings.Contains(lit, other) }
		if !slices.ContainsFunc(s.literals, implied) {
			kept = append(kept, lit)
		}
	}
	return newSet(kept)
}

func sortCompact(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
