package program

import (
	"slices"
	"strings"

	"ttpctl/internal/engine/shell"
)

// filled appends the words of a command that find -exec runs, or xargs with what find prints, with the globs of what find finds in the place of {}
// (or of xargs' own placeholder, or behind the words). It reports whether there was a find.
func (a *Analyzer) filled(sc *shell.Command) bool {
	runner := a.runner(sc)
	if runner < 0 {
		return false
	}
	finder, hole := runner, "{}"
	if a.v.Commands[runner].Name == "xargs" {
		if finder, hole = a.finder(runner), a.placeholder(runner, sc); finder < 0 {
			return false
		}
	}
	find := &a.v.Commands[finder]
	c := &a.l.Commands[a.entries[finder]]
	if find.Parent >= 0 && a.runner(find) >= 0 {
		c, _, _ = a.apart(find) // as typed, without what it is run on
	}
	a.globs = a.globs[:0]
	a.found(c, c.Options, c.Operands, a.dir(find.Scope), func(path string) { a.globs = append(a.globs, path) })
	for k, w := range sc.Args {
		a.fill(w, sc.Marks[k+1], hole)
	}
	if hole == "" {
		a.fill("", shell.Glob, "")
	}
	return true
}

// fill appends one word with the globs in place of its hole.
func (a *Analyzer) fill(w string, m shell.Mark, hole string) {
	switch {
	case w == hole:
		for _, g := range a.globs {
			a.l.words = append(a.l.words, Word{g, shell.Glob})
		}
	case hole != "" && len(a.globs) > 0 && strings.Contains(w, hole) && strings.IndexByte(w, ' ') < 0:
		before, after, _ := strings.Cut(w, hole)
		a.l.words = append(a.l.words, Word{a.join3(before, a.globs[0], after), m | shell.Glob})
	default:
		a.l.words = append(a.l.words, Word{w, m})
	}
}

// runner returns the find or xargs that runs a command, wrappers between them not counted, or -1. What the line fed to xargs is in its words already.
func (a *Analyzer) runner(sc *shell.Command) int {
	for p := sc.Parent; p >= 0; p = a.v.Commands[p].Parent {
		switch c := &a.v.Commands[p]; {
		case c.Depth != sc.Depth:
			return -1
		case c.Name == "find" || c.Name == "xargs":
			return p
		}
	}
	return -1
}

// finder returns the find that feeds command i, or -1. What stands between the two passes names on as they are.
func (a *Analyzer) finder(i int) int {
	for k := i - 1; k >= 0; k-- {
		switch c := &a.v.Commands[k]; {
		case !a.v.Feeds(k, i):
		case c.Name == "find":
			return k
		case !selects(c.Name):
			return -1
		}
	}
	return -1
}

// selects reports whether a program prints lines that it reads, and no others.
func selects(name string) bool {
	switch name {
	case "grep", "egrep", "fgrep", "zgrep", "sort", "uniq", "head", "tail", "tee", "shuf", "tac", "cat", "sudo", "xargs", "ls":
		return true
	}
	return false
}

// placeholder returns what xargs at i replaces in the words of the command inner, "" when it appends. The options of xargs stand before all words
// of the wrappers around that command.
func (a *Analyzer) placeholder(i int, inner *shell.Command) string {
	args := a.v.Commands[i].Args
	for p := inner.Parent; p != i; p = a.v.Commands[p].Parent {
		inner = &a.v.Commands[p]
	}
	args = args[:max(0, len(args)-len(inner.Args)-1)]
	if k := slices.IndexFunc(args, func(w string) bool { return strings.HasPrefix(w, "-I") || w == "-i" }); k >= 0 {
		switch w := args[k]; {
		case w == "-i":
			return "{}"
		case len(w) > 2:
			return w[2:]
		case k+1 < len(args):
			return args[k+1]
		}
	}
	return ""
}
