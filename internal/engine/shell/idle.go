package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A command that does nothing, `:` or true without an argument or a redirection, has no place in a view: a thousand of them must not push out the
// command behind them. It writes nothing and does not read its input.

func idle(name string) bool { return name == ":" || name == "true" }

// redefined reports whether line may define a function `:`, as the fork bomb does: then it does something.
func redefined(line string) bool {
	return strings.Contains(line, ":(") || strings.Contains(line, ": (")
}

// idleStmt reports whether s does nothing.
func (p *Parser) idleStmt(s *syntax.Stmt) bool {
	c, ok := s.Cmd.(*syntax.CallExpr)
	return ok && !p.busy && len(s.Redirs) == 0 && len(c.Assigns) == 0 && len(c.Args) == 1 && idle(c.Args[0].Lit())
}

// idle reports whether the open stage does nothing.
func (l *lexer) idle() bool {
	st, p := &l.st, l.p
	return !p.busy && l.args() == 1 && st.assigns == 0 && st.raw > 0 && len(p.redirs) == st.redirs[0] && len(p.inner) == st.inner[0] &&
		idle(p.v.words[st.words[0]])
}

// skip drops the open stage, which does nothing, before operator op. In a pipe it must stay, without words, to say what the next command reads;
// of several in a row one does.
func (l *lexer) skip(op operator) {
	p := l.p
	p.v.words, p.v.marks = p.v.words[:l.st.words[0]], p.v.marks[:l.st.words[0]]
	piped := l.before == opPipe
	if last := len(p.stages) - 1; piped && p.stages[last].idle {
		p.stages[last].op = op
	} else if piped || op == opPipe {
		l.st.op, l.st.idle = op, true
		l.st.words[1], l.st.redirs[1], l.st.inner[1] = len(p.v.words), len(p.redirs), len(p.inner)
		p.stages = append(p.stages, l.st)
		l.count++
	}
	l.open, l.before = op != opEnd, op
	l.begin()
}
