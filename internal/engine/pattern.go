package engine

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of patterns: the text of one, and the size of one's program and of
// all programs of a file, in units of about a byte. A program of a rule pack
// takes some 10 KB, \pL alone 5 KB. Building takes 1 s for some 10 MB.
const (
	maxPatternBytes = 8 << 10
	maxProgramSize  = 512 << 10
	maxFilePrograms = 8 << 20

	instructionSize = 40
)

// A patternBudget adds up the sizes of the programs of one file. Only the
// goroutine that compiles the rule uses it.
type patternBudget struct{ spent int }

// take reports whether a program of that size still fits.
func (b *patternBudget) take(size int) bool {
	if b == nil {
		return size <= maxProgramSize
	}
	if size > maxProgramSize || size > maxFilePrograms-b.spent {
		return false
	}
	b.spent += size
	return true
}

// compilePattern compiles a pattern, searched as RE2 searches, and returns its
// syntax tree beside it. Both are nil when an error is among the diagnostics.
func compilePattern(n *Node) (*regexp.Regexp, *syntax.Regexp, Diagnostics) {
	tree, diags := parsePattern(n)
	if tree == nil {
		return nil, nil, diags
	}
	re, err := regexp.Compile(n.Value)
	if err != nil {
		return nil, nil, Diagnostics{patternError(n, err)}
	}
	if re.MatchString("") {
		return nil, nil, Diagnostics{NewDiagnostic(CodeMatchesEmpty, n.Span,
			"the pattern matches the empty string, and so every text").
			WithHelp("ask for at least one character")}
	}
	return re, tree, nil
}

// parsePattern returns the syntax tree of a pattern, nil when it is malformed or
// too large.
func parsePattern(n *Node) (*syntax.Regexp, Diagnostics) {
	if !n.isText() {
		d := NewDiagnostic(CodeType, n.Span, "pattern wants a string, got %s", n.describe())
		if n.Kind == Scalar {
			d = d.WithHelp("put it in single quotes")
		}
		return nil, Diagnostics{d}
	}
	if len(n.Value) > maxPatternBytes {
		return nil, Diagnostics{NewDiagnostic(CodePatternSize, n.Span,
			"the pattern has %d bytes, more than %d", len(n.Value), maxPatternBytes).
			WithHelp("for long lists of words use in_set or contains")}
	}
	tree, err := syntax.Parse(n.Value, syntax.Perl)
	if err != nil {
		return nil, Diagnostics{patternError(n, err)}
	}
	if !n.budget.take(programSize(tree)) {
		return nil, Diagnostics{tooLarge(n)}
	}
	return tree, nil
}

// programSize estimates the size of re's program without building it: for
// some patterns building takes a second only to find that they are too large.
func programSize(re *syntax.Regexp) int {
	const char, ceiling = 4, 1 << 32
	size := instructionSize
	for _, sub := range re.Sub {
		size += programSize(sub)
	}
	switch re.Op {
	case syntax.OpLiteral:
		size = instructionSize * len(re.Rune)
	case syntax.OpCharClass:
		size += char * len(re.Rune)
	case syntax.OpRepeat:
		size *= max(re.Min+1, re.Max)
	}
	return min(size, ceiling)
}

func tooLarge(n *Node) Diagnostic {
	return NewDiagnostic(CodePatternSize, n.Span, "the pattern is too large when compiled, or all patterns of the file together are").
		WithHelp("lower the repetition counts")
}

// patternError turns an error of regexp/syntax into a diagnostic that points
// to the offending part of the pattern.
func patternError(n *Node, err error) Diagnostic {
	var se *syntax.Error
	if !errors.As(err, &se) {
		return NewDiagnostic(CodePattern, n.Span, "bad pattern: %s", err)
	}
	if se.Code == syntax.ErrLarge || se.Code == syntax.ErrNestingDepth || nestedRepeat(se) {
		return tooLarge(n)
	}
	if l, ok := findLookAround(n.Value); ok {
		return NewDiagnostic(CodeLookAround, n.valueSpan(l.start, l.end), "RE2 has no %s", l.what).
			WithLabel("%s", l.what).WithHelp("%s", l.instead)
	}
	start, end := errorRange(n.Value, se)
	return NewDiagnostic(CodePattern, n.valueSpan(start, end), "bad pattern: %s", patternProblem(se)).
		WithLabel("%s", patternLabel(se))
}

// nestedRepeat reports whether se complains of repetitions within repetitions,
// which together exceed the 1000 that a single one may have.
func nestedRepeat(se *syntax.Error) bool {
	if se.Code != syntax.ErrInvalidRepeatSize {
		return false
	}
	for number := range strings.FieldsFuncSeq(se.Expr, func(r rune) bool { return r < '0' || r > '9' }) {
		if n, err := strconv.Atoi(number); err != nil || n > 1000 {
			return false
		}
	}
	return true
}

// errorRange returns the bytes of pattern that se complains of: Expr is cut
// out of the pattern, except where it is the whole.
func errorRange(pattern string, se *syntax.Error) (start, end int) {
	switch se.Code {
	case syntax.ErrMissingParen:
		if i := unclosedParen(pattern); i >= 0 {
			return i, i + 1
		}
	case syntax.ErrUnexpectedParen:
		if i := unopenedParen(pattern); i >= 0 {
			return i, i + 1
		}
	case syntax.ErrTrailingBackslash:
		return len(pattern) - 1, len(pattern)
	case syntax.ErrInvalidUTF8:
		return invalidByte(pattern)
	}
	i := strings.Index(pattern, se.Expr)
	if i < 0 || se.Expr == "" {
		return 0, len(pattern)
	}
	return i, i + len(se.Expr)
}

func invalidByte(s string) (start, end int) {
	for i, r := range s {
		if r == utf8.RuneError {
			return i, i + 1
		}
	}
	return 0, len(s)
}

func patternProblem(se *syntax.Error) string {
	switch se.Code {
	case syntax.ErrMissingParen:
		return "a parenthesis is not closed"
	case syntax.ErrUnexpectedParen:
		return "a closing parenthesis that nothing opened"
	case syntax.ErrTrailingBackslash:
		return "it ends in a backslash"
	case syntax.ErrMissingRepeatArgument:
		return fmt.Sprintf("%s has nothing to repeat", se.Expr)
	}
	return fmt.Sprintf("%s: %s", se.Code, se.Expr)
}

func patternLabel(se *syntax.Error) string {
	switch se.Code {
	case syntax.ErrMissingParen:
		return "opened here"
	case syntax.ErrMissingRepeatArgument:
		return "write \\" + se.Expr[:1] + " for the character itself"
	case syntax.ErrMissingBracket:
		return "this class is not closed; write \\[ for the character itself"
	case syntax.ErrInvalidRepeatSize:
		return "at most 1000 repetitions"
	}
	return ""
}

// unclosedParen returns the last ( that no ) closes, or -1.
func unclosedParen(pattern string) int {
	var open []int
	scanPattern(pattern, func(i int) bool {
		switch pattern[i] {
		case '(':
			open = append(open, i)
		case ')':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
		return true
	})
	if len(open) == 0 {
		return -1
	}
	return open[len(open)-1]
}

// unopenedParen returns the first ) that closes nothing, or -1.
func unopenedParen(pattern string) int {
	depth, found := 0, -1
	scanPattern(pattern, func(i int) bool {
		switch pattern[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				found = i
				return false
			}
		}
		return true
	})
	return found
}

// scanPattern calls visit with the index of each byte of pattern that is
// neither in a class nor in \Q...\E; of an escape, the index of the backslash
// only. It stops when visit returns false.
func scanPattern(pattern string, visit func(i int) bool) {
	for i := 0; i < len(pattern); {
		next := i + 1
		switch {
		case strings.HasPrefix(pattern[i:], `\Q`):
			next = len(pattern)
			if end := strings.Index(pattern[i:], `\E`); end >= 0 {
				next = i + end + 2
			}
			i = next
			continue
		case pattern[i] == '\\':
			next = i + 2
		case pattern[i] == '[':
			next = classEnd(pattern, i)
		}
		if !visit(i) {
			return
		}
		i = next
	}
}

// classEnd returns the index behind the character class that begins at i. A ]
// that comes first, or first behind ^, is a member.
func classEnd(pattern string, i int) int {
	i++
	if i < len(pattern) && pattern[i] == '^' {
		i++
	}
	if i < len(pattern) && pattern[i] == ']' {
		i++
	}
	for i < len(pattern) {
		switch {
		case pattern[i] == ']':
			return i + 1
		case pattern[i] == '\\':
			i++
		case strings.HasPrefix(pattern[i:], "[:"):
			if end := strings.Index(pattern[i:], ":]"); end >= 0 {
				i += end + 1
			}
		}
		i++
	}
	return len(pattern)
}
