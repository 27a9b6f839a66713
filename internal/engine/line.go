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

// readsLine reports whether a rule has a command or effect block.
func (r *Rule) readsLine() bool {
	m, ok := r.matcher.(lineReader)
	return ok && m.readsLine()
}

// ordered reports whether the stage judges the rule.
func (r *Rule) ordered() bool { return r.sequence != nil || r.tallies }

// An analysis is what the commands of a line are and do, and how they hang
// together.
type analysis struct {
	*program.Line
	view *shell.View
}

// feeds reports whether what command from writes goes through pipes into
// command to.
func (a *analysis) feeds(from, to int) bool {
	f, t := a.Commands[from].Shell, a.Commands[to].Shell
	return f >= 0 && t >= 0 && a.view.Feeds(f, t)
}
