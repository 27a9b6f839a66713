package rules_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// wordVariants write the words of commands in other ways.
func wordVariants() []variant {
	name := func(title string, spell func(string) string) variant {
		return variant{title, func(l *typed) (string, bool) { return l.each(respelled(spell)) }}
	}
	return []variant{
		{"absolute path", func(l *typed) (string, bool) { return l.each(absolutePath) }},
		name("quotes in the word", func(s string) string { return s[:1] + "''" + s[1:] }),
		name("quoted word", func(s string) string { return `"` + s + `"` }),
		name("escapes", func(s string) string { return s[:1] + `\` + s[1:] }),
		name("escape before", func(s string) string { return `\` + s }),
		name("empty expansion", func(s string) string { return s[:1] + "$@" + s[1:] }),
		name("unset variable", func(s string) string { return s[:1] + "${zz}" + s[1:] }),
		name("$'..'", func(s string) string { return fmt.Sprintf(`$'\x%02x%s'`, s[0], s[1:]) }),
		name("substitution", func(s string) string { return "$(echo " + s + ")" }),
		name("backticks", func(s string) string { return "`printf " + s + "`" }),
		{"variable", func(l *typed) (string, bool) { return l.variables(false) }},
		{"variable in two", func(l *typed) (string, bool) { return l.variables(true) }},
		{"${IFS}", func(l *typed) (string, bool) { return l.each(l.blanks("${IFS}")) }},
		{"tabs", func(l *typed) (string, bool) { return l.each(l.blanks("\t")) }},
		{"line continued", func(l *typed) (string, bool) { return l.each(l.blanks(" \\\n ")) }},
		{"cd first", relative},
		{"//./", func(l *typed) (string, bool) { return l.paths(func(p string) string { return "//." + p }) }},
	}
}

// respelled writes the names of commands, builtins among them, as spell does.
func respelled(spell func(string) string) func([]*syntax.Word) []edit {
	return func(words []*syntax.Word) []edit {
		name := words[0].Lit()
		if len(name) < 2 || strings.ContainsAny(name, `/\=$[`) {
			return nil
		}
		start, end := bounds(words[0])
		return []edit{{start, end, spell(name)}}
	}
}

func absolutePath(words []*syntax.Word) []edit {
	if name := words[0].Lit(); external(name) {
		start, _ := bounds(words[0])
		return []edit{{start, start, "/usr/bin/"}}
	}
	return nil
}

// variables keeps the names of commands in variables.
func (l *typed) variables(split bool) (string, bool) {
	var before strings.Builder
	text, ok := l.each(func(words []*syntax.Word) []edit {
		name := words[0].Lit()
		if len(name) < 2 || !external(name) || strings.Contains(name, `\`) {
			return nil
		}
		start, end := bounds(words[0])
		if !split {
			fmt.Fprintf(&before, "v%d=%s; ", start, name)
			return []edit{{start, end, fmt.Sprintf("$v%d", start)}}
		}
		half := len(name) / 2
		fmt.Fprintf(&before, "v%d=%s; w%d=%s; ", start, name[:half], start, name[half:])
		return []edit{{start, end, fmt.Sprintf("$v%d${w%d}", start, start)}}
	})
	return before.String() + text, ok
}

// blanks replaces what stands between the words of a command.
func (l *typed) blanks(with string) func([]*syntax.Word) []edit {
	return func(words []*syntax.Word) []edit {
		var edits []edit
		for i := 1; i < len(words); i++ {
			_, end := bounds(words[i-1])
			start, _ := bounds(words[i])
			if strings.Trim(l.text[end:start], " ") == "" && words[0].Lit() != "[" {
				edits = append(edits, edit{end, start, with})
			}
		}
		return edits
	}
}

// plainPath is a path of a file that no pattern and no device can be.
var plainPath = regexp.MustCompile(`^/(?:etc|tmp|var|root|home|proc|usr|bin|sys|boot|opt|lib|mnt|srv|run)(?:/[\w.*-]+)*$`)

// paths rewrites the paths among the words and the targets of redirections.
func (l *typed) paths(rewrite func(string) string) (string, bool) {
	var words []*syntax.Word
	for _, c := range l.commands {
		if c[0].Lit() == "cd" || c[0].Lit() == "pushd" {
			return "", false
		}
		words = append(words, c[1:]...)
	}
	var edits []edit
	for _, w := range slices.Concat(words, l.targets) {
		if p := w.Lit(); plainPath.MatchString(p) {
			start, end := bounds(w)
			edits = append(edits, edit{start, end, rewrite(p)})
		}
	}
	return l.edited(edits)
}

// relative goes to the root first and names files from there.
func relative(l *typed) (string, bool) {
	text, ok := l.paths(func(p string) string { return p[1:] })
	return "cd /; " + text, ok
}
