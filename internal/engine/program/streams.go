package program

import "ttpctl/internal/engine/shell"

// streams finds what the command's standard streams are bound to: redirections, of its own and of the wrappers around it, else pipes.
func (x *call) streams(sc *shell.Command) {
	if sc.Scope > 0 {
		if x.a.piped(sc.Scope, true) {
			x.in.kind, x.bound = piped, true
		}
		if x.a.piped(sc.Scope, false) {
			x.to.kind, x.bound = piped, true
		}
	}
	if len(x.a.v.Redirects) == 0 {
		return
	}
	x.opens, x.bound = x.a.openFiles[:0], true
	if sc.Parent >= 0 {
		x.inherit(sc)
		x.opens = x.opens[:0]
	}
	x.a.redirects(x.i, x.redirect)
	x.a.openFiles = x.opens
}

// inherit takes over the streams of the wrappers around a command, whose redirections are their own effects. Behind a text or a pipe of its own a command
// has other streams.
func (x *call) inherit(sc *shell.Command) {
	p := &x.a.v.Commands[sc.Parent]
	if p.Scope != sc.Scope {
		return
	}
	if p.Parent >= 0 {
		x.inherit(p)
	}
	x.a.redirects(sc.Parent, x.redirect)
}

// piped reports whether standard input (or output) of the commands of a scope is a pipe.
func (a *Analyzer) piped(scope int, in bool) bool {
	for ; scope > 0; scope = a.v.Scopes[scope].Parent {
		switch s := &a.v.Scopes[scope]; s.Kind {
		case shell.Stage:
			if in && s.Stage > 0 || !in && a.feeds(scope) {
				return true
			}
		case shell.Substitution, shell.Process:
			return false
		}
	}
	return false
}

// feeds reports whether another stage of the pipe comes after this one.
func (a *Analyzer) feeds(scope int) bool {
	s := &a.v.Scopes[scope]
	for k := scope + 1; k < len(a.v.Scopes); k++ {
		if t := &a.v.Scopes[k]; t.Pipe == s.Pipe {
			return true
		}
	}
	return false
}

// stdout returns where what a command prints goes: a file, or - .
func (x *call) stdout() string {
	switch x.to.kind {
	case file:
		return x.to.path
	case null:
		return ""
	}
	return "-"
}

// stdin returns where what a command reads comes from: a file, or - .
func (x *call) stdin() string {
	if x.in.kind == file {
		return x.in.path
	}
	return "-"
}

// fed reports whether standard input is given by the line.
func (x *call) fed() bool {
	return x.in.kind == piped || x.in.kind == file || x.in.kind == inline
}

// kept reports whether standard output goes somewhere that the line names.
func (x *call) kept() bool { return x.to.kind == piped || x.to.kind == file }
