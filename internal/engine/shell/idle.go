package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A command that does nothing, `:`, true or false with nothing but literal words and no redirection, has no place in a view: a thousand of them must
// not push out the command behind them. It writes nothing and does not read its input. A word that expands may do something: `: ${x:=y}`.

func idle(name string) bool {
	switch name {
	case ":", "true", "false", "/bin/true", "/bin/false", "/usr/bin/true", "/usr/bin/false":
		return true
	}
	return false
}

// bare reports whether w, typed as it is or between quotes, stands for itself to all three readers.
func bare(w string) bool {
	for i := range len(w) {
		if c := w[i]; !inQuotes(c) || c == '\\' || c == '{' || c == '$' || c == '`' {
			return false
		}
	}
	return true
}

// redefines reports whether a line may give a name that does nothing something to do, as the fork bomb does with `:`.
func redefines(line string) bool {
	return strings.Contains(line, "alias") || strings.Contains(line, "function") || strings.Contains(line, ":(") || strings.Contains(line, ": (") ||
		strings.Contains(line, "true(") || strings.Contains(line, "true (") || strings.Contains(line, "false(") || strings.Contains(line, "false (")
}

// idleStmt reports whether s does nothing.
func (p *Parser) idleStmt(s *syntax.Stmt) bool {
	c, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(s.Redirs) > 0 || len(c.Assigns) > 0 || len(c.Args) == 0 || !idle(c.Args[0].Lit()) {
		return false
	}
	for _, w := range c.Args[1:] {
		if !bareWord(w) {
			return false
		}
	}
	return !redefines(p.line)
}

// bareWord is bare of a word of a tree: text, or one quotation.
func bareWord(w *syntax.Word) bool {
	if len(w.Parts) == 1 {
		switch part := w.Parts[0].(type) {
		case *syntax.SglQuoted:
			return !part.Dollar && bare(part.Value)
		case *syntax.DblQuoted:
			return !part.Dollar && bareText(part.Parts)
		}
	}
	return bareText(w.Parts)
}

// bareText reports whether parts are bare text, which the parser may have cut.
func bareText(parts []syntax.WordPart) bool {
	for _, part := range parts {
		lit, ok := part.(*syntax.Lit)
		if !ok || !bare(lit.Value) {
			return false
		}
	}
	return true
}

// note keeps in mind whether the open stage, to which word w of this source is the nth argument, still does nothing.
func (st *stage) note(n int, w, source string) {
	switch {
	case n == 0:
		st.quiet = w == source && idle(w)
	case st.quiet:
		st.quiet = bare(w) && (w == source || len(source) == len(w)+2)
	}
}

// idle reports whether the open stage does nothing.
func (l *lexer) idle() bool {
	st, p := &l.st, l.p
	return st.quiet && st.assigns == 0 && len(p.redirs) == st.redirs[0] && len(p.inner) == st.inner[0] && !redefines(p.line)
}

// skip drops the open stage, which does nothing, before operator op, which then follows the stage before. In a pipe it must stay, without words, to
// say what the next command reads, and so must the first of a text before ||; of several in a row one does.
func (l *lexer) skip(op operator) {
	p := l.p
	p.v.words, p.v.marks = p.v.words[:l.st.words[0]], p.v.marks[:l.st.words[0]]
	piped, last := l.before == opPipe, len(p.stages)-1
	switch {
	case l.count > 0 && (!piped && op != opPipe || piped && p.stages[last].idle):
		p.stages[last].op = op
	case piped || op == opPipe || op == opOr:
		l.st.op, l.st.idle = op, true
		l.st.words[1], l.st.redirs[1], l.st.inner[1] = len(p.v.words), len(p.redirs), len(p.inner)
		p.stages = append(p.stages, l.st)
		l.count++
	}
	l.open, l.before = op != opEnd, op
	l.begin()
}
