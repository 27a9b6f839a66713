package web

import (
	"slices"
	"strings"
)

// Bounds of what is taken for a shell's.
const (
	maxShellTexts = 16
	maxShellText  = 8 << 10
)

// commandNames are parameters whose whole value is meant for a shell.
var commandNames = []string{"cmd", "command", "exec", "execute", "shell", "system", "cmdline", "commandline", "daemon_cmd", "telnet_cmd", "_cmd", "ccmd", "c0md", "code", "rce", "args", "arg", "payload", "run", "proc", "calc", "x", ""}

// AppendShell appends to dst what a shell would get to read if the application
// handed inputs to one: what follows ; | & or a newline in a decoded parameter,
// what stands within $( ) or backticks, and the whole of a parameter that is
// named for it. Texts are parted by newlines, their quotes made even, so that
// each stands for itself.
func (v *View) AppendShell(dst []byte) []byte {
	var seen [maxShellTexts]string
	texts := seen[:0]
	for i := range v.Inputs {
		v.shellTexts(&v.Inputs[i], func(text string) {
			if len(text) > maxShellText || len(texts) == maxShellTexts || slices.Contains(texts, text) {
				return
			}
			texts = append(texts, text)
			dst = append(append(dst, text...), '\n')
		})
	}
	return dst
}

// ShellReads reports whether a shell would get to read some of an input whose
// name is one of those that named holds on.
func (v *View) ShellReads(named func(string) bool) (reads bool) {
	for i := range v.Inputs {
		if in := &v.Inputs[i]; in.Name != "" && named(in.Name) {
			v.shellTexts(in, func(string) { reads = true })
		}
	}
	return reads
}

// shellTexts calls take with each text of an input that a shell would get to
// read.
func (v *View) shellTexts(in *Input, take func(string)) {
	whole := func(text string) {
		if text = even(strings.Trim(text, ";|&\r\n\t ")); text != "" {
			take(text)
		}
	}
	forms := v.Forms(in)
	if in.Place == Param && isCommandName(in.Name) {
		whole(forms[len(forms)-1])
		return
	}
	if len(forms) > 1 {
		forms = forms[1:] // nothing runs what is still encoded
	}
	for _, form := range forms {
		in.shell(form, whole)
	}
}

// shell calls take for what a shell would read of a form.
func (in *Input) shell(form string, take func(string)) {
	switch {
	case in.Place == Query, in.text:
		return // parameters are inputs of their own; a text is for people
	case in.Place == Header:
		// Semicolons part what most headers list. A function's definition, which a
		// shell of before 2014 would run on from (CVE-2014-6271), is no list; nor is
		// what begins with one, or a referer, which is a URL.
		if _, rest, ok := strings.Cut(form, "() {"); ok {
			take(rest[strings.IndexByte(rest, '}')+1:])
			return
		}
		if i := strings.IndexAny(form, ";|&"); i == 0 || i > 0 && strings.EqualFold(in.Name, "referer") {
			take(form[i:])
		}
		substitutions(form, take)
	case in.Place == Body:
		substitutions(form, take)
	default:
		if strings.Count(form, "\n") > maxShortLines {
			return // a text of many lines, which nobody would put into a command
		}
		if i := strings.IndexAny(form, ";|&\n"); i >= 0 {
			substitutions(form[:i], take)
			take(form[i:])
			return
		}
		substitutions(form, take)
	}
}

// substitutions calls take for the inside of each $( ) and each pair of
// backticks.
func substitutions(s string, take func(string)) {
	for s != "" {
		i := strings.IndexAny(s, "`$")
		switch {
		case i < 0:
			return
		case s[i] == '`':
			inner, rest, _ := strings.Cut(s[i+1:], "`")
			take(inner)
			s = rest
		case strings.HasPrefix(s[i:], "$(") && !strings.HasPrefix(s[i:], "$(("):
			end := closing(s[i+2:])
			take(s[i+2 : i+2+end])
			s = s[min(i+3+end, len(s)):]
		default:
			s = s[i+1:]
		}
	}
}

// closing returns where the parenthesis that was open before s is closed, or
// its length.
func closing(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return len(s)
}

// even drops the last quote of a kind that s has an odd number of: it belongs to
// what the attacker broke out of.
func even(s string) string {
	for _, quote := range [...]string{"'", `"`, "`"} {
		if strings.Count(s, quote)%2 == 1 {
			i := strings.LastIndex(s, quote)
			s = s[:i] + s[i+1:]
		}
	}
	return s
}

func isCommandName(name string) bool {
	return slices.ContainsFunc(commandNames, func(c string) bool { return strings.EqualFold(c, name) })
}
