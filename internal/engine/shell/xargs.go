package shell

import "strings"

// built adds the command that xargs at outer builds of its own words from args[from:] and of those that it reads, and returns its place and words.
// All that is read goes into one command.
func (p *Parser) built(outer int, args []string, from int, in stream) (int, []string) {
	idx := p.reserve(true)
	if idx < 0 {
		return idx, nil
	}
	o, cmd := &p.v.Commands[outer], &p.v.Commands[idx]
	marks := o.Marks[from:]
	cmd.Parent, cmd.Via, cmd.Depth = outer, o.Name, o.Depth
	read := p.charge(p.text(in)).body
	start := len(p.v.words)
	if hole := placeholder(args[1:from]); hole != "" {
		for i, w := range args[from:] {
			p.v.addWord(p.filled(w, hole, strings.TrimRight(read, "\n")), marks[i])
		}
	} else {
		p.v.words, p.v.marks = append(p.v.words, args[from:]...), append(p.v.marks, marks...)
		for w := range strings.FieldsSeq(read) {
			p.v.addWord(w, Quoted)
		}
	}
	words, marks := p.v.words[start:len(p.v.words):len(p.v.words)], p.v.marks[start:]
	return p.command(idx, words, marks, 0, ""), words
}

// filled returns w with text in the place of each hole, as far as the budget for computed texts goes.
func (p *Parser) filled(w, hole, text string) string {
	n := strings.Count(w, hole)
	if n == 0 {
		return w
	}
	if !p.affords(n * len(text)) {
		return w
	}
	return strings.ReplaceAll(w, hole, text)
}

// placeholder returns what xargs replaces, by its options.
func placeholder(options []string) string {
	for i, o := range options {
		switch {
		case o == "-I" && i+1 < len(options):
			return options[i+1]
		case strings.HasPrefix(o, "-I"):
			return o[len("-I"):]
		case o == "-i":
			return "{}"
		}
	}
	return ""
}
