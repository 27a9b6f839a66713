package main

import (
	"slices"
	"strings"
)

// arity says whether an option takes a value.
type arity byte

const (
	none     arity = iota
	optional       // attached only: --color[=WHEN], -i[SUFFIX]
	required
)

// An option is one fact: what a manual says of one option.
type option struct {
	names []string // with their dashes
	arity arity
	value string // the placeholder, in capitals: FILE
}

// readOptions returns the options that the lines describe, each once: the first description of an option is the one that introduces it.
func readOptions(lines []line) []option {
	var all, above []option // above: of the line before, where it held nothing else
	skip := false
	for i, l := range lines {
		if heading(l) {
			skip = skipped(l.text)
		}
		if skip || i > 0 && l.continues(lines[i-1]) {
			above = nil
			continue
		}
		found, alone := readTag(l)
		if len(found) == 1 && len(above) > 0 && l.indent() == lines[i-1].indent() && above[len(above)-1].same(found[0]) {
			all = extend(all, above[len(above)-1].names[0], found[0])
		}
		all = merge(all, found)
		above = nil
		if alone {
			above = found
		}
	}
	return all
}

// indent is the number of blanks before the text.
func (l line) indent() int { return len(l.text) - len(strings.TrimLeft(l.text, " ")) }

// continues reports whether l goes on with the sentence of the line before, so that a dash at its beginning introduces nothing.
func (l line) continues(before line) bool {
	at := before.indent()
	return at < len(before.text) && at == l.indent() && at > 0 && before.text[at] != '-' && before.text[at] != '+'
}

// same reports whether two tags below one another may be names of one option.
func (o option) same(p option) bool {
	return o.arity == p.arity && o.value == p.value && strings.HasPrefix(o.names[0], "--") != strings.HasPrefix(p.names[0], "--")
}

// extend gives the option that has the name first another one, if o's is new.
func extend(all []option, first string, o option) []option {
	for _, a := range all {
		if slices.Contains(a.names, o.names[0]) {
			return all
		}
	}
	for i := range all {
		if slices.Contains(all[i].names, first) {
			all[i].names = append(all[i].names, o.names[0])
		}
	}
	return all
}

// heading reports whether a line opens a section.
func heading(l line) bool {
	return l.text != "" && l.text[0] != ' ' && l.text[0] != '-'
}

// skipped are the sections whose dashes are no descriptions of options.
func skipped(title string) bool {
	for _, s := range []string{"SYNOPSIS", "EXAMPLE", "SEE ALSO", "BUGS", "NOTES", "HISTORY", "AUTHOR"} {
		if strings.HasPrefix(strings.ToUpper(title), s) {
			return true
		}
	}
	return false
}

// tag is a reader of the part of a line that names options: `-o file, --output=file`.
type tag struct {
	line
	at  int
	all []option // with one name each
}

// readTag returns the options that a line introduces, none when it does not begin with one; alone says that it holds nothing else.
func readTag(l line) (found []option, alone bool) {
	t := tag{line: l, at: l.indent()}
	if t.at == 0 && !allPlain(l) {
		return nil, false
	}
	for t.option() && t.separator() {
	}
	return group(t.all), strings.TrimSpace(t.text[t.at:]) == ""
}

// group joins the names of one tag. `-o, --output=FILE` and `--output=FILE, -o` say of both that they take a value; `-F, --classify[=WHEN]` says that -F takes
// none, and so does `-c, -C NUM` of -c.
func group(names []option) []option {
	var all []option
	for _, o := range names {
		if v, ok := shared(o, names); ok {
			o.arity, o.value = required, v
		}
		if n := len(all); n > 0 && all[n-1].arity == o.arity {
			all[n-1].names = append(all[n-1].names, o.names[0])
			continue
		}
		all = append(all, o)
	}
	return all
}

// shared returns the value of another name in the tag that o, which has none beside it, takes too.
func shared(o option, names []option) (string, bool) {
	for _, v := range names {
		a, b := o.names[0], v.names[0]
		switch {
		case v.arity != required || o.arity != none:
		case strings.HasPrefix(a, "--"), strings.HasPrefix(b, "--"), (len(a) == 2) != (len(b) == 2):
			return v.value, true
		case len(a) > 2 && len(names) == 2 && !strings.HasPrefix(a, "-no"):
			return v.value, true
		}
	}
	return "", false
}

func allPlain(l line) bool {
	for _, f := range l.fonts {
		if f != plain {
			return false
		}
	}
	return true
}

// option reads one option and its value.
func (t *tag) option() bool {
	start := t.at
	for t.at < len(t.text) && t.at-start < 2 && t.text[t.at] == '-' {
		t.at++
	}
	if t.at == start {
		return false
	}
	word := t.at
	for t.at < len(t.text) && nameByte(t.text[t.at], t.at == word) {
		if t.at > word && t.fonts[t.at] == italic && t.fonts[word] != italic {
			break // -Ifile, where only -I is bold
		}
		t.at++
	}
	if t.at == word {
		return false
	}
	o := option{names: []string{strings.TrimRight(t.text[start:t.at], ".:")}}
	o.arity, o.value = t.value()
	if strings.HasPrefix(o.value, "TRUE") || strings.HasPrefix(o.value, "FALSE") {
		o.arity, o.value = none, "" // a switch, which may be spelled out
	}
	t.all = append(t.all, o)
	return true
}

func nameByte(c byte, first bool) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	case first:
		return strings.IndexByte("?@#%:.+!$", c) >= 0
	}
	return strings.IndexByte("-_.:+", c) >= 0
}

// value reads what follows the name of an option.
func (t *tag) value() (arity, string) {
	rest := t.text[t.at:]
	switch {
	case rest == "":
		return none, ""
	case strings.HasPrefix(rest, "[no-]"):
		t.at += 5
		return none, ""
	case strings.HasPrefix(rest, "[="), strings.HasPrefix(rest, "[ ="):
		return optional, t.word(2)
	case rest[0] == '=':
		return required, t.word(1)
	case strings.HasPrefix(rest, " = ") && len(rest) > 3:
		return required, t.word(3)
	case strings.HasPrefix(rest, " [ = ") && len(rest) > 5:
		return optional, t.word(5)
	case rest[0] == '[' && len(rest) > 1 && rest[1] != '-':
		return bracketed(rest), t.word(1)
	case t.fonts[t.at] == italic && t.at > 0:
		return required, t.word(0)
	case rest[0] == '<' || rest[0] == '{':
		return required, t.word(0)
	case rest[0] != ' ' || len(rest) < 2:
		return none, ""
	case strings.HasPrefix(strings.TrimLeft(rest, " "), "<"):
		return required, t.word(len(rest) - len(strings.TrimLeft(rest, " ")))
	}
	return t.nextWord()
}

// nextWord reads a value that is a word of its own, one blank away.
func (t *tag) nextWord() (arity, string) {
	c, f := t.text[t.at+1], t.fonts[t.at+1]
	switch {
	case c == ' ', c == '-', c == '(', c == '|':
		return none, ""
	case c == '[' && t.at+2 < len(t.text) && t.text[t.at+2] != '-':
		return bracketed(t.text[t.at+1:]), t.word(2)
	case c == '[':
		return none, ""
	case f == italic, c == '<', c == '{', c == '"':
		return required, t.word(1)
	case t.upperWord(), t.lastWord():
		return required, t.word(1)
	}
	return none, ""
}

// bracketed tells `[file]` from `[host:]port`, of which only a part may be left out.
func bracketed(s string) arity {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '[':
			depth++
		case ']':
			depth--
		}
		if depth == 0 {
			if i+1 < len(s) && s[i+1] != ' ' && s[i+1] != ',' {
				return required
			}
			break
		}
	}
	return optional
}

// upperWord reports whether the next word is a placeholder in capitals.
func (t *tag) upperWord() bool {
	w := t.peek()
	return len(w) > 0 && strings.ToUpper(w) == w && strings.ContainsAny(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") && (len(w) > 1 || !t.proseAfter(w))
}

// lastWord reports whether the next word ends the tag: a comma, two blanks or the line's end come after it.
func (t *tag) lastWord() bool {
	w := t.peek()
	if w == "" || w == "or" || w == "and" || strings.HasSuffix(w, ".") {
		return false
	}
	after := t.text[t.at+1+len(w):]
	return after == "" || strings.HasPrefix(after, "  ") || strings.HasPrefix(after, ", -") || strings.HasPrefix(after, " (")
}

// proseAfter reports whether a sentence goes on behind w: `-a A file is ...`.
func (t *tag) proseAfter(w string) bool {
	after := t.text[t.at+1+len(w):]
	return len(after) > 1 && after[0] == ' ' && after[1] >= 'a' && after[1] <= 'z'
}

func (t *tag) peek() string {
	word, _, _ := strings.Cut(t.text[t.at+1:], " ")
	word, _, _ = strings.Cut(word, ",-")
	return strings.TrimSuffix(word, ",")
}

// word takes a placeholder that begins skip bytes on.
func (t *tag) word(skip int) string {
	t.at += skip
	start := t.at
	for t.at < len(t.text) {
		c := t.text[t.at]
		if c == ' ' || c == ',' && !strings.HasPrefix(t.text[t.at:], ",...") && t.wordEnds() {
			break
		}
		t.at++
	}
	return placeholder(t.text[start:t.at])
}

// wordEnds reports whether the comma at t.at stands before another option, not inside a placeholder.
func (t *tag) wordEnds() bool {
	rest := strings.TrimLeft(t.text[t.at+1:], " ")
	return rest == "" || rest[0] == '-' || t.text[t.at+1] == ' '
}

// placeholder is a value's name in one form: FILE for `<file>`, `"file"]` and `file...`.
func placeholder(s string) string {
	s = strings.ToUpper(strings.Trim(s, "[]<>{}\"'`=.,;:"))
	s = strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_|:/@", r) {
			return r
		}
		return -1
	}, s)
	if len(s) > 16 {
		s = s[:16]
	}
	if s == "" {
		return "VALUE"
	}
	return s
}

// separator steps over what stands between two names of one option.
func (t *tag) separator() bool {
	for _, sep := range []string{", ", " , ", " | ", "|", " or ", ",", " / ", "/", "; ", " "} {
		if rest, ok := strings.CutPrefix(t.text[t.at:], sep); ok && strings.HasPrefix(rest, "-") {
			t.at += len(sep)
			return true
		}
	}
	return false
}
