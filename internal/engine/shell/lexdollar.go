package shell

import (
	"strings"
	"unicode/utf8"
)

// What strict lex takes of expansions: those that stay as their source, whatever runs before them. It declines an expansion whose value or output may
// be known, which takes running the line, and the few that mean something else at the place.

// maxStrict is how many substitutions may lie inside one another before strict lex leaves the text to bash's grammar: each is read once more for
// every one around it.
const maxStrict = 3

// dollar reads a dollar and what it expands. word is where the word begins.
func (l *lexer) dollar(word int, doubled bool) bool {
	if !l.whole() {
		return false
	}
	rest := l.s[l.i+1:]
	n := nameLength(rest)
	switch c := l.peek(1); {
	case n > 0:
		return rest[:n] != "IFS" && l.expansion(word, 1+n)
	case c == '{':
		n = nameLength(rest[1:])
		return n > 0 && rest[1:1+n] != "IFS" && strings.HasPrefix(rest[1+n:], "}") && l.expansion(word, 3+n)
	case c == '@' || c == '*':
		// Between letters they are put there for being empty.
		return !(letter(l.s[max(l.i-1, 0)]) && letter(l.peek(2))) && l.expansion(word, 2)
	case c == '?' || c == '$' || c == '!' || c == '#' || c == '-' || '0' <= c && c <= '9':
		return l.expansion(word, 2)
	case c == '(':
		return l.peek(2) != '(' && !l.inTarget && !l.commandWord(word) && l.substitution(Substitution, l.i+2)
	case c == '[' || c == '`' || c == '"' && !doubled:
		return false
	}
	l.p.buf = append(l.p.buf, '$') // before what begins no expansion it stands for itself
	l.i++
	return true
}

// nameLength returns how long the name is that s begins with.
func nameLength(s string) int {
	n := 0
	for n < len(s) && nameByte(s[n], n) {
		n++
	}
	return n
}

// expansion takes a parameter of n bytes. In the name of a command, unless it is the whole of it, one may stand for nothing.
func (l *lexer) expansion(word, n int) bool {
	p := l.p
	whole := l.i == word && (l.i+n == len(l.s) || l.ends(l.s[l.i+n]))
	if len(p.vars)+len(p.lists) > 0 || !l.calm() || !whole && l.commandWord(word) {
		return false
	}
	p.mark |= Expands
	p.buf = append(p.buf, l.s[l.i:l.i+n]...)
	l.i += n
	l.expanded = l.i
	return true
}

// commandWord reports whether the word that begins there is a command's name.
func (l *lexer) commandWord(word int) bool {
	return !l.inTarget && l.args() == 0 && !assignment(l.s[word:])
}

// backticks reads `...`; what is escaped inside is left to bash's grammar.
func (l *lexer) backticks(word int) bool {
	n := strings.IndexAny(l.s[l.i+1:], "`\\")
	if n < 0 || l.s[l.i+1+n] != '`' || !l.whole() || l.inTarget || l.commandWord(word) {
		return false
	}
	from, to := l.i+1, l.i+1+n
	in := lexer{p: l.p, s: l.s[from:to], depth: l.depth + 1, wide: l.wide}
	if _, ok := l.tries(&in); !ok {
		return false
	}
	l.take(Substitution, from, to)
	return true
}

// process reports whether the word begins with a process substitution here.
func (l *lexer) process(start int) bool {
	return !l.loose && l.whole() && !l.inTarget && l.i == start && l.peek(1) == '(' && (l.s[l.i] == '<' || l.s[l.i] == '>')
}

// substitution reads what stands from there to the parenthesis that closes it.
func (l *lexer) substitution(kind ScopeKind, from int) bool {
	in := lexer{p: l.p, s: l.s, i: from, within: true, depth: l.depth + 1, wide: l.wide}
	end, ok := l.tries(&in)
	if !ok {
		return false
	}
	l.take(kind, from, end)
	return true
}

// take keeps a substitution, whose text lies between from and to, as its source.
func (l *lexer) take(kind ScopeKind, from, to int) {
	source := l.s[l.i : to+1]
	l.p.inner = append(l.p.inner, inner{source, l.s[from:to], kind})
	l.p.mark |= Expands
	l.p.buf = append(l.p.buf, source...)
	l.i = to + 1
	l.expanded = l.i
}

// tries reads the text of a substitution for its end, and to see whether nobody knows what it writes. It is read again when it runs.
func (l *lexer) tries(in *lexer) (end int, ok bool) {
	p := l.p
	if in.depth > maxStrict || !l.calm() || len(p.files)+len(p.aliases) > 0 {
		return 0, false
	}
	stages, redirs, subs, words, buf, mark := len(p.stages), len(p.redirs), len(p.inner), len(p.v.words), len(p.buf), p.mark
	in.begin()
	in.first = stages
	ok = in.all() && in.calm() && p.silent(stages)
	p.stages, p.redirs, p.inner, p.buf, p.mark = p.stages[:stages], p.redirs[:redirs], p.inner[:subs], p.buf[:buf], mark
	p.v.words, p.v.marks = p.v.words[:words], p.v.marks[:words]
	return in.i, ok
}

// silent reports whether nobody knows what the stages from one on write: the last of some pipe is a program of which no more is known.
func (p *Parser) silent(from int) bool {
	for i := from; i < len(p.stages); i++ {
		if st := &p.stages[i]; st.op != opPipe && !st.idle && !st.writes {
			switch _, act := p.acts(st); act {
			case actPlain, actFind, actInput:
				return true
			}
		}
	}
	return false
}

// acts returns the name of the command of a stage, and what it does; actSet when there is none.
func (p *Parser) acts(st *stage) (string, action) {
	words := p.v.words[st.words[0]+st.assigns : st.words[1]]
	if len(words) == 0 {
		return "", actSet
	}
	name := baseName(words[0])
	return name, actionOf(name)
}

// calm reports whether the stages of this text, so far, set nothing that a word behind them may show: no variable, no file, no alias.
func (l *lexer) calm() bool {
	p := l.p
	for ; l.first < len(p.stages); l.first++ {
		st := &p.stages[l.first]
		if st.idle {
			continue
		}
		args := p.v.words[st.words[0]+st.assigns : st.words[1]]
		if len(args) == 0 || st.writes || !calm(args) {
			return false
		}
	}
	return true
}

// calm reports whether a command sets nothing.
func calm(args []string) bool {
	for range MaxPeel {
		name := baseName(args[0])
		switch actionOf(name) {
		case actPlain, actWrite, actDecode, actInput:
			return true
		case actCopy:
			return name != "tee"
		case actFind:
			return calmFind(args)
		case actWrapper:
			w, _ := wrapperOf(name)
			found := w.peel(args)
			switch {
			case found.script != "" || w.joins:
				return false
			case found.at == 0:
				return true
			}
			args = args[found.at:]
		default:
			return false
		}
	}
	return false
}

// calmFind is calm of the commands that find runs.
func calmFind(args []string) bool {
	for i, a := range args[:len(args)-1] {
		switch a {
		case "-exec", "-execdir", "-ok", "-okdir":
			switch name := baseName(args[i+1]); actionOf(name) {
			case actPlain, actWrite:
			default:
				return false
			}
		}
	}
	return true
}

// unknown runs a substitution that strict lex took.
func (p *Parser) unknown(in inner) {
	if p.repeated(in.source) {
		return
	}
	want, mark := p.ctx.want, p.mark
	outer := p.enter(Scope{Kind: in.kind})
	p.ctx.want = true
	out, _ := p.lex(in.text, stream{}, false)
	p.ctx.want, p.mark = want, mark
	p.leave(outer)
	if !out.known() {
		p.remember(in.source)
	}
}

// strictANSI reads $'...', which a quote must end.
func (l *lexer) strictANSI() bool {
	if !l.whole() {
		return false
	}
	for i := l.i + 2; i < len(l.s); i++ {
		switch c := l.s[i]; {
		case c == '\'':
			l.ansi()
			return true
		case !l.quotable(c):
			return false
		case c == '\\':
			if i++; i < len(l.s) && !l.quotable(l.s[i]) {
				return false
			}
		}
	}
	return false
}

// expandsBraces reports whether a word with braces may be more than one.
func expandsBraces(source string) bool {
	return strings.Contains(source, ",") || strings.Contains(source, "..")
}

// wideness says whether all that lies beyond ASCII in a text are whole runes.
type wideness byte

const (
	unread wideness = iota
	wholeRunes
	broken
)

// isWide reports whether c is part of a rune beyond ASCII, in a text of whole runes.
func (l *lexer) isWide(c byte) bool { return c >= utf8.RuneSelf && l.whole() }

// whole reports whether the text is whole runes. Bash's grammar rejects others, and the loose lexer sees expansions otherwise.
func (l *lexer) whole() bool {
	if l.wide == unread {
		if l.wide = broken; utf8.ValidString(l.s) {
			l.wide = wholeRunes
		}
	}
	return l.wide == wholeRunes
}

// quotable reports whether strict lex takes c inside quotes.
func (l *lexer) quotable(c byte) bool { return inQuotes(c) || l.isWide(c) }
