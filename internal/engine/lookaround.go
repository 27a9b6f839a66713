package engine

import "strings"

// A lookAround is a construct of other regular expression languages that RE2
// leaves out: where it stands, its name, and what to write instead.
type lookAround struct {
	start, end int
	what       string
	instead    string
}

// groupConstructs are the groups that RE2 lacks, by how they begin. Longer
// ones come first.
var groupConstructs = [...]struct{ prefix, what, instead string }{
	{"(?<=", "look-behind", "match the text before as well, and group what follows: before(what)"},
	{"(?<!", "look-behind", "match what may stand before, such as (^|[^x])what, or put the case that must not fire under none_of"},
	{"(?=", "look-ahead", "match the text that follows as well, or ask for both with all_of"},
	{"(?!", "look-ahead", "put the case that must not fire under none_of, or match what may follow, such as what([^x]|$)"},
	{"(?>", "atomic group", "write (?:...): RE2 never backtracks, so nothing is gained by an atomic group"},
	{"(?(", "conditional", "write both cases as alternatives: a|b"},
	{"(?P=", "back-reference", "write the repeated alternatives out: (a.*a|b.*b)"},
	{"(?P>", "recursion", "write the levels that occur out"},
	{"(?&", "recursion", "write the levels that occur out"},
	{"(?R)", "recursion", "write the levels that occur out"},
	{"(?|", "branch reset", "write (?:...)"},
	{"(?#", "comment", "leave it out, or write a YAML comment"},
}

// findLookAround returns the first construct in pattern that RE2 lacks by
// design. It is asked only for patterns that do not parse.
func findLookAround(pattern string) (found lookAround, ok bool) {
	scanPattern(pattern, func(i int) bool {
		found, ok = lookAroundAt(pattern, i)
		return !ok
	})
	return found, ok
}

func lookAroundAt(pattern string, i int) (lookAround, bool) {
	rest := pattern[i:]
	switch rest[0] {
	case '(':
		for _, c := range groupConstructs {
			if strings.HasPrefix(rest, c.prefix) {
				return lookAround{i, i + len(c.prefix), c.what, c.instead}, true
			}
		}
	case '\\':
		return escapeConstruct(rest, i)
	case '+':
		if i > 0 && strings.IndexByte("*+?}", pattern[i-1]) >= 0 && !escaped(pattern, i-1) {
			return lookAround{i - 1, i + 1, "possessive quantifier",
				"leave the + out: RE2 never backtracks, so nothing is gained by it"}, true
		}
	}
	return lookAround{}, false
}

// escaped reports whether the byte at i stands behind an odd number of
// backslashes.
func escaped(pattern string, i int) bool {
	n := 0
	for i-n > 0 && pattern[i-n-1] == '\\' {
		n++
	}
	return n%2 == 1
}

func escapeConstruct(rest string, i int) (lookAround, bool) {
	if len(rest) < 2 {
		return lookAround{}, false
	}
	switch c := rest[1]; {
	case c >= '1' && c <= '9', c == 'k', c == 'g':
		return lookAround{i, i + 2, "back-reference",
			"write the repeated alternatives out: (a.*a|b.*b)"}, true
	case c == 'Z' || c == 'G':
		return lookAround{i, i + 2, "anchor \\" + string(c), `write \z for the end of the text, $ at a line's end with (?m)`}, true
	case c == 'K':
		return lookAround{i, i + 2, "\\K", "group what counts: before(what)"}, true
	case c == 'h' || c == 'R':
		return lookAround{i, i + 2, "class \\" + string(c), `write [\t ] or \r?\n`}, true
	}
	return lookAround{}, false
}
