package shell

import (
	"slices"
	"strings"
)

// heredoc is a here-document whose body begins on the next line.
type heredoc struct {
	stage int // index in Parser.stages
	delim string
	tabs  bool // <<-
}

// redirection reads an operator at the current byte and its target. fd stands before it.
func (l *lexer) redirection(fd string) bool {
	op := redirOp(l.s[l.i:])
	if !l.loose && (strings.HasPrefix(op, "<<") || op == "<>" || op == ">|") {
		return false
	}
	l.i += len(op)
	for l.i < len(l.s) && (l.s[l.i] == ' ' || l.s[l.i] == '\t') {
		l.i++
	}
	l.inTarget = true
	target, ok := l.target()
	l.inTarget = false
	if !ok {
		return false
	}
	l.st.started = true
	if target.text == "" {
		return l.loose // `<file>` in text that is no shell; strict, `<''` is left to bash's grammar
	}
	l.p.redirs = append(l.p.redirs, Redirect{FD: fd, Op: op, Target: target.text, Mark: target.mark})
	switch op {
	case "<<", "<<-":
		l.p.pending = append(l.p.pending, heredoc{stage: len(l.p.stages), delim: target.text, tabs: op == "<<-"})
	case "<<<":
		l.st.reads, l.st.body = true, target.text
	default:
		l.st.writes = l.st.writes || writes(fd, op, target.text)
	}
	return true
}

// redirOp returns the redirection operator that s begins with.
func redirOp(s string) string {
	switch {
	case strings.HasPrefix(s, "<<<"), strings.HasPrefix(s, "<<-"), strings.HasPrefix(s, "&>>"):
		return s[:3]
	case len(s) > 1 && (s[0] == '&' || s[1] == '&' || s[1] == s[0] || s[1] == '>' && s[0] == '<' || s[1] == '|' && s[0] == '>'):
		return s[:2]
	}
	return s[:1]
}

// writes reports whether a redirection takes standard output away from what comes after the command.
func writes(fd, op, target string) bool {
	switch op {
	case ">", ">>", ">|", "<>":
		return fd == "1" || fd == "" && op != "<>"
	case ">&":
		return (fd == "" || fd == "1") && target != "1"
	case "&>", "&>>":
		return true
	}
	return false
}

// target reads one word that is no argument.
func (l *lexer) target() (field, bool) {
	p := l.p
	if l.i >= len(l.s) || l.ends(l.s[l.i]) {
		return field{}, l.loose
	}
	if !l.loose && l.s[l.i] == '#' {
		return field{}, false
	}
	start, words := l.i, len(p.v.words)
	if end, seen := plainRun(l.s, start); end == len(l.s) || l.ends(l.s[end]) {
		l.i = end
		return field{l.s[start:end], glob(seen)}, true
	}
	if w, end, ok := l.wholeQuote(start); ok {
		l.i = end
		return field{w, Quoted}, true
	}
	base := len(p.buf)
	if !l.fields(base) {
		p.buf = p.buf[:base]
		return field{}, false
	}
	target := field{text: p.out.Join(p.v.words[words:])}
	for _, m := range p.v.marks[words:] {
		target.mark |= m
	}
	p.v.words, p.v.marks = p.v.words[:words], p.v.marks[:words]
	return target, true
}

// bodies takes the lines of the here-documents that were announced; a body without its end runs to the end of the text.
func (l *lexer) bodies() {
	p := l.p
	for _, h := range p.pending {
		start, end := l.i, len(l.s)
		for l.i < len(l.s) {
			line, _, _ := strings.Cut(l.s[l.i:], "\n")
			at := l.i
			l.i = min(l.i+len(line)+1, len(l.s))
			if h.tabs {
				line = strings.TrimLeft(line, "\t")
			}
			if line == h.delim {
				end = at
				break
			}
		}
		if h.stage < len(p.stages) {
			p.stages[h.stage].reads, p.stages[h.stage].body = true, l.s[start:end]
		}
	}
	p.pending = p.pending[:0]
}

// looseByte takes a byte that strict lex declines, with what belongs to it.
func (l *lexer) looseByte(c byte) {
	p := l.p
	if c == '`' || c == '$' && expands(l.peek(1)) {
		p.mark |= Expands
	}
	switch next := l.peek(1); {
	case c == '$' && next == '(':
		l.bracket(l.i+2, closing(l.s, l.i+1, '(', ')'))
	case c == '`':
		end := strings.IndexByte(l.s[l.i+1:], '`')
		if end < 0 {
			end = len(l.s) - l.i - 1
		}
		l.bracket(l.i+1, l.i+1+end)
	case c == '$' && next == '\'':
		l.ansi()
	case c == '$' && next == '{':
		end := min(closing(l.s, l.i+1, '{', '}')+1, len(l.s))
		p.buf = append(p.buf, l.s[l.i:end]...)
		l.i = end
	case c < ' ' && c != '\n' && c != '\t' || c == 0x7f:
		l.i++ // control characters of a broken terminal
	default:
		p.buf = append(p.buf, c)
		l.i++
	}
}

// expands reports whether a dollar before c begins an expansion.
func expands(c byte) bool {
	return nameByte(c, 1) || c != 0 && strings.IndexByte("({@*#?$!-", c) >= 0
}

// bracket records a substitution whose text lies between from and to, and keeps its source in the word.
func (l *lexer) bracket(from, to int) {
	end := min(to+1, len(l.s))
	source := l.s[l.i:end]
	l.p.inner = append(l.p.inner, inner{source, l.s[from:to], Substitution})
	l.p.buf = append(l.p.buf, source...)
	l.i = end
}

// ansi reads $'...'.
func (l *lexer) ansi() {
	end := l.i + 2
	for end < len(l.s) && l.s[end] != '\'' {
		if l.s[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end, len(l.s))
	l.p.buf, _ = unescape(l.p.buf, l.s[l.i+2:end], false)
	l.i = min(end+1, len(l.s))
}

// ifs takes $IFS, ${IFS}, ${IFS...}, and a positional parameter after it, which ends the name and is empty.
func (l *lexer) ifs() bool {
	rest := l.s[l.i:]
	switch {
	case strings.HasPrefix(rest, "${IFS") && (len(rest) < 6 || !nameByte(rest[5], 1)):
		l.i = min(closing(l.s, l.i+1, '{', '}')+1, len(l.s))
	case strings.HasPrefix(rest, "$IFS") && (len(rest) < 5 || !nameByte(rest[4], 1)):
		l.i += len("$IFS")
	default:
		return false
	}
	if l.peek(0) == '$' && positional(l.s[l.i+1:min(l.i+2, len(l.s))]) {
		l.i += 2
	}
	return true
}

// positional reports whether name is a positional parameter, which is empty in what an attacker types at a prompt.
func positional(name string) bool {
	return len(name) == 1 && (name == "@" || name == "*" || '1' <= name[0] && name[0] <= '9')
}

// closing returns the index of the bracket that closes the one at i, quotes not regarded, or the length of s.
func closing(s string, i int, open, shut byte) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// dropKeywords removes what bash reads as syntax from the front of a stage of a broken script: `if ! type x` is the command `type x`. The head
// of a loop is no command at all.
func (l *lexer) dropKeywords() {
	p, st := l.p, &l.st
	first := st.words[0] + st.assigns
	n := 0
	for _, w := range p.v.words[first : first+st.raw] {
		switch w {
		case "for", "case", "select", "function":
			n = len(p.v.words) - first
		case "if", "then", "elif", "else", "fi", "while", "until", "do", "done", "esac", "!", "{", "}", "time", "coproc":
			n++
			continue
		}
		break
	}
	if n == 0 {
		return
	}
	p.v.words, p.v.marks = slices.Delete(p.v.words, first, first+n), slices.Delete(p.v.marks, first, first+n)
	st.clean = false
	for first < len(p.v.words) && assignment(p.v.words[first]) {
		first++
		st.assigns++
	}
}
