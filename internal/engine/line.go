package engine

import (
	"ttpctl/internal/engine/program"
	"ttpctl/internal/engine/shell"
	"ttpctl/internal/event"
)

// simpleCommand is the derived field in which the index looks for words of
// commands.
var (
	simpleCommand = event.MustField(event.KindCommand, "simple_command")
	commandPwd    = event.MustField(event.KindCommand, "pwd")
)

// A lineReader is a Matcher that may ask what the commands of a line do; the
// line is then analysed, once for all of them.
type lineReader interface{ readsLine() bool }

// An analysis is what the commands of a line are and do, and how they hang
// together.
type analysis struct {
	*program.Line
	view *shell.View
	rows rowSketch   // of its commands' programs
	bits []rowSketch // of each
	// options are the bits of what options each command was given, by all names.
	options []uint64
	// sketch says more of them; see sketched.
	sketch *lineSketch
	// secret: some of it came of an input of a request that is named for a secret.
	secret bool
}

// A rowSketch says which programs may be among some: rows of the table share its
// bits, and all programs that the table does not know have the last.
type rowSketch uint64

const unknownRow rowSketch = 1 << 63

// rowBit is the sketch of one row.
func rowBit(r *program.Row) rowSketch {
	if r == nil {
		return unknownRow
	}
	return 1 << (r.ID % 63)
}

// feeds reports whether what command from writes goes through pipes into
// command to.
func (a *analysis) feeds(from, to int) bool {
	f, t := a.Commands[from].Shell, a.Commands[to].Shell
	return f >= 0 && t >= 0 && a.view.Feeds(f, t)
}

// shows reports whether an effect of command i passes. A redirection behind a
// wrapper is the wrapper's effect (`sudo cat x > f`), and where what the command
// prints goes: it counts for the command too.
func (a *analysis) shows(t *effectTest, i int) bool {
	if t.of(&a.Commands[i]) {
		return true
	}
	for k := a.wrapper(i); k >= 0; k = a.wrapper(k) {
		if t.of(&a.Commands[k]) {
			return true
		}
	}
	return false
}

// wrapper returns the command that runs command i in its own place, -1 when
// none does: the text that a shell is given is a place of its own, and find has
// effects beside what it runs.
func (a *analysis) wrapper(i int) int {
	at := a.Commands[i].Shell
	if at < 0 || a.view.Commands[at].Parent < 0 {
		return -1
	}
	c := &a.view.Commands[at]
	p := &a.view.Commands[c.Parent]
	if p.Scope != c.Scope || p.Depth != c.Depth || p.Name == "find" {
		return -1
	}
	for i--; i >= 0 && a.Commands[i].Shell != c.Parent; i-- {
	}
	return i
}
