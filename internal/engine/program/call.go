package program

import "ttpctl/internal/engine/shell"

// A call is one command while its effects are found: what effect functions see.
type call struct {
	a        *Analyzer
	c        *Command
	dir      string // in which the command's words are resolved
	options  []Option
	operands []Operand
}

// An effectFunc adds the effects of one idea that no role expresses.
type effectFunc func(*call)

// effectOf returns the effect function of that name, or nil.
func effectOf(name string) effectFunc {
	switch name {
	case "chmod":
		return (*call).chmod
	case "fetch":
		return (*call).fetch
	}
	return nil
}

// add adds an effect.
func (x *call) add(e Effect) { x.a.l.effects = append(x.a.l.effects, e) }

// path resolves a word of this command.
func (x *call) path(word string, m shell.Mark) string { return x.a.path(word, m, x.dir) }

// reads adds the effect of a file that is read.
func (x *call) reads(word string, m shell.Mark) { x.file(Effect{Verb: Reads, Mark: m}, word) }

// writes adds the effect of a file that is written.
func (x *call) writes(how How, word string, m shell.Mark) {
	x.file(Effect{Verb: Writes, How: how, Mark: m}, word)
}

// file adds an effect on the file that word names, unless it is none.
func (x *call) file(e Effect, word string) {
	if e.Target = x.path(word, e.Mark); word != "-" && word != "" && !nothing(e.Target) {
		x.add(e)
	}
}

// inputs adds what roles read: options first, then operands.
func (x *call) inputs() {
	for i := range x.options {
		if o := &x.options[i]; o.Spec != nil && o.HasValue {
			x.input(o.Spec.Role, o.Value, o.Mark)
		}
	}
	for i := range x.operands {
		x.input(x.operands[i].Role, x.operands[i].Text, x.operands[i].Mark)
	}
}

func (x *call) input(role Role, word string, m shell.Mark) {
	switch role {
	case RoleRead, RoleSend, RoleChange:
		x.reads(word, m)
	}
}

// outputs adds what roles write, remove, run and search.
func (x *call) outputs() {
	for i := range x.options {
		if o := &x.options[i]; o.Spec != nil && o.HasValue {
			x.output(o.Spec.Role, o.Value, o.Mark)
		}
	}
	for i := range x.operands {
		x.output(x.operands[i].Role, x.operands[i].Text, x.operands[i].Mark)
	}
}

func (x *call) output(role Role, word string, m shell.Mark) {
	switch role {
	case RoleWrite:
		x.writes(Create, word, m)
	case RoleAppend:
		x.writes(Append, word, m)
	case RoleEdit, RoleChange:
		x.writes(Edit, word, m)
	case RoleRemove:
		x.file(Effect{Verb: Removes, Mark: m}, word)
	case RoleSearch:
		x.file(Effect{Verb: Searches, Mark: m}, word)
	case RoleScript:
		x.file(Effect{Verb: Runs, Mark: m}, word)
	}
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
