package shell

import "mvdan.cc/sh/v3/syntax"

// stmts walks statements and returns what they write, if somebody wants it.
func (p *Parser) stmts(list []*syntax.Stmt, in stream) stream {
	all := empty
	for _, s := range list {
		out := p.stmt(s, in)
		if p.ctx.want {
			all = p.concat(all, out)
		}
	}
	return all
}

// stmt walks one statement.
func (p *Parser) stmt(s *syntax.Stmt, in stream) stream {
	switch cmd := s.Cmd.(type) {
	case *syntax.BinaryCmd:
		return p.binary(s, in)
	case *syntax.CallExpr:
		if p.idleStmt(s) {
			return empty
		}
		return p.simple(s, in, func() int { return p.callWords(cmd) })
	case *syntax.DeclClause:
		return p.simple(s, in, func() int { return p.declWords(cmd) })
	}
	first := len(p.v.Redirects)
	in, writes := p.redirects(s.Redirs, -1, in)
	own := len(p.v.Redirects)
	want := p.ctx.want
	p.ctx.want = want || writes
	out := p.compound(s.Cmd, in)
	p.ctx.want = want
	p.behind(p.v.Redirects[first:own], s.Cmd != nil)
	if writes {
		p.saveOf(p.v.Redirects[first:own], -1, out)
		return empty
	}
	return out
}

// saveOf notes what the redirections of the command at idx leave in files.
func (p *Parser) saveOf(redirs []Redirect, idx int, out stream) {
	for i := range redirs {
		if redirs[i].Command == idx {
			p.save(redirs[i:i+1], out)
		}
	}
}

// behind sets the place of a compound command's redirections, which the view lists before what the command holds.
func (p *Parser) behind(redirects []Redirect, compound bool) {
	for i := range redirects {
		if r := &redirects[i]; r.Command < 0 && r.Scope == p.ctx.scope {
			r.At, r.Compound = len(p.v.Commands), compound
		}
	}
}

// leaf is one statement of a list with the operator after it.
type leaf struct {
	stmt *syntax.Stmt
	op   operator
}

// binary walks a list or pipeline. Such trees lean to the left and may be as deep as the line is long, so they are laid flat without recursion.
func (p *Parser) binary(s *syntax.Stmt, in stream) stream {
	want := p.ctx.want
	cur, all := in, empty
	var pipe pipeline
	leaves := flatten(s)
	for k, l := range leaves {
		if l.op == opPipe && p.idleStmt(l.stmt) && p.idleStmt(leaves[k+1].stmt) {
			continue // one of a run of no-ops in a pipe does
		}
		p.ctx.want = want || l.op == opPipe
		outer := pipe.enter(p, l.op)
		out := p.stmt(l.stmt, cur)
		p.ctx.want = want
		p.leave(outer)
		if l.op == opPipe {
			cur = out
			continue
		}
		if want {
			all = p.concat(all, out)
		}
		cur = in
	}
	return all
}

func flatten(s *syntax.Stmt) []leaf {
	var leaves []leaf
	todo := []leaf{{s, opEnd}}
	for len(todo) > 0 {
		l := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		b, ok := l.stmt.Cmd.(*syntax.BinaryCmd)
		if !ok {
			leaves = append(leaves, l)
			continue
		}
		op := opPipe
		switch b.Op {
		case syntax.AndStmt:
			op = opAnd
		case syntax.OrStmt:
			op = opOr
		}
		todo = append(todo, leaf{b.Y, l.op}, leaf{b.X, op})
	}
	return leaves
}

// simple walks a simple command, whose words are pushed on Parser.fields by push, which returns how many of them are assignments.
func (p *Parser) simple(s *syntax.Stmt, in stream, push func() int) stream {
	idx := p.reserve(true)
	if idx < 0 {
		return empty
	}
	base := len(p.fields)
	assigns := push()
	start := len(p.v.words)
	for _, f := range p.fields[base:] {
		p.v.addWord(f.text, f.mark)
	}
	p.fields = p.fields[:base]
	words, marks := p.v.words[start:len(p.v.words):len(p.v.words)], p.v.marks[start:]
	p.command(idx, words, marks, assigns, "")
	first := len(p.v.Redirects)
	in, writes := p.redirects(s.Redirs, idx, in)
	own := p.v.Redirects[first:]
	out := p.run(idx, words[assigns:], in)
	if writes {
		p.saveOf(own, idx, out)
		return empty
	}
	return out
}

func (p *Parser) callWords(c *syntax.CallExpr) int {
	base := len(p.fields)
	for _, a := range c.Assigns {
		p.pushAssign(a)
	}
	assigns := len(p.fields) - base
	for i, w := range c.Args {
		p.word(w, i == 0)
	}
	if len(c.Args) > 0 && len(p.fields) == base+assigns {
		// Every word vanished, as `$IFS` alone does: keep the source.
		p.fields = append(p.fields, field{p.source(c.Args[0]), Expands})
	}
	return assigns
}

func (p *Parser) declWords(c *syntax.DeclClause) int {
	p.fields = append(p.fields, field{text: c.Variant.Value})
	for _, a := range c.Args {
		switch {
		case a.Naked && a.Name == nil && a.Value != nil:
			p.word(a.Value, false)
		case a.Naked:
			p.fields = append(p.fields, field{text: p.source(a)})
		default:
			p.pushAssign(a)
		}
	}
	return 0
}

// pushAssign pushes NAME=value with the value resolved.
func (p *Parser) pushAssign(a *syntax.Assign) {
	if a.Array != nil && a.Index == nil && a.Name != nil && !a.Append {
		p.array(a)
		return
	}
	if a.Index != nil || a.Array != nil || a.Name == nil {
		p.nested(a)
		p.fields = append(p.fields, field{p.source(a), Expands})
		return
	}
	base := len(p.buf)
	p.mark = 0
	p.buf = append(p.buf, a.Name.Value...)
	if a.Append {
		p.buf = append(p.buf, '+')
	}
	p.buf = append(p.buf, '=')
	if a.Value != nil {
		p.parts(a.Value.Parts, mode{base: base, quoted: true})
	}
	p.push(base)
}

// array pushes NAME=(...) as its source and records its words.
func (p *Parser) array(a *syntax.Assign) {
	base := len(p.fields)
	for _, e := range a.Array.Elems {
		if e.Index != nil || e.Value == nil {
			p.nested(a)
			break
		}
		p.word(e.Value, false)
	}
	var words []string
	for _, f := range p.fields[base:] {
		words = append(words, f.text)
	}
	p.fields = append(p.fields[:base], field{p.source(a), Expands})
	p.setList(a.Name.Value, words)
}

// redirects adds redirections to the view; what the command reads becomes known with a here-document or here-string. writes says that its output
// goes elsewhere.
func (p *Parser) redirects(list []*syntax.Redirect, idx int, in stream) (stdin stream, away bool) {
	for _, r := range list {
		target := p.single(r.Word)
		red := Redirect{Op: r.Op.String(), Target: target.text, Mark: target.mark}
		if r.N != nil {
			red.FD = r.N.Value
		}
		p.redirect(red, idx)
		switch r.Op {
		case syntax.Hdoc, syntax.DashHdoc:
			body := ""
			if r.Hdoc != nil {
				body = p.heredoc(r)
			}
			in = known(body)
		case syntax.WordHdoc:
			in = known(red.Target)
		default:
			in = p.input(&red, in)
			away = away || writes(red.FD, red.Op, red.Target)
		}
	}
	return in, away
}

// compound walks everything that is no simple command.
func (p *Parser) compound(c syntax.Command, in stream) stream {
	switch c := c.(type) {
	case *syntax.Block:
		return p.stmts(c.Stmts, in)
	case *syntax.Subshell:
		outer := p.enter(Scope{Kind: Subshell})
		out := p.stmts(c.Stmts, in)
		p.leave(outer)
		return out
	case *syntax.IfClause:
		for ; c != nil; c = c.Else {
			p.stmts(c.Cond, in)
			p.stmts(c.Then, in)
		}
	case *syntax.WhileClause:
		p.stmts(c.Cond, in)
		p.stmts(c.Do, in)
	case *syntax.ForClause:
		if it, ok := c.Loop.(*syntax.WordIter); ok {
			p.set(it.Name.Value, "", false)
		}
		p.nested(c.Loop)
		p.stmts(c.Do, in)
	case *syntax.CaseClause:
		p.nested(c.Word)
		for _, it := range c.Items {
			p.stmts(it.Stmts, in)
		}
	case *syntax.FuncDecl:
		p.stmt(c.Body, stream{})
		return empty
	case *syntax.TimeClause:
		if c.Stmt != nil {
			return p.stmt(c.Stmt, in)
		}
	case *syntax.CoprocClause:
		p.stmt(c.Stmt, in)
	case nil: // a lone redirection: `$(<f)` is the content of f
	default: // [[ ]], (( )), let
		p.nested(c)
	}
	return stream{}
}

// nested walks the substitutions anywhere below a node that is no command of its own.
func (p *Parser) nested(n syntax.Node) {
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			p.substituted(n, n.Stmts, Substitution)
			return false
		case *syntax.ProcSubst:
			p.substituted(n, n.Stmts, Process)
			return false
		}
		return true
	})
}

// substituted walks the commands of a substitution and returns their output.
func (p *Parser) substituted(n syntax.Node, list []*syntax.Stmt, kind ScopeKind) stream {
	source := p.source(n)
	if p.repeated(source) {
		return stream{}
	}
	want, mark := p.ctx.want, p.mark
	outer := p.enter(Scope{Kind: kind})
	p.ctx.want = true
	out := p.stmts(list, stream{})
	p.ctx.want, p.mark = want, mark
	p.leave(outer)
	if !out.known() {
		p.remember(source)
	}
	return out
}

// source returns the text of a node.
func (p *Parser) source(n syntax.Node) string {
	from, to := int(n.Pos().Offset()), int(n.End().Offset())
	if from > to || to > len(p.ctx.src) {
		return ""
	}
	return p.ctx.src[from:to]
}
