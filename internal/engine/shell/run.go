package shell

import (
	"slices"
	"strings"
)

// reserve keeps the place of a command in the view, so that it stands before the substitutions inside it. It returns -1 when there is no command
// or no room.
func (p *Parser) reserve(want bool) int {
	if !want {
		return -1
	}
	v := p.v
	if len(v.Commands) == MaxCommands {
		p.full, v.Truncated = true, true
		v.CommandsLeftOut++
		return -1
	}
	n := len(v.Commands)
	v.Commands = slices.Grow(v.Commands, 1)[:n+1]
	cmd := &v.Commands[n]
	*cmd = Command{}
	cmd.Parent, cmd.Via, cmd.Depth, cmd.Scope, cmd.Or = p.ctx.parent, p.ctx.via, p.ctx.depth, p.ctx.scope, p.ctx.or
	return n
}

// command fills the place idx with words that are resolved, of which the first are assignments, and returns it. text is what the others are when they
// are joined; empty = nobody knows yet.
func (p *Parser) command(idx int, words []string, marks []Mark, assigns int, text string) int {
	if idx < 0 {
		return idx
	}
	cmd, args := &p.v.Commands[idx], words[assigns:]
	cmd.Assigns, cmd.AssignMarks, cmd.Marks = words[:assigns:assigns], marks[:assigns], marks[assigns:]
	if len(args) == 0 {
		cmd.Text = p.out.Join(cmd.Assigns)
		return idx
	}
	cmd.Name = baseName(args[0])
	if len(cmd.Name) < len(args[0]) {
		cmd.Path = args[0]
	}
	cmd.Args = args[1:]
	if text == "" {
		text = p.out.Join(args)
	}
	cmd.Text = text[len(args[0])-len(cmd.Name):]
	return idx
}

// baseName returns what follows the last slash of a command word, unless the slash is the first byte, is the last one, or belongs to an expansion.
func baseName(word string) string {
	i := strings.LastIndexByte(word, '/')
	if i <= 0 || i == len(word)-1 || strings.ContainsAny(word[i:], ")}`") {
		return word
	}
	return word[i+1:]
}

// redirect adds a redirection of the command at idx to the view.
func (p *Parser) redirect(r Redirect, idx int) {
	v := p.v
	if len(v.Redirects) == MaxRedirects {
		p.leftOut(len(r.FD) + len(r.Op) + len(r.Target))
		return
	}
	r.Command, r.At, r.Scope = idx, len(v.Commands), p.ctx.scope
	r.Text = p.out.redirect(r.FD, r.Op, r.Target)
	v.Redirects = append(v.Redirects, r)
}

// run follows what the command at idx does with its words and its input, and returns what it writes.
func (p *Parser) run(idx int, args []string, in stream) stream {
	if idx < 0 {
		return stream{}
	}
	if len(args) == 0 {
		p.assign(p.v.Commands[idx].Assigns)
		return empty
	}
	for range MaxPeel {
		name := p.v.Commands[idx].Name
		act := actionOf(name)
		if i := p.aliased(name); i >= 0 && p.v.Commands[idx].Path == "" && name != "" {
			return p.expand(i, idx, args, in)
		}
		if act == actPlain {
			if len(p.files) > 0 {
				return p.program(idx, in)
			}
			return stream{}
		}
		if act != actWrapper {
			return p.act(act, idx, args, in)
		}
		w, _ := wrapperOf(name)
		found := w.peel(args)
		if found.script != "" {
			return p.sub(found.script, idx, name, in)
		}
		if found.password && in.known() {
			_, rest, _ := strings.Cut(p.text(in), "\n")
			in = known(rest)
		}
		if found.at == 0 {
			return stream{}
		}
		if w.joins {
			return p.sub(p.out.Join(args[found.at:]), idx, name, in)
		}
		if name == "xargs" && in.known() {
			idx, args = p.built(idx, args, found.at, in)
			in = empty
		} else {
			idx, args = p.inside(idx, args, found.at, len(args)), args[found.at:]
		}
		if idx < 0 {
			return stream{}
		}
	}
	p.v.Truncated = true
	p.v.CommandsLeftOut++
	return stream{}
}

// inside adds the command that args[from:to] of the command at outer are. Its text is part of the outer text.
func (p *Parser) inside(outer int, args []string, from, to int) int {
	size := joined(args[from:to])
	if size > p.peeled {
		p.v.Truncated = true
		p.v.CommandsLeftOut++
		return -1
	}
	p.peeled -= size
	idx := p.reserve(true)
	if idx < 0 {
		return idx
	}
	o, cmd := &p.v.Commands[outer], &p.v.Commands[idx]
	cmd.Parent, cmd.Via, cmd.Depth = outer, o.Name, o.Depth
	start := len(o.Text) - joined(args[from:])
	text := o.Text[start : start+size]
	return p.command(idx, args[from:to], o.Marks[from:to:to], 0, text)
}

// action is what a command does that matters here.
type action byte

const (
	actPlain   action = iota
	actWrapper        // runs the command in its arguments
	actShell          // runs a text: an option, a file, or its input
	actEval           // runs its arguments, joined
	actSource         // runs a file, or its input
	actTrap           // runs its first argument, later
	actLater          // runs its input, later
	actFind           // runs the commands behind -exec
	actInput          // takes its input as data that tells what it does
	actWrite          // echo, printf: writes its arguments
	actCopy           // cat, tee: writes its input
	actDecode         // base64, openssl, xxd, rev: writes its input changed
	actDeclare        // sets variables
	actAlias          // defines aliases
	actSet            // sets positional parameters
	actForget         // changes variables in a way not followed
)

func actionOf(name string) action {
	switch name {
	case "echo", "printf":
		return actWrite
	case "cat", "tee":
		return actCopy
	case "base64", "base32", "b64decode", "openssl", "xxd", "rev", "tr":
		return actDecode
	case "sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "rbash", "csh", "tcsh", "fish", "$SHELL", "${SHELL}", "$BASH", "${BASH}", "$0":
		return actShell
	case "eval":
		return actEval
	case "source", ".":
		return actSource
	case "at", "batch":
		return actLater
	case "crontab", "chpasswd", "newusers", "passwd",
		"redis-cli", "valkey-cli", "keydb-cli", "rpcclient", "nc", "ncat", "netcat", "telnet":
		return actInput
	case "trap":
		return actTrap
	case "find":
		return actFind
	case "alias":
		return actAlias
	case "set":
		return actSet
	case "export", "declare", "readonly", "typeset", "local":
		return actDeclare
	case "unset", "read":
		return actForget
	}
	if _, ok := wrapperOf(name); ok {
		return actWrapper
	}
	return actPlain
}

func (p *Parser) act(act action, idx int, args []string, in stream) stream {
	name := p.v.Commands[idx].Name
	switch act {
	case actWrite:
		return stream{argv: args, echo: name == "echo"}
	case actCopy:
		if in.ok && in.body != "" { // what echo writes is told by its words
			p.feed(idx, in)
		}
		return p.copied(name, args[1:], in)
	case actDecode:
		return p.decode(name, args[1:], in)
	case actShell:
		return p.shell(idx, args[1:], in)
	case actEval:
		return p.sub(p.out.Join(args[1:]), idx, name, in)
	case actSource:
		return p.file(idx, args[1:], in)
	case actTrap:
		if len(args) > 2 && !strings.HasPrefix(args[1], "-") {
			p.sub(args[1], idx, name, in)
		}
	case actInput:
		if n := len(args); n > 1 && !strings.HasPrefix(args[n-1], "-") {
			if out, ok := p.contents(args[n-1]); ok && name == "crontab" {
				in = out
			}
		}
		p.feed(idx, in)
	case actLater:
		p.feed(idx, in)
		p.sub(p.text(in), idx, name, stream{})
	case actFind:
		p.find(idx, args)
	case actDeclare:
		p.assign(args[1:])
	case actAlias:
		p.alias(args[1:])
	case actSet:
		p.setParams(args[1:])
	case actForget:
		for _, a := range args[1:] {
			p.set(a, "", false)
		}
	}
	return stream{}
}

// feed keeps what the command at idx reads.
func (p *Parser) feed(idx int, in stream) {
	in = p.written(in)
	cmd := &p.v.Commands[idx]
	cmd.Input, cmd.InputKnown = in.body, in.ok
}

// shell follows a shell: the text after -c, else the script, else what it reads.
func (p *Parser) shell(idx int, args []string, in stream) stream {
	command, stdin := false, false
	i := 0
	for ; i < len(args) && len(args[i]) > 1 && (args[i][0] == '-' || args[i][0] == '+'); i++ {
		switch a := args[i]; {
		case a == "--":
		case a == "--rcfile" || a == "--init-file" || a == "-o" || a == "+o" || a == "-O" || a == "+O":
			i++
		case a[1] == '-':
		default:
			command = command || a[0] == '-' && strings.IndexByte(a, 'c') > 0
			stdin = stdin || strings.IndexByte(a, 's') > 0
		}
	}
	name := p.v.Commands[idx].Name
	rest := args[min(i, len(args)):]
	switch {
	case command && len(rest) > 0:
		return p.sub(rest[0], idx, name, in)
	case command:
		return stream{}
	case stdin || len(rest) == 0:
		return p.sub(p.text(in), idx, name, stream{})
	}
	return p.file(idx, rest, in)
}

// file follows a script operand when it is standard input or <(...) of known output.
func (p *Parser) file(idx int, args []string, in stream) stream {
	if len(args) == 0 {
		return stream{}
	}
	name := p.v.Commands[idx].Name
	switch args[0] {
	case "-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0":
		return p.sub(p.text(in), idx, name, stream{})
	}
	return p.sub(p.text(p.given(args[0])), idx, name, in)
}

// find adds the commands behind -exec and its kin.
func (p *Parser) find(idx int, args []string) {
	for i := 1; i < len(args); i++ {
		switch args[i] {
		case "-exec", "-execdir", "-ok", "-okdir":
		default:
			continue
		}
		from := i + 1
		for i = from; i < len(args) && args[i] != ";" && args[i] != "+"; i++ {
		}
		if from == i || from >= len(args) {
			continue
		}
		cmd := p.inside(idx, args, from, i)
		if cmd < 0 {
			return
		}
		p.run(cmd, args[from:i:i], stream{})
	}
}

// substitution reads what loose lex found in brackets.
func (p *Parser) substitution(in inner) {
	if p.repeated(in.source) {
		return
	}
	outer := p.enter(Scope{Kind: Substitution})
	p.sub(in.text, p.ctx.parent, p.ctx.via, stream{})
	p.leave(outer)
	p.remember(in.source)
}

// maxSeen bounds the search in repeated.
const maxSeen = 64

// repeated reports whether a substitution of an inner text is one that the outer text spelled out already: the words of `sh -c "x $(y)"` hold
// $(y), and so does the text that sh reads.
func (p *Parser) repeated(source string) bool {
	if p.ctx.depth == 0 {
		return false
	}
	for _, s := range p.seen {
		if s == source {
			return true
		}
	}
	return false
}

func (p *Parser) remember(source string) {
	if len(p.seen) < maxSeen {
		p.seen = append(p.seen, source)
	}
}
