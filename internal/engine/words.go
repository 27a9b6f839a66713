package engine

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"ttpctl/internal/engine/glob"
	"ttpctl/internal/engine/prefilter"
)

// A wordTest is what a rule asks of a word of a command line or of a member of
// an effect: that one of its globs or patterns holds. Path globs and name
// globs differ in what a star crosses; a test has one sort.
type wordTest struct {
	paths    []*glob.Path
	set      *glob.Set // of paths
	names    []*glob.Name
	patterns []operator
	kept     bool // to, from: any file, not the standard streams
	asked    []string
	sketch   wordSketch
}

// holds reports whether the word passes; typed says that it was written with
// unquoted wildcards.
func (t *wordTest) holds(word string, typed bool) bool {
	if t.set != nil && t.set.Match(word, typed) {
		return true
	}
	for _, n := range t.names {
		if n.Match(word) {
			return true
		}
	}
	for i := range t.patterns {
		if t.patterns[i].mayFind(word) && t.patterns[i].holds(word) {
			return true
		}
	}
	return t.kept && word != "" && word != "-"
}

// literals returns what a word that passes must contain; zero = unknown. Of a
// glob no more than its longest run of plain text is sure to stand there, and
// not even that of one path, which a word with wildcards may mean.
func (t *wordTest) literals() prefilter.Set {
	var sets []prefilter.Set
	for _, p := range t.paths {
		if p.Single() {
			return prefilter.Set{}
		}
		sets = append(sets, prefilter.Literal(longestPlain(p.String())))
	}
	for _, n := range t.names {
		sets = append(sets, prefilter.Literal(longestPlain(n.String())))
	}
	for i := range t.patterns {
		sets = append(sets, t.patterns[i].need)
	}
	for _, s := range sets {
		if s.IsZero() || t.kept {
			return prefilter.Set{}
		}
	}
	return prefilter.Union(sets...)
}

// longestPlain returns the longest run of text without wildcards. The home
// sign may be written otherwise, so that nothing before a slash counts there.
func longestPlain(pattern string) string {
	best, start := "", 0
	for i := 0; i <= len(pattern); i++ {
		if i < len(pattern) && pattern[i] != '*' && pattern[i] != '?' && pattern[i] != '~' {
			continue
		}
		// D/** is D too.
		if run := strings.TrimSuffix(pattern[start:i], "/"); len(run) > len(best) {
			best = run
		}
		start = i + 1
	}
	return best
}

// wordSort says which globs a wordTest has.
type wordSort uint8

const (
	pathWords wordSort = iota // path globs: a star stays within a component
	nameWords                 // name globs
	fileWords                 // path globs, and the words file and -
)

// words reads what a rule asks of a word: a glob, a list of globs, or
// {pattern: RE2}. ok is false when something is wrong with it.
func (b *matchBuilder) words(key string, n *Node, sort wordSort) (t *wordTest, ok bool) {
	t = &wordTest{}
	if n.Kind == Mapping {
		return t, b.wordPattern(key, n, t)
	}
	items := []*Node{n}
	if n.Kind == Sequence {
		items = n.Items
	}
	if len(items) == 0 {
		b.errorf(CodeGlobNone, n, "%s is an empty list: nothing is in it", key)
		return t, false
	}
	ok = true
	for _, item := range items {
		ok = b.word(key, item, sort, t) && ok
	}
	if len(t.paths) > 0 {
		t.set = glob.NewSet(t.paths)
	}
	return t, ok
}

func (b *matchBuilder) word(key string, n *Node, sort wordSort, t *wordTest) bool {
	if n.Kind != Scalar || n.Tag == "!!null" {
		b.errorf(CodeType, n, "%s wants a glob, a list of globs or {pattern: RE2}, got %s", key, n.describe())
		return false
	}
	t.asked = append(t.asked, n.Value)
	switch {
	case sort == fileWords && n.Value == "file":
		t.kept = true
		return true
	case sort == nameWords:
		name, err := glob.ParseName(n.Value)
		if err != nil {
			b.globError(key, n, err)
			return false
		}
		t.names = append(t.names, name)
		return true
	}
	path, err := glob.ParsePath(n.Value)
	if err != nil {
		b.globError(key, n, err)
		return false
	}
	t.paths = append(t.paths, path)
	return true
}

func (b *matchBuilder) globError(key string, n *Node, err error) {
	code := CodeGlobNone
	if errors.Is(err, glob.ErrEverything) {
		code = CodeGlobAll
	}
	d := NewDiagnostic(code, n.Span, "%s %s: %s", key, strconv.Quote(short(n.Value)), err)
	if errors.Is(err, glob.ErrHome) {
		d = d.WithHelp("write %s", short(homeOf(n.Value)))
	}
	b.report(d)
}

func (b *matchBuilder) wordPattern(key string, n *Node, t *wordTest) bool {
	if len(n.Keys) != 1 || n.Keys[0].Value != "pattern" {
		b.errorf(CodeMember, n, "%s wants a glob, a list of globs or {pattern: RE2}", key)
		return false
	}
	t.patterns = slices.Clone(b.patternList(n.Items[0]))
	for i := range t.patterns {
		if op := &t.patterns[i]; op.glance == nil {
			op.glance = glanceOf(op.pattern)
		}
	}
	b.spendOn(n.Items[0], derivedWeight)
	for _, p := range operands(n.Items[0]) {
		t.asked = append(t.asked, "pattern "+p)
	}
	return len(t.patterns) == len(operands(n.Items[0]))
}

// homeOf spells a path below /root or /home/NAME as effects do.
func homeOf(path string) string {
	rest := strings.TrimPrefix(strings.TrimPrefix(path, "/root"), "/home/")
	if strings.HasPrefix(path, "/home/") {
		_, rest, _ = strings.Cut(rest, "/")
		rest = "/" + rest
	}
	return strings.TrimSuffix("~"+rest, "/")
}
