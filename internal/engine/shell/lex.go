package shell

// stage is one lexed simple command of a list.
type stage struct {
	words   [2]int // in View.words: assignments, then arguments
	raw     int    // how many of the first arguments were written without quotes
	assigns int
	redirs  [2]int // in Parser.redirs
	inner   [2]int // in Parser.inner
	source  [2]int // the arguments in the text, when clean
	clean   bool   // the arguments stand in the text just as they are joined
	writes  bool   // standard output goes to a file
	reads   bool   // standard input is body
	body    string
	op      operator // what follows
	started bool     // anything at all was seen
	quiet   bool     // so far it does nothing
	strict  bool     // strict lex read it: inner is of its words, in their order
	idle    bool     // it does nothing, and stands here to end a pipe
}

// operator is what ends a stage.
type operator byte

const (
	opEnd  operator = iota // ; & newline, or the end of the text
	opPipe                 // | |&
	opAnd                  // && and ||: both sides are taken to run
	opOr
)

// inner is a substitution that lex met: source as written, text between the brackets.
type inner struct {
	source, text string
	kind         ScopeKind
}

// lexer reads one text into Parser.stages. Strict, it declines what it does not know to mean the same to bash; loose, it takes everything.
type lexer struct {
	p        *Parser
	s        string
	i        int
	loose    bool
	st       stage
	count    int
	open     bool  // an operator stands that needs a command after it
	within   bool  // a parenthesis ends the text
	closed   bool  // it came
	inTarget bool  // of a redirection
	seen     class // of the word at hand
	braced   bool  // the word at hand has an unquoted { or }
	expanded int   // where the last expansion ends
	begun    int   // where the word at hand begins
	first    int   // the first stage of the text that calm has not seen
	depth    int   // substitutions around the text, in strict lex
	wide     wideness
	before   operator // what ended the stage before
}

// maxStages bounds the scratch space of one text: what could not all be in the view need not be lexed.
const maxStages = MaxCommands + MaxRedirects

// lex reads text and runs its stages; ok is false, and nothing has happened, when strict lex declines.
func (p *Parser) lex(text string, in stream, loose bool) (out stream, ok bool) {
	stages, redirs, subs, words := len(p.stages), len(p.redirs), len(p.inner), len(p.v.words)
	buf := len(p.buf)
	l := lexer{p: p, s: text, loose: loose, first: stages}
	l.begin()
	ok = l.all()
	if ok {
		out = p.list(stages, len(p.stages), in, text)
	} else {
		p.v.words, p.v.marks = p.v.words[:words], p.v.marks[:words]
	}
	p.stages, p.redirs, p.inner, p.buf = p.stages[:stages], p.redirs[:redirs], p.inner[:subs], p.buf[:buf]
	return out, ok
}

// list runs the stages from to end and returns what they write.
func (p *Parser) list(from, end int, in stream, text string) stream {
	cur, all := in, empty
	var pipe pipeline
	for k := from; k < end; k++ {
		st := &p.stages[k] // which stays as it is: inner texts come behind
		outer := pipe.enter(p, st.op)
		out := p.stage(st, cur, text)
		p.leave(outer)
		if st.op == opPipe {
			cur = out
			continue
		}
		if p.ctx.want {
			all = p.concat(all, out)
		}
		cur = in
	}
	return all
}

// stage runs one lexed command.
func (p *Parser) stage(st *stage, in stream, text string) stream {
	if st.idle {
		return empty
	}
	words, marks := p.v.words[st.words[0]:st.words[1]:st.words[1]], p.v.marks[st.words[0]:st.words[1]:st.words[1]]
	args, joined := words[st.assigns:], ""
	if st.clean && len(args) > 0 {
		joined = text[st.source[0]:st.source[1]]
	}
	idx := p.reserve(len(words) > 0)
	for k := st.inner[0]; st.strict && idx >= 0 && k < st.inner[1]; k++ {
		p.unknown(p.inner[k])
	}
	p.command(idx, words, marks, st.assigns, joined)
	redirs := p.redirs[st.redirs[0]:st.redirs[1]]
	for i := range redirs {
		p.redirect(redirs[i], idx)
		in = p.input(&redirs[i], in)
	}
	for k := st.inner[0]; !st.strict && k < st.inner[1]; k++ {
		p.substitution(p.inner[k])
	}
	if st.reads {
		in = known(st.body)
	}
	out := p.run(idx, args, in)
	if st.writes {
		p.save(p.redirs[st.redirs[0]:st.redirs[1]], out)
		return empty
	}
	return out
}

func (l *lexer) begin() {
	l.st = stage{clean: true, strict: !l.loose}
	l.st.words[0] = len(l.p.v.words)
	l.st.redirs[0] = len(l.p.redirs)
	l.st.inner[0] = len(l.p.inner)
}

// end closes the stage before operator op; false when there is none to close.
func (l *lexer) end(op operator) bool {
	if !l.st.started {
		return l.loose
	}
	if l.loose {
		l.dropKeywords()
	}
	if l.idle() {
		l.skip(op)
		return true
	}
	l.st.op = op
	l.st.words[1] = len(l.p.v.words)
	l.st.redirs[1] = len(l.p.redirs)
	l.st.inner[1] = len(l.p.inner)
	l.p.stages = append(l.p.stages, l.st)
	l.open, l.before = op != opEnd, op
	if l.count++; l.count > maxStages {
		l.leaveOut()
		return l.loose
	}
	l.begin()
	return true
}

// leaveOut takes back the stage just closed, for which there is no room, and counts it.
func (l *lexer) leaveOut() {
	p := l.p
	last := len(p.stages) - 1
	st := &p.stages[last]
	if st.words[0] < st.words[1] && l.loose {
		p.v.CommandsLeftOut++
	}
	p.v.Truncated = p.v.Truncated || l.loose
	p.v.words, p.v.marks = p.v.words[:st.words[0]], p.v.marks[:st.words[0]]
	p.redirs, p.inner, p.stages = p.redirs[:st.redirs[0]], p.inner[:st.inner[0]], p.stages[:last]
	l.begin()
}

// all reads the whole text.
func (l *lexer) all() bool {
	for l.i < len(l.s) && !l.closed {
		ok := true
		switch c := l.s[l.i]; c {
		case ' ', '\t':
			l.i++
		case '\n', ';', '&', '|', '(', ')':
			ok = l.operator(c)
		case '<', '>':
			if l.peek(1) == '(' && !l.loose {
				ok = l.args() > 0 && blank(l.s[l.i-1]) && (l.i < 2 || l.s[l.i-2] != '\\') && l.process(l.i) && l.hardWord(l.i)
			} else {
				ok = l.redirection("")
			}
		case '#':
			l.i = l.lineEnd()
		default:
			ok = l.word()
		}
		if !ok {
			return false
		}
	}
	if l.open && !l.st.started || l.within && !l.closed {
		return l.loose
	}
	if l.st.started && !l.end(opEnd) {
		return false
	}
	l.bodies()
	return true
}

// peek returns the byte n after the current one, 0 beyond the end.
func (l *lexer) peek(n int) byte {
	if l.i+n < len(l.s) {
		return l.s[l.i+n]
	}
	return 0
}

func (l *lexer) operator(c byte) bool {
	next := l.peek(1)
	switch c {
	case '\n':
		l.i++
		ok := !l.st.started || l.end(opEnd)
		l.bodies()
		return ok
	case '&':
		if next == '>' {
			return l.redirection("")
		}
		if next == '&' {
			l.i += 2
			return l.end(opAnd)
		}
		// zsh's `&|` and `&!`.
		if !l.loose && (next == '|' || next == '!') {
			return false
		}
	case ';':
		if !l.loose && next == '&' { // of case, and nowhere else
			return false
		}
	case '|':
		if next == '|' {
			l.i += 2
			return l.end(opOr)
		}
		if next == '&' {
			l.i++
		}
		l.i++
		return l.end(opPipe)
	case '(', ')':
		if c == ')' && l.within {
			l.closed = true
			return true
		}
		if !l.loose {
			return false
		}
	}
	l.i++
	return l.end(opEnd)
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// ends is ends of a text that a parenthesis may end.
func (l *lexer) ends(c byte) bool { return ends(c) || c == ')' && l.within }
