package rules_test

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"ttpctl/internal/engine/program"
)

// optionVariants write options as their programs also read them.
func optionVariants() []variant {
	return []variant{
		{"order of options", func(l *typed) (string, bool) { return l.each(l.reversed) }},
		{"bundles split", func(l *typed) (string, bool) { return l.each(l.split) }},
		{"bundles joined", func(l *typed) (string, bool) { return l.each(l.joined) }},
		{"long forms", func(l *typed) (string, bool) { return l.each(l.long) }},
		{"values attached", func(l *typed) (string, bool) { return l.each(l.attached) }},
		{"-- before operands", func(l *typed) (string, bool) { return l.each(l.ended) }},
	}
}

// form returns how a command's program reads its words, where that is as
// getopt does; nil elsewhere.
func (l *typed) form(words []*syntax.Word) *program.Form {
	row := l.table.Lookup(words[0].Lit())
	if row == nil || row.Grammar != program.GNU && row.Grammar != program.POSIX || row.Name == "echo" {
		return nil
	}
	return row.Form()
}

// flag returns the letters of a word that holds options without a value alone.
func flag(f *program.Form, w *syntax.Word) string {
	opt := w.Lit()
	if len(opt) < 2 || opt[0] != '-' || opt[1] == '-' {
		return ""
	}
	for _, c := range opt[1:] {
		if spec := f.Option("-" + string(c)); spec == nil || spec.Value != program.NoValue {
			return ""
		}
	}
	return opt[1:]
}

// flags returns the first run of such words, from words[first] on, and their
// letters.
func (l *typed) flags(words []*syntax.Word) (first int, letters []string) {
	f := l.form(words)
	if f == nil || len(f.Subs) > 0 {
		return 0, nil
	}
	for i, w := range words[1:] {
		switch letter := flag(f, w); {
		case letter != "":
			if letters = append(letters, letter); first == 0 {
				first = i + 1
			}
		case first > 0:
			return first, letters
		case !strings.HasPrefix(w.Lit(), "-"):
			return 0, nil
		default: // an option with a value: what follows may be that
			return 0, nil
		}
	}
	return first, letters
}

// rewritten replaces the first run of flags by what write makes of them.
func (l *typed) rewritten(words []*syntax.Word, least int, write func(letters []string) string) []edit {
	first, letters := l.flags(words)
	if first == 0 || len(strings.Join(letters, "")) < 2 || len(letters) < least {
		return nil
	}
	start, _ := bounds(words[first])
	_, end := bounds(words[first+len(letters)-1])
	if text := write(letters); text != l.text[start:end] {
		return []edit{{start, end, text}}
	}
	return nil
}

// reversed turns the options around and takes bundles apart: -sm is -m -s.
func (l *typed) reversed(words []*syntax.Word) []edit {
	return l.rewritten(words, 1, func(letters []string) string {
		each := strings.Split(strings.Join(letters, ""), "")
		slices.Reverse(each)
		return "-" + strings.Join(each, " -")
	})
}

func (l *typed) split(words []*syntax.Word) []edit {
	return l.rewritten(words, 1, func(letters []string) string {
		return "-" + strings.Join(strings.Split(strings.Join(letters, ""), ""), " -")
	})
}

func (l *typed) joined(words []*syntax.Word) []edit {
	return l.rewritten(words, 2, func(letters []string) string { return "-" + strings.Join(letters, "") })
}

// longName returns the long name of an option, "" when it has none.
func longName(spec *program.Spec) string {
	i := slices.IndexFunc(spec.Names, func(name string) bool { return strings.HasPrefix(name, "--") })
	if i < 0 {
		return ""
	}
	return spec.Names[i]
}

// option returns the option that a word of one letter is.
func option(f *program.Form, w *syntax.Word) *program.Spec {
	if opt := w.Lit(); len(opt) == 2 && opt[0] == '-' {
		return f.Option(opt)
	}
	return nil
}

// long writes options of one letter by their long names, as far as all words
// before are options and their values.
func (l *typed) long(words []*syntax.Word) []edit {
	return l.options(words, func(spec *program.Spec, w, value *syntax.Word) (edit, bool) {
		name := longName(spec)
		start, end := bounds(w)
		if spec.Value == program.NeedsValue {
			name += "="
			end, _ = bounds(value)
		}
		return edit{start, end, name}, longName(spec) != ""
	})
}

// attached writes values right behind their letters.
func (l *typed) attached(words []*syntax.Word) []edit {
	return l.options(words, func(spec *program.Spec, w, value *syntax.Word) (edit, bool) {
		_, end := bounds(w)
		if value == nil {
			return edit{}, false
		}
		start, _ := bounds(value)
		return edit{end, start, ""}, true
	})
}

// options calls write with each option of one letter and its value, up to the
// first operand.
func (l *typed) options(words []*syntax.Word, write func(spec *program.Spec, w, value *syntax.Word) (edit, bool)) []edit {
	f := l.form(words)
	var edits []edit
	for i := 1; f != nil && i < len(words); i++ {
		spec := option(f, words[i])
		if spec == nil {
			break
		}
		var value *syntax.Word
		if spec.Value == program.NeedsValue {
			if i++; i == len(words) {
				break
			}
			value = words[i]
		}
		if e, ok := write(spec, words[i-boolean(value != nil)], value); ok {
			edits = append(edits, e)
		}
	}
	return edits
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ended ends the options before the first operand, when none comes later.
func (l *typed) ended(words []*syntax.Word) []edit {
	f := l.form(words)
	if f == nil || len(f.Subs) > 0 || len(f.Operands) == 0 || l.table.Lookup(words[0].Lit()).Source == "" {
		return nil // of programs without a manual nobody knows
	}
	i := 1
	for i < len(words) && strings.HasPrefix(words[i].Lit(), "-") {
		if spec := option(f, words[i]); flag(f, words[i]) == "" && (spec == nil || spec.Value != program.NeedsValue) {
			return nil
		} else if spec != nil && spec.Value == program.NeedsValue {
			i++
		}
		i++
	}
	if i >= len(words) || slices.ContainsFunc(words[i:], func(w *syntax.Word) bool {
		start, _ := bounds(w)
		return l.text[start] == '-' || l.text[start] == '+'
	}) {
		return nil
	}
	start, _ := bounds(words[i])
	return []edit{{start, start, "-- "}}
}
