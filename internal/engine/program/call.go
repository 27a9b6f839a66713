package program

import (
	"strings"

	"ttpctl/internal/engine/shell"
)

// A call is one command while its effects are found: what effect functions see.
type call struct {
	a        *Analyzer
	c        *Command
	i        int    // index in the view, -1 for a redirection alone
	first    int    // of its effects in the line
	dir      string // in which the command's words are resolved
	options  []Option
	operands []Operand

	in, to endpoint // standard input and output
	opens  []open   // what redirections open, in order
	silent bool     // the command writes nothing on its output
	bound  bool     // one of the streams is bound to something
}

// reset makes x the call of another command. Most have no streams to clear, which are the larger part of x.
func (x *call) reset(a *Analyzer, c *Command, i int, dir string) {
	if x.bound {
		*x = call{}
	}
	x.a, x.c, x.i, x.dir, x.silent = a, c, i, dir, false
	x.first, x.options, x.operands = len(a.l.effects), c.Options, c.Operands
}

// run adds all effects of a command: its assignments, the file that it is, what it reads, what its program does, what it writes.
func (x *call) run(sc *shell.Command) {
	x.assigns(sc.Assigns)
	x.started(sc)
	x.streams(sc)
	x.carry(true)
	roles := x.shown()
	if roles&inputRoles != 0 {
		x.files(inputRoles)
	}
	for _, fn := range x.c.Form.effects {
		fn(x)
	}
	if roles&outputRoles != 0 {
		x.files(outputRoles)
	}
	x.carry(false)
}

// assigns adds the variables that stand before the command, or alone.
func (x *call) assigns(words []string) {
	for _, w := range words {
		x.sets(w)
	}
}

// started adds the run of a program that was named by a path where no system keeps its programs.
func (x *call) started(sc *shell.Command) {
	if x.c.Path == "" {
		return
	}
	if sc.Marks[0]&shell.Glob != 0 && x.c.Row != nil {
		return // `/b?n/c?t` is the program of that row
	}
	path := x.a.resolve(x.c.Path, sc.Marks[0], x.dir)
	for _, dir := range [...]string{"/bin/", "/sbin/", "/usr/", "/opt/"} {
		if len(path) > len(dir) && path[:len(dir)] == dir {
			return
		}
	}
	x.add(Effect{Verb: Runs, Target: x.a.home(path), Mark: sc.Marks[0]})
	x.initScript(path)
}

// maxEffects is how many effects a command may have; the rest is left out. More than a handful are the same one on many files.
const maxEffects = 256

// add adds an effect, unless its word is empty. Of equal ones on files and connections one stands.
func (x *call) add(e Effect) {
	if e.Target == "" || len(x.a.l.effects)-x.first == maxEffects {
		return
	}
	if e.Verb == Connects || e.Verb == Writes || e.Verb == Reads || e.Verb == Runs {
		for k := x.first; k < len(x.a.l.effects); k++ {
			if old := &x.a.l.effects[k]; old.Verb == e.Verb && old.Target == e.Target && old.How == e.How {
				return
			}
		}
	}
	x.a.l.effects = append(x.a.l.effects, e)
}

// path resolves a word of this command.
func (x *call) path(word string, m shell.Mark) string { return x.a.path(word, m, x.dir) }

// reads adds the effect of a file that is read.
func (x *call) reads(word string, m shell.Mark) { x.file(Effect{Verb: Reads, Mark: m}, word) }

// writes adds the effect of a file that is written.
func (x *call) writes(how How, word string, m shell.Mark) {
	x.file(Effect{Verb: Writes, How: how, Mark: m}, word)
}

// file adds an effect on the file that word names, if it names one.
func (x *call) file(e Effect, word string) {
	if word == "-" || word == "" || substituted(word) {
		return
	}
	if e.Target = x.path(word, e.Mark); !nothing(e.Target) {
		x.add(e)
	}
}

// The roles of files that are effects in themselves: of what is read, which come before those of the program, and of what is written, removed, run and
// searched, which come behind.
const (
	inputRoles  = 1<<RoleRead | 1<<RoleSend | 1<<RoleChange
	outputRoles = 1<<RoleWrite | 1<<RoleAppend | 1<<RoleEdit | 1<<RoleChange | 1<<RoleRemove | 1<<RoleSearch | 1<<RoleScript
)

// shown returns the roles that words of the command have, a bit each. Effect functions may take these roles away and give none.
func (x *call) shown() (roles uint64) {
	for i := range x.options {
		if o := &x.options[i]; o.Spec != nil && o.HasValue {
			roles |= 1 << o.Spec.Role
		}
	}
	for i := range x.operands {
		roles |= 1 << x.operands[i].Role
	}
	return roles
}

// files adds the effects of words whose roles are among these: values of options first, then operands.
func (x *call) files(roles uint64) {
	for i := range x.options {
		if o := &x.options[i]; o.Spec != nil && o.HasValue && roles>>o.Spec.Role&1 != 0 {
			x.role(roles, o.Spec.Role, o.Value, o.Mark)
		}
	}
	for i := range x.operands {
		if o := &x.operands[i]; roles>>o.Role&1 != 0 {
			x.role(roles, o.Role, o.Text, o.Mark)
		}
	}
}

// role adds the effect of one word.
func (x *call) role(roles uint64, role Role, word string, m shell.Mark) {
	if roles == inputRoles {
		x.reads(word, m)
		return
	}
	switch role {
	case RoleWrite:
		x.writes(Create, word, m)
	case RoleAppend:
		x.writes(Append, word, m)
	case RoleEdit, RoleChange:
		if !strings.HasPrefix(word, "+") { // vi +10 goes to a line
			x.writes(Edit, word, m)
		}
	case RoleRemove:
		x.file(Effect{Verb: Removes, Mark: m}, word)
	case RoleSearch:
		x.file(Effect{Verb: Searches, Mark: m}, word)
	case RoleScript:
		x.script(word, m)
	}
}

// substituted reports whether a word is <(...) or >(...): a pipe to other commands, no file.
func substituted(word string) bool {
	return len(word) > 2 && (word[0] == '<' || word[0] == '>') && word[1] == '('
}

// option returns the last option that has one of the names, or nil.
func (x *call) option(names ...string) *Option {
	for i := len(x.options) - 1; i >= 0; i-- {
		o := &x.options[i]
		for _, n := range names {
			if o.Name == n || o.Spec != nil && o.Spec.named(n) {
				return o
			}
		}
	}
	return nil
}

// has reports whether one of the options was given.
func (x *call) has(names ...string) bool { return x.option(names...) != nil }

// value returns the value of the last option that has one of the names.
func (x *call) value(names ...string) string {
	if o := x.option(names...); o != nil {
		return o.Value
	}
	return ""
}

// operand returns the text of operand i, "" when there are fewer.
func (x *call) operand(i int) string {
	if i < len(x.operands) {
		return x.operands[i].Text
	}
	return ""
}
