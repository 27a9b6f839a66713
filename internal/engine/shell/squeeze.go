package shell

import "strings"

// squeezer copies a text without what a shell would pass over: runs of blanks and newlines, comments, escaped newlines, and commands that do
// nothing. It copies quotes and, from the first here-document on, the rest of the text as they are.
type squeezer struct {
	s     string
	i     int
	out   []byte
	limit int
	over  int  // bytes beyond limit
	start bool // a command may begin here
	pipe  bool // the last operator was a pipe
	busy  bool // commands that do nothing may have been given something to do
}

// squeeze returns text without its padding, cut to limit bytes, and how many bytes the cut left out.
func squeeze(text string, limit int) (short string, over int) {
	q := squeezer{s: text, limit: limit, out: make([]byte, 0, min(len(text), limit)), start: true, busy: redefines(text)}
	for q.i < len(q.s) {
		q.step()
	}
	return string(q.out), q.over
}

// keep copies the next n bytes.
func (q *squeezer) keep(n int) {
	n = min(n, len(q.s)-q.i)
	fits := min(n, q.limit-len(q.out))
	q.out = append(q.out, q.s[q.i:q.i+fits]...)
	q.over += n - fits
	q.i += n
}

// last returns the last byte copied, a newline before the first.
func (q *squeezer) last() byte {
	if len(q.out) == 0 {
		return '\n'
	}
	return q.out[len(q.out)-1]
}

func (q *squeezer) step() {
	rest := q.s[q.i:]
	switch c := rest[0]; c {
	case ' ', '\t':
		q.blanks(rest)
	case '\n':
		q.start = true
		if q.last() == '\n' {
			q.i++
			return
		}
		q.keep(1)
	case '#':
		if q.i > 0 && !ends(q.s[q.i-1]) && q.s[q.i-1] != '(' {
			q.word(1)
			return
		}
		q.i += lineLength(rest)
	case ';', '&', '|', '(', ')':
		q.operator(rest)
	case '<':
		q.input(rest)
	default:
		q.text(c, rest)
	}
}

// blanks keeps one of a run, and none where a line begins.
func (q *squeezer) blanks(rest string) {
	n := len(rest) - len(strings.TrimLeft(rest, " \t"))
	if q.last() != '\n' {
		q.keep(1)
		n--
	}
	q.i += n
}

// operator copies a control operator. The & of a redirection and
// the | of >| are copied as part of the redirection.
func (q *squeezer) operator(rest string) {
	before := q.last()
	if before == '>' || before == '<' || strings.HasPrefix(rest, "&>") {
		q.word(1)
		return
	}
	n := 1
	if len(rest) > 1 && (rest[:2] == "&&" || rest[:2] == "||" || rest[:2] == "|&") {
		n = 2
	}
	q.pipe = rest[0] == '|' && rest[:n] != "||"
	q.start = rest[0] != ')'
	q.keep(n)
}

// input copies <; where a here-document begins, it copies the rest, for blanks and quotes mean nothing in its body.
func (q *squeezer) input(rest string) {
	switch {
	case strings.HasPrefix(rest, "<<<"):
		q.word(3)
	case strings.HasPrefix(rest, "<<"):
		q.keep(len(rest))
	default:
		q.word(1)
	}
}

// text copies what begins or continues a word.
func (q *squeezer) text(c byte, rest string) {
	if n := nothing(rest); n > 0 && !q.busy && q.start && !q.pipe && ends(q.last()) {
		q.i += n
		return
	}
	switch c {
	case '\'':
		q.word(quoted(rest, 1, false))
	case '"':
		q.word(quoted(rest, 1, true))
	case '$':
		if strings.HasPrefix(rest, "$'") {
			q.word(quoted(rest, 2, true))
			return
		}
		q.word(2)
	case '\\':
		if strings.HasPrefix(rest, "\\\n") {
			q.i += 2
			return
		}
		q.word(2)
	default:
		n := 1
		for n < len(rest) && plain(rest[n]) && rest[n] != '#' {
			n++
		}
		q.word(n)
	}
}

func (q *squeezer) word(n int) {
	q.start, q.pipe = false, false
	q.keep(n)
}

// quoted returns the length of the quoted string at the front of s, its opening of n bytes included. An open quote ends with its line, as for the
// loose lexer.
func quoted(s string, n int, escapes bool) int {
	shut := s[n-1]
	for i := n; i < len(s); i++ {
		switch {
		case s[i] == shut:
			return i + 1
		case escapes && s[i] == '\\':
			i++
		}
	}
	return lineLength(s)
}

func lineLength(s string) int {
	if n := strings.IndexByte(s, '\n'); n >= 0 {
		return n
	}
	return len(s)
}

// nothing returns the length of the command that does nothing at the front of s, with the operator behind it; 0 when there is none.
func nothing(s string) int {
	n := 0
	for n < len(s) && plain(s[n]) {
		n++
	}
	if !idle(s[:n]) {
		return 0
	}
	rest := literals(s[n:])
	n = len(s) - len(rest)
	switch {
	case rest == "", strings.HasPrefix(rest, ";;"), strings.HasPrefix(rest, "&>"), strings.HasPrefix(rest, "|&"):
		return 0
	case strings.HasPrefix(rest, "&&"), strings.HasPrefix(rest, "||"):
		return n + 2
	case rest[0] == ';', rest[0] == '\n', rest[0] == '&', rest[0] == '|':
		return n + 1
	}
	return 0
}

// literals returns s without the blanks and literal words at its front.
func literals(s string) string {
	for {
		s = strings.TrimLeft(s, " \t")
		n := literalLength(s)
		if n == 0 {
			return s
		}
		s = s[n:]
	}
}

// literalLength returns the length of the literal word at the front of s, 0 when there is none.
func literalLength(s string) int {
	n := 0
	switch {
	case s == "" || s[0] == '#':
	case s[0] == '\'' || s[0] == '"':
		end := strings.IndexByte(s[1:], s[0])
		if end < 0 || !bare(s[1:1+end]) {
			return 0
		}
		n = end + 2
	default:
		for n < len(s) && plain(s[n]) {
			n++
		}
	}
	if n < len(s) && !ends(s[n]) {
		return 0
	}
	return n
}
