package program

import (
	"slices"

	"ttpctl/internal/engine/shell"
)

// A Line is what the commands of one line are and would do. The zero value is ready; reuse saves its slices. What it holds is valid until the next
// Analyze into it.
type Line struct {
	// Commands are those of the shell view in its order, with an entry of its own for each redirection that no simple command carries.
	Commands []Command
	// Verbs are the verbs of all effects.
	Verbs VerbSet
	// Start is the directory in which the line is typed, Dir the one in which it
	// leaves the shell; `.` is one that nobody knows.
	Start, Dir string

	options  []Option
	operands []Operand
	words    []Word
	effects  []Effect
	names    []string // what Via and For are slices of
}

// A Word is one word after a command's name, as a shell hands it over.
type Word struct {
	Text string
	Mark shell.Mark // how it was typed
}

// A Command is one simple command of the line as its program reads it.
type Command struct {
	Text       string // name and words joined by blanks; of a redirection alone, the redirection
	Program    string // the row's name, else the base name; empty when there is only an assignment or a redirection
	Row        *Row   // nil for a program that the table does not know
	Form       *Form  // of its subcommand or of the program itself; never nil
	Subcommand string
	Path       string   // how the program was named, when with a slash
	Via        []string // the wrappers and shells around it, outermost first
	Options    []Option
	Operands   []Operand
	Words      []Word // all words after the name
	Effects    []Effect
	Shell      int // index in the view's Commands; -1 for a redirection alone
}

// An Option is an option as typed; Name is in full when it was abbreviated, and has its dash when its dash was left out (tar xzf).
type Option struct {
	Name     string
	Value    string
	HasValue bool
	Mark     shell.Mark // of the value
	Spec     *Spec      // nil when the row does not have it
}

// An Operand is a word that is no option nor its value.
type Operand struct {
	Text string
	Role Role
	Mark shell.Mark
}

// An Effect is one thing that a command would do. Which members count depends on the verb: see the contract. An absent one is zero.
type Effect struct {
	Verb   Verb
	Action Action
	Class  HostClass
	Unset  bool       // sets: the variable is removed
	Mark   shell.Mark // of the word that Target comes from: Glob, Expands
	How    How
	Port   int
	Target string
	Scheme string
	Host   string
	To     string   // fetches: a file, or - for standard output
	From   string   // sends: a file, or - for standard input; writes: the file that it is a copy of, or was
	For    []string // searches: names and permissions as typed
	Group  string
	Value  string
}

func (l *Line) reset() {
	l.Commands, l.Verbs = l.Commands[:0], 0
	l.options, l.operands, l.words = reuse(l.options), reuse(l.operands), reuse(l.words)
	l.effects, l.names = reuse(l.effects), reuse(l.names)
}

// retain is the number of elements above which a slice is given back after an unusually large line.
const retain = 4096

func reuse[T any](s []T) []T {
	if cap(s) > retain {
		return nil
	}
	return s[:0]
}

// open begins an entry of the line, which is the last one until the next is opened. Its parts are cut from the slices of the line when they are
// complete: those may move when they grow, and what was cut before stays as it is.
func (l *Line) open(text string, shellIndex int) *Command {
	n := len(l.Commands)
	l.Commands = slices.Grow(l.Commands, 1)[:n+1]
	c := &l.Commands[n]
	*c = Command{}
	c.Text, c.Form, c.Shell = text, unknownForm, shellIndex
	return c
}

// close gives an entry its effects, which are those of the line from first on.
func (l *Line) close(c *Command, first int) {
	c.Effects = l.effects[first:len(l.effects):len(l.effects)]
	for k := range c.Effects {
		l.Verbs |= 1 << c.Effects[k].Verb
	}
}
