package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// mode tells parts what holds around them.
type mode struct {
	base    int  // where the field began in Parser.buf
	quoted  bool // inside double quotes or an assignment: nothing splits
	command bool // the first word of a command
	alone   bool // the word is one part
	doc     bool // double quotes or a here-document: most backslashes stand for themselves
}

// word pushes the fields of w.
func (p *Parser) word(w *syntax.Word, command bool) {
	if p.braces(w, command) || p.alternatives(w, command) {
		return
	}
	m := mode{base: len(p.buf), command: command, alone: len(w.Parts) == 1}
	p.mark = 0
	quoted := p.parts(w.Parts, m)
	p.field(m.base, quoted)
}

// single returns w as one field.
func (p *Parser) single(w *syntax.Word) field {
	base := len(p.buf)
	p.mark = 0
	p.parts(w.Parts, mode{base: base, quoted: true})
	f := field{p.out.Bytes(p.buf[base:]), p.mark}
	p.buf = p.buf[:base]
	return f
}

// heredoc returns the body of a here-document as the command reads it.
func (p *Parser) heredoc(r *syntax.Redirect) string {
	base := len(p.buf)
	if literal(r.Word) {
		p.parts(r.Hdoc.Parts, mode{quoted: true, doc: true})
	} else {
		for _, part := range r.Hdoc.Parts {
			if l, ok := part.(*syntax.Lit); ok {
				p.buf = append(p.buf, l.Value...)
			}
		}
	}
	body := string(p.buf[base:])
	p.buf = p.buf[:base]
	if r.Op == syntax.DashHdoc {
		body = strings.ReplaceAll(strings.TrimLeft(body, "\t"), "\n\t", "\n")
	}
	return body
}

// literal reports whether a here-document's delimiter is unquoted, so that its body is expanded.
func literal(w *syntax.Word) bool {
	return w.Lit() != "" && !strings.Contains(w.Lit(), `\`)
}

// field pushes what was built since base; nothing unless there is something, or it was quoted.
func (p *Parser) field(base int, quoted bool) {
	if quoted || len(p.buf) > base {
		p.push(base)
	}
	p.buf, p.mark = p.buf[:base], 0
}

// push pushes what was built since base.
func (p *Parser) push(base int) {
	p.fields = append(p.fields, field{p.out.Bytes(p.buf[base:]), p.mark})
	p.buf = p.buf[:base]
}

// braces pushes the words of `{a,b}` when that is the whole word: a way to write a command without blanks.
func (p *Parser) braces(w *syntax.Word, command bool) bool {
	first, ok := w.Parts[0].(*syntax.Lit)
	if !ok || !strings.HasPrefix(first.Value, "{") {
		return false
	}
	last, ok := w.Parts[len(w.Parts)-1].(*syntax.Lit)
	if !ok || !strings.HasSuffix(last.Value, "}") {
		return false
	}
	split := *w
	if !syntax.SplitBraces(&split) {
		return false
	}
	exp, ok := split.Parts[0].(*syntax.BraceExp)
	if !ok || exp.Sequence || len(split.Parts) > 2 || len(split.Parts) == 2 && !emptyLit(split.Parts[1]) {
		return false
	}
	for i, e := range exp.Elems {
		if len(e.Parts) > 0 {
			p.element(e, command && i == 0)
		}
	}
	return true
}

// maxAlternatives is how many words a brace expansion may yield; one that yields more stays as it is.
const maxAlternatives = 16

// alternatives pushes the words of a brace expansion within a word: /var/log/{wtmp,btmp}. Ranges stay as they are.
func (p *Parser) alternatives(w *syntax.Word, command bool) bool {
	if !slices.ContainsFunc(w.Parts, func(part syntax.WordPart) bool {
		l, ok := part.(*syntax.Lit)
		return ok && strings.Contains(l.Value, "{") && strings.Contains(l.Value, ",")
	}) {
		return false
	}
	split := *w
	split.Parts = slices.Clone(w.Parts)
	if !syntax.SplitBraces(&split) {
		return false
	}
	words := [][]syntax.WordPart{nil}
	for _, part := range split.Parts {
		if words = multiplied(words, part); words == nil {
			return false
		}
	}
	for i, parts := range words {
		m := mode{base: len(p.buf), command: command && i == 0, alone: len(parts) == 1}
		p.mark = 0
		p.field(m.base, p.parts(parts, m))
	}
	return true
}

// multiplied appends to each of words the part, or each of its alternatives; nil when there would be too many, or a range among them.
func multiplied(words [][]syntax.WordPart, part syntax.WordPart) [][]syntax.WordPart {
	exp, ok := part.(*syntax.BraceExp)
	if !ok {
		for i := range words {
			words[i] = append(words[i], part)
		}
		return words
	}
	if exp.Sequence || len(words)*len(exp.Elems) > maxAlternatives {
		return nil
	}
	var all [][]syntax.WordPart
	for _, before := range words {
		for _, e := range exp.Elems {
			for _, p := range e.Parts {
				if _, nested := p.(*syntax.BraceExp); nested {
					return nil
				}
			}
			all = append(all, append(slices.Clone(before), e.Parts...))
		}
	}
	return all
}

// emptyLit reports whether a part is the empty rest that splitting leaves behind.
func emptyLit(part syntax.WordPart) bool {
	l, ok := part.(*syntax.Lit)
	return ok && l.Value == ""
}

// element pushes the fields of one element of a brace expansion, in which a nested one stays as it is.
func (p *Parser) element(w *syntax.Word, command bool) {
	m := mode{base: len(p.buf), command: command}
	p.mark = 0
	p.field(m.base, p.parts(w.Parts, m))
}

// parts appends parts to the field under construction and pushes those that a blank ended; quoted says that there were quotes.
func (p *Parser) parts(list []syntax.WordPart, m mode) (quoted bool) {
	afterIFS := false
	for i, part := range list {
		ifs := false
		switch x := part.(type) {
		case *syntax.Lit:
			p.lit(x.Value, m)
		case *syntax.SglQuoted:
			quoted = true
			p.quote(m)
			if x.Dollar {
				p.buf, _ = unescape(p.buf, x.Value, false)
			} else {
				p.buf = append(p.buf, x.Value...)
			}
		case *syntax.DblQuoted:
			quoted = true
			p.quote(m)
			p.parts(x.Parts, mode{base: m.base, quoted: true, doc: true, command: m.command, alone: m.alone && len(x.Parts) == 1})
		case *syntax.ParamExp:
			if p.nothing(x, m, afterIFS, inWord(list, i)) {
				continue
			}
			ifs = p.param(x, m)
		case *syntax.CmdSubst:
			p.output(x, m)
		case *syntax.ProcSubst:
			source := p.source(x)
			p.mark |= Expands
			if out := p.substituted(x, x.Stmts, Process); out.known() && len(p.procs) < maxSeen {
				p.procs = append(p.procs, proc{source, out})
			}
			p.buf = append(p.buf, source...)
		default:
			p.nested(x)
			p.keep(x)
		}
		afterIFS = ifs
	}
	return quoted
}

// lit appends literal text with its backslashes resolved.
func (p *Parser) lit(s string, m mode) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '\\' || i+1 == len(s) {
			if !m.doc {
				p.mark |= glob(classOf[c])
			}
			p.buf = append(p.buf, c)
			continue
		}
		p.quote(m)
		i++
		if m.doc && !escapable(s[i]) {
			p.buf = append(p.buf, c)
		}
		if s[i] != '\n' {
			p.buf = append(p.buf, s[i])
		}
	}
}

// param appends an expansion: a blank for $IFS, a slash for ${PATH:0:1}, the value of a variable that is known, else the source. It reports
// whether it was $IFS.
func (p *Parser) param(x *syntax.ParamExp, m mode) (ifs bool) {
	name := paramName(x)
	switch {
	case name == "IFS" && !x.Length && !x.Excl:
		p.nested(x)
		p.blank(m)
		return true
	case x.Slice != nil && p.source(x) == "${"+name+":0:1}" && absolute(name):
		p.buf = append(p.buf, '/')
		return false
	case p.listParam(x, m):
		return false
	case plainParam(x):
		if value, ok := p.get(name); ok && p.affords(len(value)) {
			p.split(value, m)
			return false
		}
	default:
		p.nested(x)
	}
	p.keep(x)
	return false
}

// keep appends the source of an expansion that is not known.
func (p *Parser) keep(n syntax.Node) {
	p.mark |= Expands
	p.buf = append(p.buf, p.source(n)...)
}

// quote notes that a quote or a backslash stands here.
func (p *Parser) quote(m mode) {
	if len(p.buf) == m.base {
		p.mark |= Quoted
	}
}

// nothing reports whether an expansion is put into a word for being empty: a positional parameter, of which a prompt has none, or, within the letters
// of a command's name, a variable that the line does not set. Names in lower case are not the environment's.
func (p *Parser) nothing(x *syntax.ParamExp, m mode, afterIFS, inWord bool) bool {
	name := paramName(x)
	switch {
	case name == "" || !plainParam(x) || p.hasParams(name):
		return false
	case positional(name):
		return afterIFS || m.command && !m.alone || inWord && (name == "@" || name == "*")
	}
	return m.command && inWord && 'a' <= name[0] && name[0] <= 'z' && !p.mentioned(name)
}

// hasParams reports whether name is a positional parameter that the line has set.
func (p *Parser) hasParams(name string) bool {
	if len(p.lists) == 0 || !positional(name) {
		return false
	}
	_, ok := p.listed("@")
	return ok
}

// listParam appends what an array or the positional parameters hold, each word a field of its own, and reports whether x is such an expansion.
func (p *Parser) listParam(x *syntax.ParamExp, m mode) bool {
	if len(p.lists) == 0 || x.Excl || x.Length || x.Width || x.Slice != nil || x.Repl != nil || x.Exp != nil || x.Names != 0 {
		return false
	}
	name, index := paramName(x), "0"
	switch {
	case positional(name) && x.Index == nil:
		name, index = "@", name
	case x.Index != nil:
		word, ok := x.Index.(*syntax.Word)
		if !ok || word.Lit() == "" {
			return false
		}
		index = word.Lit()
	}
	words, ok := p.listItem(name, index)
	if !ok {
		return false
	}
	for i, w := range words {
		if len(w) > p.decoded {
			return false
		}
		p.decoded -= len(w)
		if i > 0 {
			p.field(m.base, false)
		}
		p.buf = append(p.buf, w...)
	}
	return true
}

func paramName(x *syntax.ParamExp) string {
	if x.Param == nil {
		return ""
	}
	return x.Param.Value
}

// plainParam reports whether x is $NAME or ${NAME}.
func plainParam(x *syntax.ParamExp) bool {
	return !x.Excl && !x.Length && !x.Width && x.Index == nil && x.Slice == nil && x.Repl == nil && x.Exp == nil && x.Names == 0
}

// inWord reports whether part i stands between two letters.
func inWord(list []syntax.WordPart, i int) bool {
	if i == 0 || i == len(list)-1 {
		return false
	}
	before, ok := list[i-1].(*syntax.Lit)
	after, ok2 := list[i+1].(*syntax.Lit)
	return ok && ok2 && before.Value != "" && after.Value != "" && letter(before.Value[len(before.Value)-1]) && letter(after.Value[0])
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// absolute reports whether a variable of the environment begins with a slash on any system.
func absolute(name string) bool {
	switch name {
	case "PATH", "HOME", "PWD", "OLDPWD", "SHELL":
		return true
	}
	return false
}

// blank ends the field, or stands for itself where nothing splits.
func (p *Parser) blank(m mode) {
	if m.quoted {
		p.buf = append(p.buf, ' ')
		return
	}
	p.field(m.base, p.mark&Quoted != 0) // an empty one counts when it was quoted
}

// split appends a value, which blanks split outside quotes.
func (p *Parser) split(value string, m mode) {
	for i := range len(value) {
		switch c := value[i]; {
		case m.quoted, c != ' ' && c != '\t' && c != '\n':
			if !m.doc {
				p.mark |= glob(classOf[c])
			}
			p.buf = append(p.buf, c)
		default:
			p.field(m.base, p.mark&Quoted != 0)
		}
	}
}

// output appends the output of a command substitution, or its source when that is not known.
func (p *Parser) output(x *syntax.CmdSubst, m mode) {
	out := p.substituted(x, x.Stmts, Substitution)
	if out.known() && len(x.Stmts) > 0 {
		if out = p.written(out); out.ok {
			p.split(strings.TrimRight(out.body, "\n"), m)
			return
		}
	}
	p.keep(x)
}
