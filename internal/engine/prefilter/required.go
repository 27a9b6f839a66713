package prefilter

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxWork bounds the strings made for one regular expression; what is left of it then requires nothing.
const maxWork = 1 << 17

// Required returns the literals that re requires, as the rarest set found, and whether there are any. The expression is
// one of [syntax.Parse] with the flags [syntax.Perl], simplified or not; without Simplify, which spells out
// counted repeats, the analysis is faster.
func Required(re *syntax.Regexp) (Set, bool) {
	a := analysis{budget: maxWork}
	facts := a.node(re)
	set := facts.best.reduce()
	if set.Score() == 0 {
		return Set{}, false // such as the ten digits, which would only mark nearly every text
	}
	set.leading = facts.beginsWith(set.literals)
	return set, true
}

// beginsWith reports whether each match begins with one of the literals.
func (f *facts) beginsWith(literals []string) bool {
	return !slices.ContainsFunc(f.prefix, func(p string) bool {
		return !slices.ContainsFunc(literals, func(l string) bool { return strings.HasPrefix(p, l) })
	})
}

// facts are what is known of the folded texts that a node matches. Lists of strings are sorted, distinct, not empty;
// the list of the empty string alone says nothing. Facts share their lists, which nobody changes.
type facts struct {
	exact  bool     // the node matches no other text than those of prefix, which equals suffix
	prefix []string // each match begins with one of them
	suffix []string // each match ends with one of them
	best   Set      // each match contains one of them
}

func exactly(list []string) facts {
	return facts{exact: true, prefix: list, suffix: list, best: newSet(list)}
}

func nothing() facts { return facts{prefix: []string{""}, suffix: []string{""}} }

func (f facts) inexact() facts {
	f.exact = false
	return f
}

// isEmpty reports that the node matches the empty text only.
func (f facts) isEmpty() bool { return f.exact && len(f.prefix) == 1 && f.prefix[0] == "" }

type analysis struct{ budget int }

func (a *analysis) node(re *syntax.Regexp) facts {
	a.budget--
	if a.budget < 0 {
		return nothing()
	}
	switch re.Op {
	case syntax.OpLiteral:
		return literal(re.Rune)
	case syntax.OpCharClass:
		return class(re.Rune)
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		// They consume nothing: what stands on their two sides is adjacent in the text.
		return exactly([]string{""})
	case syntax.OpCapture:
		return a.node(re.Sub[0])
	case syntax.OpPlus:
		return a.node(re.Sub[0]).inexact()
	case syntax.OpQuest:
		return a.alternate([]facts{a.node(re.Sub[0]), exactly([]string{""})})
	case syntax.OpRepeat:
		return a.repeat(re)
	case syntax.OpConcat:
		all := exactly([]string{""})
		for _, sub := range re.Sub {
			all = a.concat(all, a.node(sub))
		}
		return all
	case syntax.OpAlternate:
		branches := make([]facts, len(re.Sub))
		for i, sub := range re.Sub {
			branches[i] = a.node(sub)
		}
		return a.alternate(branches)
	}
	return nothing()
}

func literal(runes []rune) facts {
	var folded []byte
	for _, r := range runes {
		folded = utf8.AppendRune(folded, foldRune(r))
	}
	s := string(folded)
	if len(s) <= maxLiteral {
		return exactly([]string{s})
	}
	return facts{
		prefix: []string{head(s, maxLiteral)},
		suffix: []string{tail(s, maxLiteral)},
		best:   newSet([]string{window(s, maxLiteral)}),
	}
}

// class spells out the ranges, unless they hold too many runes. An empty class matches nothing, which is not
// worth a case of its own.
func class(ranges []rune) facts {
	var runes []rune
	for i := 0; i+1 < len(ranges); i += 2 {
		// An orbit has at most four runes, so that more than this cannot fold to maxClass.
		if int(ranges[i+1]-ranges[i]) >= 4*maxClass {
			return nothing()
		}
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if f := foldRune(r); !slices.Contains(runes, f) {
				runes = append(runes, f)
			}
		}
		if len(runes) > maxClass {
			return nothing()
		}
	}
	if len(runes) == 0 {
		return nothing()
	}
	list := make([]string, len(runes))
	for i, r := range runes {
		list[i] = string(r)
	}
	return exactly(sortCompact(list))
}

// alternate knows of the whole what holds for every branch.
func (a *analysis) alternate(branches []facts) facts {
	var prefix, suffix []string
	all := facts{exact: true}
	sets := make([]Set, len(branches))
	for i, b := range branches {
		all.exact = all.exact && b.exact
		prefix = append(prefix, b.prefix...)
		suffix = append(suffix, b.suffix...)
		sets[i] = b.best
	}
	a.budget -= len(prefix) + len(suffix)
	prefix, suffix = sortCompact(prefix), sortCompact(suffix)
	all.exact = all.exact && len(prefix) <= maxUnion
	all.prefix = limit(prefix, maxUnion, head)
	all.suffix = limit(suffix, maxUnion, tail)
	all.best = better(a.union(sets), newSet(all.prefix))
	return all
}

// union is that of the branches within maxUnion.
func (a *analysis) union(sets []Set) Set {
	u := union(sets)
	a.budget -= len(u.literals)
	if len(u.literals) <= maxUnion {
		return u
	}
	return newSet(limit(slices.Clone(u.literals), maxUnion, head))
}

// concat knows of x followed by y what holds for either, and what stands across their border.
func (a *analysis) concat(x, y facts) facts {
	if x.isEmpty() {
		return y
	}
	if y.isEmpty() {
		return x
	}
	left, right := x.suffix, y.prefix
	fits := len(left)*len(right) <= max(maxCross, len(left), len(right))
	if fits && x.exact && y.exact && longest(left)+longest(right) <= maxLiteral {
		both := exactly(a.cross(left, right, head))
		both.best = better(better(x.best, y.best), both.best)
		return both
	}
	fromLeft, fromRight := left, right
	if !fits {
		fromLeft = limit(slices.Clone(left), max(1, maxCross/len(right)), tail)
		fromRight = limit(slices.Clone(right), max(1, maxCross/len(left)), head)
	}
	// Each side whole, with as much of the other as there is room for.
	rightwards := a.cross(left, fromRight, head)
	leftwards := rightwards
	if !fits || longest(left)+longest(right) > maxLiteral {
		leftwards = a.cross(fromLeft, right, tail)
	}
	all := facts{prefix: x.prefix, suffix: y.suffix, best: better(x.best, y.best)}
	if x.exact {
		all.prefix = rightwards
	}
	if y.exact {
		all.suffix = leftwards
	}
	all.best = better(better(all.best, newSet(rightwards)), newSet(leftwards))
	return all
}

// repeat takes x{n,m} for n times x and something after, or before. No more is known beyond maxLiteral times.
func (a *analysis) repeat(re *syntax.Regexp) facts {
	x := a.node(re.Sub[0])
	switch {
	case re.Max == 0:
		return exactly([]string{""})
	case re.Min == 0 && re.Max == 1:
		return a.alternate([]facts{x, exactly([]string{""})})
	case re.Min == 0:
		return nothing()
	}
	all := x
	for range min(re.Min, maxLiteral) - 1 {
		all = a.concat(all, x)
	}
	if re.Max != re.Min || re.Min > maxLiteral {
		return all.inexact()
	}
	return all
}

// cross joins each string of left to each of right and cuts the results to maxLiteral.
func (a *analysis) cross(left, right []string, cut func(string, int) string) []string {
	a.budget -= len(left) * len(right)
	list := make([]string, 0, len(left)*len(right))
	for _, l := range left {
		for _, r := range right {
			list = append(list, cut(l+r, maxLiteral))
		}
	}
	return sortCompact(list)
}

// limit cuts the strings of a list that it may change, ever shorter, until no more than most are distinct; in the end
// that is the empty string alone.
func limit(list []string, most int, cut func(string, int) string) []string {
	for n := maxLiteral / 2; len(list) > most; n /= 2 {
		for i, s := range list {
			list[i] = cut(s, n)
		}
		list = sortCompact(list)
	}
	return list
}

func longest(list []string) int {
	n := 0
	for _, s := range list {
		n = max(n, len(s))
	}
	return n
}

func head(s string, n int) string { return s[:min(n, len(s))] }

func tail(s string, n int) string { return s[max(0, len(s)-n):] }
