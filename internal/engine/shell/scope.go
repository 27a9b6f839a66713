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

// enter opens a scope inside the present one and returns that for leaving.
func (p *Parser) enter(s Scope) (outer int) {
	outer = p.ctx.scope
	if v := p.v; len(v.Scopes) < MaxScopes {
		s.Parent = outer
		p.ctx.scope = len(v.Scopes)
		v.Scopes = append(v.Scopes, s)
	}
	return outer
}

// pipeline gives the stages of the pipelines in a flat list their scopes.
type pipeline struct {
	number, stage int
}

// enter opens the scope of a command that op follows, when it is part of a pipeline.
func (l *pipeline) enter(p *Parser, op operator) (outer int) {
	if op != opPipe && l.number == 0 {
		return p.ctx.scope
	}
	if l.number == 0 {
		p.pipes++
		l.number, l.stage = p.pipes, 0
	}
	outer = p.enter(Scope{Kind: Stage, Pipe: l.number, Stage: l.stage})
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
