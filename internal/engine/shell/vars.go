package shell

import (
	"slices"
	"strings"
)

// Bounds of the variables that are followed.
const (
	maxVars  = 64
	maxValue = 4 << 10 // bytes
)

type variable struct {
	name, value string
	known       bool
}

// proc is a <(...) whose output is known.
type proc struct {
	source string
	out    stream
}

// assign follows NAME=value words; options and bare names are passed over.
func (p *Parser) assign(words []string) {
	for _, w := range words {
		if !assignment(w) {
			continue
		}
		name, value, _ := strings.Cut(w, "=")
		if base, ok := strings.CutSuffix(name, "+"); ok {
			old, known := p.get(base)
			p.set(base, old+value, known)
			continue
		}
		p.set(name, value, true)
	}
}

// set records the value of a variable; one that holds an expansion, or is long, is not known, but for the place of a program.
func (p *Parser) set(name, value string, ok bool) {
	if place := whereabouts(value); place != "" {
		value = place
	}
	v := variable{name: name, value: value, known: ok && len(value) <= maxValue && !strings.ContainsAny(value, "$`")}
	for i := range p.vars {
		if p.vars[i].name == name {
			p.vars[i] = v
			return
		}
	}
	if len(p.vars) < maxVars {
		p.vars = append(p.vars, v)
	}
}

// mentioned reports whether the line gives the variable some value, known or not.
func (p *Parser) mentioned(name string) bool {
	return slices.ContainsFunc(p.vars, func(v variable) bool { return v.name == name })
}

func (p *Parser) get(name string) (string, bool) {
	for i := range p.vars {
		if p.vars[i].name == name {
			return p.vars[i].value, p.vars[i].known
		}
	}
	return "", false
}

// whereabouts returns where a program is taken to lie that a substitution asks for, `$(which gpg)` or `$(command -v python3 || ...)`, else "": what is
// run through the variable is that program.
func whereabouts(value string) string {
	text, ok := strings.CutPrefix(value, "$(")
	if !ok {
		text, ok = strings.CutPrefix(value, "`")
	}
	if !ok {
		return ""
	}
	words := strings.Fields(strings.TrimRight(text, ")`"))
	for _, asks := range [...]string{"which", "command -v", "type -p", "type -P"} {
		n := 1 + strings.Count(asks, " ")
		if len(words) > n && strings.Join(words[:n], " ") == asks && plainName(words[n]) {
			return "/usr/bin/" + words[n]
		}
	}
	return ""
}

// plainName reports whether a word is letters, digits, dots, signs and underscores.
func plainName(word string) bool {
	return !strings.HasPrefix(word, "-") && !strings.ContainsFunc(word, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune("._+-", r)
	})
}
