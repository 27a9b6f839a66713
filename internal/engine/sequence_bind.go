package engine

import (
	"strconv"
	"strings"

	"ttpctl/internal/engine/glob"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/engine/shell"
	"ttpctl/internal/event"
)

// A binding says what the steps of a sequence have in common.
type binding uint8

const (
	sameNothing binding = iota
	sameFile
	sameHost
	sameProcess
)

var bindings = []string{"", "file", "host", "process"}

// A bound value is what a step has that the others must have too; "" = it
// names none here.
type bound struct {
	value string
	glob  bool // it stands for the files that it matches
}

// pipeMark begins the value of what flows through a pipe: a file between its
// ends. No path has a zero byte.
const pipeMark = "\x00"

// binds reports whether effects of verb v name what the steps share.
func (b binding) binds(v program.Verb) bool {
	switch v {
	case program.Reads, program.Writes, program.Removes, program.ChangesMode, program.Searches, program.Archives:
		return b == sameFile
	case program.Runs:
		return b == sameFile || b == sameProcess
	case program.Fetches, program.Sends:
		return b == sameFile || b == sameHost
	case program.Connects:
		return b == sameHost
	case program.Kills:
		return b == sameProcess
	}
	return false
}

// example is a verb whose effects name what the steps share.
func (b binding) example() program.Verb {
	switch b {
	case sameHost:
		return program.Connects
	case sameProcess:
		return program.Kills
	}
	return program.Runs
}

// effectBound returns what effect e of command i has of it.
func (f *finder) effectBound(i int, e *program.Effect) bound {
	switch {
	case !f.same.binds(e.Verb):
		return bound{}
	case f.same == sameHost:
		return bound{value: e.Host}
	case f.same == sameProcess:
		return bound{value: baseName(e.Target)}
	}
	file := e.Target
	switch e.Verb {
	case program.Fetches:
		file = e.To
	case program.Sends:
		file = e.From
	}
	if file == "-" {
		return bound{value: f.pipe(i)}
	}
	return bound{value: file, glob: isTyped(e) || strings.Contains(file, "*")}
}

// pipe returns what flows through the pipe that command i is an end of.
func (f *finder) pipe(i int) string {
	v, c := f.h.line.view, f.h.line.Commands[i].Shell
	if c < 0 {
		return ""
	}
	for s := v.Commands[c].Scope; s > 0; s = v.Scopes[s].Parent {
		switch v.Scopes[s].Kind {
		case shell.Stage:
			return f.flow("pipe", v.Scopes[s].Pipe)
		case shell.Substitution, shell.Process:
			return f.flow("words", owner(v, c, s))
		}
	}
	return f.flow("words", c)
}

// flow names what flows inside the line from one command to another.
func (f *finder) flow(how string, n int) string {
	return pipeMark + f.ev.SourceID + pipeMark + how + strconv.Itoa(n)
}

// owner returns the command in whose words the substitution that scope s is
// stands: it comes before those of the substitution.
func owner(v *shell.View, c, s int) int {
	for c > 0 && v.Commands[c].Scope != v.Scopes[s].Parent {
		c--
	}
	return c
}

// placeStep is how far apart the places of two commands are: those of a
// substitution come in between, before the command that they are words of.
const placeStep = 2 * shell.MaxCommands

// at returns the place of command i in the order in which commands run.
func (f *finder) at(i int) int {
	v, c := f.h.line.view, f.h.line.Commands[i].Shell
	if c < 0 {
		return i * placeStep
	}
	for s := v.Commands[c].Scope; s > 0; s = v.Scopes[s].Parent {
		if k := v.Scopes[s].Kind; k == shell.Substitution || k == shell.Process {
			before := owner(v, c, s)
			return before*placeStep - placeStep + 1 + (c - before)
		}
	}
	return i * placeStep
}

// equal reports whether two values are the same thing. Where the directory of
// a file is unknown, base names decide.
func (a bound) equal(b bound, same binding) bool {
	switch {
	case a.value == "" || b.value == "":
		return false
	case a.value == b.value:
		return true
	case same != sameFile || strings.HasPrefix(a.value, pipeMark) || strings.HasPrefix(b.value, pipeMark):
		return false
	case a.glob:
		return glob.Covers(a.value, b.value) || nowhere(a.value) && glob.Covers(baseName(a.value), baseName(b.value))
	case b.glob:
		return b.equal(bound{value: a.value}, same)
	}
	return (nowhere(a.value) || nowhere(b.value)) && baseName(a.value) == baseName(b.value)
}

// nowhere reports whether the directory of a path is unknown.
func nowhere(path string) bool { return path[0] != '/' && path[0] != '~' }

// names reports whether a step may have what the sequence binds.
func (s *sequenceStep) names(same binding) bool {
	if s.kind == event.KindPayload {
		return same == sameFile || same == sameHost
	}
	return s.root.names(same)
}

func (b *block) names(same binding) bool {
	for _, c := range b.conditions {
		switch c := c.(type) {
		case lineEffect:
			if same.binds(c.verb) {
				return true
			}
		case *commandTest:
			if same == sameProcess || len(c.effects) > 0 && same.binds(c.effects[0].verb) {
				return true
			}
		case allOf:
			if anyNames(c, same) {
				return true
			}
		case anyOf:
			if anyNames(c, same) {
				return true
			}
		}
	}
	return false
}

func anyNames(blocks []*block, same binding) bool {
	for _, b := range blocks {
		if b.names(same) {
			return true
		}
	}
	return false
}
