package shell

import "strings"

// word reads one word, appends its fields to View.words and counts them in; a lone number before < or > is a descriptor instead.
func (l *lexer) word() bool {
	start, s := l.i, l.s
	i, seen := plainRun(s, start)
	if i < len(s) && !l.ends(s[i]) {
		return l.hardWord(start)
	}
	l.i, l.seen = i, seen
	w := s[start:i]
	if i < len(s) && (s[i] == '<' || s[i] == '>') && digits(w) {
		return l.redirection(w)
	}
	if n := l.args(); !l.loose && (n == 0 || seen&bracket != 0) && !l.allowed(w, true, n) {
		return false
	}
	l.push(w, w, start, glob(seen))
	return true
}

// hardWord is word for what holds quotes, backslashes or anything else that is not plain.
func (l *lexer) hardWord(start int) bool {
	first := len(l.p.v.words)
	if w, end, ok := l.wholeQuote(start); ok {
		l.i = end
		if !l.loose && !l.allowed(w, false, l.args()) {
			return false
		}
		l.push(w, l.s[start:end], start, Quoted)
		l.st.clean = false
		return true
	}
	l.i, l.seen = start, bracket
	base := len(l.p.buf)
	l.braced = false
	if !l.fields(base) {
		l.p.buf = l.p.buf[:base]
		return false
	}
	source, c := l.s[start:l.i], l.peek(0)
	words := l.p.v.words[first:]
	if !l.loose && (len(words) == 1 && !l.allowed(source, false, l.args()-1) || l.braced && (expandsBraces(source) || c == '<' || c == '>')) {
		return false
	}
	l.st.clean, l.st.quiet = false, false
	l.st.started = true
	if n := l.args(); len(words) > 0 && n == len(words) && assignment(source) {
		l.st.assigns++
	} else if len(words) == 1 && n == l.st.raw+1 && words[0] == source {
		l.st.raw = n
	}
	return true
}

// args returns how many arguments the open stage has.
func (l *lexer) args() int {
	return len(l.p.v.words) - l.st.words[0] - l.st.assigns
}

// push adds one word whose source begins at start.
func (l *lexer) push(w, source string, start int, m Mark) {
	st := &l.st
	st.started = true
	n := l.args()
	if n == 0 || st.quiet {
		st.note(n, w, source)
	}
	l.p.v.addWord(w, m)
	if n == 0 {
		if l.seen&equals != 0 && assignment(source) {
			st.assigns++
			return
		}
		st.source[0] = start
	} else if start != st.source[1]+1 || l.s[start-1] != ' ' {
		st.clean = false
	}
	if n == st.raw && w == source {
		st.raw++
	}
	st.source[1] = start + len(source)
}

// allowed reports whether strict lex may take a word with this source as the nth argument, from 0: not where bash has a keyword, an array element or
// a declaration of one.
func (l *lexer) allowed(source string, raw bool, n int) bool {
	if n == 0 {
		if raw && keyword(source) || source == "" && raw {
			return false
		}
		return source == "[" || !l.bracketed(source) && source != "!" && (source == "" || source[0] != '{') || assignment(source)
	}
	if l.bracketed(source) {
		return !declaration(l.p.v.words[l.st.words[0]+l.st.assigns])
	}
	return true
}

// bracketed reports whether a [ stands in the word at hand, whose source that is.
func (l *lexer) bracketed(source string) bool {
	return l.seen&bracket != 0 && strings.IndexByte(source, '[') >= 0
}

// keyword reports whether w has a meaning of its own to bash where a command may begin.
func keyword(w string) bool {
	switch w {
	case "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "select", "function", "time", "coproc",
		"let", "[[", "]]", "!", "{", "}", "@test":
		return true
	}
	return false
}

// declaration reports whether w is parsed by bash as a declaration: its arguments are assignments.
func declaration(w string) bool {
	switch w {
	case "export", "declare", "local", "readonly", "typeset", "nameref":
		return true
	}
	return false
}

// assignment reports whether source begins with NAME= or NAME+=.
func assignment(source string) bool {
	for i := range len(source) {
		switch c := source[i]; {
		case nameByte(c, i):
		case c == '=':
			return i > 0
		case c == '+':
			return i > 0 && i+1 < len(source) && source[i+1] == '='
		default:
			return false
		}
	}
	return false
}

func nameByte(c byte, i int) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || i > 0 && '0' <= c && c <= '9'
}

func digits(w string) bool {
	for i := range len(w) {
		if w[i] < '0' || w[i] > '9' {
			return false
		}
	}
	return w != ""
}

// wholeQuote returns the inside of a word that is one quoted string and stands for itself, and where the word ends.
func (l *lexer) wholeQuote(start int) (w string, end int, ok bool) {
	s, q := l.s, l.s[start]
	if q != '"' && q != '\'' {
		return "", 0, false
	}
	i, special := start+1, foreign
	if q == '"' {
		special = dynamic
	}
	l.seen = 0
	for ; i < len(s) && s[i] != q; i++ {
		if classOf[s[i]]&special != 0 {
			if s[i] != '\\' || i+1 == len(s) || !inQuotes(s[i+1]) || escapable(s[i+1]) {
				return "", 0, false
			}
			i++
		}
		l.seen |= classOf[s[i]] & bracket
	}
	if i >= len(s) || i+1 < len(s) && !l.ends(s[i+1]) {
		return "", 0, false
	}
	return s[start+1 : i], i + 1, true
}

// inQuotes reports whether strict lex takes c inside quotes.
func inQuotes(c byte) bool { return c >= ' ' && c < 0x7f || c == '\t' || c == '\n' }

// escapable reports whether a backslash before c is removed inside double quotes.
func escapable(c byte) bool {
	switch c {
	case '"', '\\', '$', '`', '\n':
		return true
	}
	return false
}

// fields builds the fields of one word; several when $IFS splits it.
func (l *lexer) fields(base int) bool {
	p := l.p
	quoted := false
	p.mark = 0
	start := l.i
	l.begun = start
	for l.i < len(l.s) && (!l.ends(l.s[l.i]) || l.process(start)) {
		ok := true
		switch c := l.s[l.i]; {
		case c == '#' && !l.loose && l.i > start && (l.expanded == l.i || l.s[l.i-1] == '\'' || l.s[l.i-1] == '"'):
			return false // see hides
		case plain(c):
			end, seen := plainRun(l.s, l.i+1)
			p.mark |= glob(seen | classOf[c])
			p.buf = append(p.buf, l.s[l.i:end]...)
			l.i = end
		case c == '\'':
			l.quote(base)
			quoted, ok = true, l.single()
		case c == '"':
			l.quote(base)
			quoted, ok = true, l.double()
		case c == '\\':
			l.quote(base)
			ok = l.backslash()
		case c == '{' || c == '}':
			ok = l.brace(base)
		case !l.loose && (c == '<' || c == '>'):
			ok = l.substitution(Process, l.i+2)
		case !l.loose && c == '$' && l.peek(1) == '\'':
			l.quote(base)
			quoted, ok = true, l.strictANSI()
		case !l.loose && c == '$':
			ok = l.dollar(start, false)
		case !l.loose && c == '`':
			ok = l.backticks(start)
		case !l.loose && l.isWide(c):
			p.buf = append(p.buf, c)
			l.i++
		case !l.loose:
			return false
		case c == '(' || c == ')':
			l.flush(base, quoted)
			return true
		case c == '$' && l.ifs():
			l.flush(base, p.mark&Quoted != 0)
		default:
			l.looseByte(c)
		}
		if !ok {
			return false
		}
	}
	l.flush(base, quoted)
	return true
}

// flush ends a field; an empty one counts only when it was quoted.
func (l *lexer) flush(base int, quoted bool) {
	p := l.p
	if len(p.buf) > base || quoted {
		if w := p.out.Bytes(p.buf[base:]); l.inTarget {
			p.v.words, p.v.marks = append(p.v.words, w), append(p.v.marks, p.mark) // which is no assignment
		} else {
			p.v.addWord(w, p.mark)
		}
	}
	p.buf, p.mark = p.buf[:base], 0
}

// quote notes that a quote or a backslash stands here.
func (l *lexer) quote(base int) {
	if len(l.p.buf) == base {
		l.p.mark |= Quoted
	}
}

// single reads '...'.
func (l *lexer) single() bool {
	end := strings.IndexByte(l.s[l.i+1:], '\'')
	if end < 0 {
		return l.unclosed()
	}
	body := l.s[l.i+1 : l.i+1+end]
	if !l.loose {
		for i := range len(body) {
			if !l.quotable(body[i]) {
				return false
			}
		}
	}
	l.p.buf = append(l.p.buf, body...)
	l.i += end + 2
	return true
}

// unclosed takes the rest of the physical line as quoted: what follows on the next line is read afresh, as a shell recovers from an error.
func (l *lexer) unclosed() bool {
	if !l.loose {
		return false
	}
	l.i++
	end := l.lineEnd()
	l.p.buf = append(l.p.buf, l.s[l.i:end]...)
	l.i = end
	return true
}

// double reads "...". Loose, an open quote is read again as one that its physical line closes.
func (l *lexer) double() bool {
	open, mark, subs := l.i, len(l.p.buf), len(l.p.inner)
	l.i++
	if closed, ok := l.doubleTo(len(l.s)); closed || !l.loose {
		return closed && ok
	}
	l.i, l.p.buf, l.p.inner = open+1, l.p.buf[:mark], l.p.inner[:subs]
	l.doubleTo(l.lineEnd())
	return true
}

// doubleTo reads the inside of "..." as far as limit.
func (l *lexer) doubleTo(limit int) (closed, ok bool) {
	p, s := l.p, l.s
	for l.i < limit {
		end := l.i
		for end < limit && classOf[s[end]]&(dynamic|flanking) == 0 {
			end++
		}
		if end > l.i {
			p.buf = append(p.buf, s[l.i:end]...)
			l.i = end
			continue
		}
		switch c := s[l.i]; {
		case c == '"':
			l.i++
			return true, true
		case c == '\\' && l.i+1 < len(s) && (l.loose || l.quotable(s[l.i+1]) && s[l.i+1] != '\n'):
			if n := s[l.i+1]; !escapable(n) {
				p.buf = append(p.buf, '\\', n)
			} else if n != '\n' {
				p.buf = append(p.buf, n)
			}
			l.i += 2
		case c == '$' && !l.loose:
			if !l.dollar(l.begun, true) {
				return false, false
			}
		case c == '`' && !l.loose:
			if !l.backticks(l.begun) {
				return false, false
			}
		case c == '$' && (l.peek(1) == '\\' || l.peek(1) == ' '):
			// A dollar before what begins no expansion stands for itself: "Huawei12#$\nx" is a common password probe.
			p.buf = append(p.buf, c)
			l.i++
		case l.loose:
			l.looseByte(c)
		case c == '\\' || !l.quotable(c) || c == '#' && l.expanded == l.i:
			return false, false
		default:
			p.buf = append(p.buf, c)
			l.i++
		}
	}
	return false, true
}

// lineEnd returns where the physical line ends.
func (l *lexer) lineEnd() int {
	if n := strings.IndexByte(l.s[l.i:], '\n'); n >= 0 {
		return l.i + n
	}
	return len(l.s)
}

func (l *lexer) backslash() bool {
	n := l.peek(1)
	switch {
	case !l.loose && (n <= ' ' && n != ' ' || n >= 0x7f):
		return false
	case l.i+1 >= len(l.s):
		l.i++
		return true
	case n != '\n':
		l.p.buf = append(l.p.buf, n)
	}
	l.i += 2
	return true
}

// brace reads { or }. To strict lex they are letters of an argument; where they may be an expansion, hardWord declines.
func (l *lexer) brace(base int) bool {
	if l.s[l.i] == '{' && l.peek(1) == '}' && (l.loose || l.args() > 0) {
		l.p.buf = append(l.p.buf, '{', '}')
		l.i += 2
		return true
	}
	if !l.loose && (l.args() == 0 || l.inTarget || l.st.quiet || !l.whole()) {
		return false
	}
	l.braced = true
	l.p.buf = append(l.p.buf, l.s[l.i])
	l.i++
	return true
}
