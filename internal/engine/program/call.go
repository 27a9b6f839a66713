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
	x.options, x.operands = nil, nil
}

// run adds all effects of a command: its assignments, the file that it is, what it reads, what its program does, what it writes.
func (x *call) run(sc *shell.Command) {
	x.assigns(sc.Assigns)
	x.started(sc)
	x.streams(sc)
	x.carry(true)
	x.inputs()
	for _, fn := range x.c.Form.effects {
		fn(x)
	}
	x.outputs()
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
	if e.Target == "" || len(x.a.l.effects)-x.a.l.spans[len(x.a.l.spans)-1].effects[0] == maxEffects {
		return
	}
	if e.Verb == Connects || e.Verb == Writes || e.Verb == Reads || e.Verb == Runs {
		for k := x.a.l.spans[len(x.a.l.spans)-1].effects[0]; k < len(x.a.l.effects); k++ {
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

// eachWord hands every word that has a role to add: values of options first,
// then operands.
func (x *call) eachWord(add func(x *call, role Role, word string, m shell.Mark)) {
	for i := range x.options {
		if o := &x.options[i]; o.Spec != nil && o.HasValue {
			add(x, o.Spec.Role, o.Value, o.Mark)
		}
	}
	for i := range x.operands {
		add(x, x.operands[i].Role, x.operands[i].Text, x.operands[i].Mark)
	}
}

// inputs adds what roles read.
func (x *call) inputs() { x.eachWord((*call).input) }

func (x *call) input(role Role, word string, m shell.Mark) {
	switch role {
	case RoleRead, RoleSend, RoleChange:
		x.reads(word, m)
	}
}

// outputs adds what roles write, remove, run and search.
func (x *call) outputs() { x.eachWord((*call).output) }

func (x *call) output(role Role, word string, m shell.Mark) {
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
