package shell

import (
	"slices"
	"strings"
)

// maxAliases bounds the aliases that are followed.
const maxAliases = 32

// alias follows NAME=text words. A prompt expands an alias from the next line on; what a line defines and uses on one physical line is followed too, for
// scripts are pasted.
func (p *Parser) alias(words []string) {
	for _, w := range words {
		name, text, ok := strings.Cut(w, "=")
		if !ok || name == "" || strings.HasPrefix(name, "-") {
			continue
		}
		if i := p.aliased(name); i >= 0 {
			p.aliases[i].value = text
		} else if len(p.aliases) < maxAliases {
			p.aliases = append(p.aliases, variable{name: name, value: text})
		}
	}
}

// aliased returns the index of an alias, or -1.
func (p *Parser) aliased(name string) int {
	return slices.IndexFunc(p.aliases, func(v variable) bool { return v.name == name })
}

// expand runs the text of the alias that the command at idx names. Within it the name is itself: `alias ls='ls -l'`.
func (p *Parser) expand(i, idx int, args []string, in stream) stream {
	a := &p.aliases[i]
	name, text := a.name, a.value
	a.name = ""
	p.v.Commands[idx].Alias = true
	if len(args) > 1 {
		text = text + " " + p.out.Join(args[1:])
	}
	out := p.subHere(text, idx, name, in)
	p.aliases[i].name = name
	return out
}

// list is the words of an array, or of the positional parameters.
type list struct {
	name  string
	words []string
}

// maxLists and maxWords bound the arrays that are followed.
const (
	maxLists = 16
	maxWords = 256
)

// setList records an array; "@" holds the positional parameters.
func (p *Parser) setList(name string, words []string) {
	if len(words) > maxWords {
		words = words[:maxWords]
	}
	for i := range p.lists {
		if p.lists[i].name == name {
			p.lists[i].words = words
			return
		}
	}
	if len(p.lists) < maxLists {
		p.lists = append(p.lists, list{name, words})
	}
}

// listed returns the words of an array.
func (p *Parser) listed(name string) ([]string, bool) {
	for i := range p.lists {
		if p.lists[i].name == name {
			return p.lists[i].words, true
		}
	}
	return nil, false
}

// listItem returns what an expansion of a list yields: all words for @ and *, one by its number. The first element is 0, the first positional
// parameter 1.
func (p *Parser) listItem(name, index string) (words []string, ok bool) {
	all, ok := p.listed(name)
	switch {
	case !ok:
		return nil, false
	case index == "@" || index == "*":
		return all, true
	}
	if len(index) != 1 || !digits(index) {
		return nil, false
	}
	i := int(index[0] - '0')
	if name == "@" {
		i--
	}
	if i < 0 || i >= len(all) {
		return nil, name == "@"
	}
	return all[i : i+1], true
}

// set follows `set -- words`, and `set words` without options.
func (p *Parser) setParams(args []string) {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	} else if len(args) == 0 || args[0] == "" || args[0][0] == '-' || args[0][0] == '+' {
		return
	}
	p.setList("@", slices.Clone(args))
}
