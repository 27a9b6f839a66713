package shell

// A Scope is a part of the line with a working directory and an environment of its own: what a `cd` inside changes is as before after it. The line
// itself is scope 0.
type Scope struct {
	Parent int // index in View.Scopes, -1 for the line itself
	Kind   ScopeKind
	// Pipe numbers the pipeline that a Stage belongs to, from 1, and Stage its place in it, from 0. Other scopes have 0.
	Pipe, Stage int
}

// A ScopeKind says what makes a scope.
type ScopeKind uint8

// The kinds of scopes.
const (
	WholeLine    ScopeKind = iota
	Subshell               // ( )
	Stage                  // one command of a pipeline
	Substitution           // $( ), ` `: what it writes becomes words
	Process                // <( ), >( )
	Text                   // what a shell that the line starts reads
)

// MaxScopes is how many scopes a view holds; what lies deeper belongs to the last one around it.
const MaxScopes = 2 * MaxCommands

// place is where in the structure of the line the parser is.
type place struct {
	scope int
	or    bool
}

// enter opens a scope inside the present one and returns the place to leave for.
func (p *Parser) enter(s Scope) (outer place) {
	outer = place{p.ctx.scope, p.ctx.or}
	if v := p.v; len(v.Scopes) < MaxScopes {
		s.Parent = outer.scope
		p.ctx.scope = len(v.Scopes)
		v.Scopes = append(v.Scopes, s)
	}
	return outer
}

func (p *Parser) leave(to place) { p.ctx.scope, p.ctx.or = to.scope, to.or }

// pipeline follows the operators of a flat list: the stages of its pipelines get scopes.
type pipeline struct {
	number, stage int
	or            bool // || stands before the pipeline
}

// enter goes to the command that op follows.
func (l *pipeline) enter(p *Parser, op operator) (outer place) {
	outer = place{p.ctx.scope, p.ctx.or}
	p.ctx.or = outer.or || l.or
	if op != opPipe {
		l.or = op == opOr
		if l.number == 0 {
			return outer
		}
	}
	if l.number == 0 {
		p.pipes++
		l.number, l.stage = p.pipes, 0
	}
	p.enter(Scope{Kind: Stage, Pipe: l.number, Stage: l.stage})
	l.stage++
	if op != opPipe {
		l.number = 0
	}
	return outer
}

// Feeds reports whether what command from writes goes, through one pipe or more, into command to.
func (v *View) Feeds(from, to int) bool {
	for s := v.Commands[to].Scope; s > 0; s = v.Scopes[s].Parent {
		if t := &v.Scopes[s]; t.Kind == Stage && t.Stage > 0 && v.inPipe(from, t.Pipe, t.Stage) {
			return true
		}
	}
	return false
}

// inPipe reports whether command i stands in a stage of the pipe before the given one.
func (v *View) inPipe(i, pipe, stage int) bool {
	for s := v.Commands[i].Scope; s > 0; s = v.Scopes[s].Parent {
		switch t := &v.Scopes[s]; {
		case t.Pipe == pipe && t.Kind == Stage:
			return t.Stage < stage
		case t.Kind == Substitution, t.Kind == Process:
			return false // its output goes elsewhere
		}
	}
	return false
}
