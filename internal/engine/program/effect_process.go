package program

import (
	"strings"

	"ttpctl/internal/engine/shell"
)

// kill takes ids: whose they are is told by pidof, pgrep or grep in a substitution, or before it in the pipe that xargs or a loop reads.
func (x *call) kill() {
	if x.has("-l", "-L") || x.has("-0") || x.value("-s") == "0" || x.value("-n") == "0" {
		return
	}
	n := len(x.a.l.effects)
	others := false
	for i := range x.operands {
		o := &x.operands[i]
		if o.Mark&shell.Expands != 0 && strings.ContainsAny(o.Text, "(`") {
			before := len(x.a.l.effects)
			x.killsNamedIn(o.Text, len(x.operands) == 1)
			if len(x.a.l.effects) == before {
				others = true
			}
		} else if o.Mark&shell.Expands == 0 || !x.killsFedBy() {
			others = true
		}
	}
	if len(x.operands) == 0 || x.via("xargs") {
		x.killsFedBy()
		others = others && len(x.a.l.effects) == n
	}
	if others || len(x.a.l.effects) == n {
		x.kills("*", 0)
	}
}

// kills adds that a process is killed.
func (x *call) kills(name string, m shell.Mark) {
	for _, e := range x.a.l.effects[x.first:] {
		if e.Verb == Kills && e.Target == name {
			return
		}
	}
	x.add(Effect{Verb: Kills, Target: name, Mark: m})
}

// via reports whether that program runs this command directly.
func (x *call) via(name string) bool { return x.i >= 0 && x.a.v.Commands[x.i].Via == name }

// killsNamedIn adds the processes that the commands of a substitution of this command ask for. When the word is the only one all of them are its own,
// however they are spelled. What stands in the words of wrappers around the command comes before it.
func (x *call) killsNamedIn(word string, only bool) {
	v := x.a.v
	first := x.i
	for p := v.Commands[first].Parent; p >= 0 && v.Commands[p].Scope == v.Commands[x.i].Scope; p = v.Commands[p].Parent {
		first = p
	}
	for k := first + 1; k < len(v.Commands); k++ {
		if x.substituted(k) && (only || strings.Contains(word, v.Commands[k].Name)) {
			x.killsAskedBy(k)
		}
	}
}

// substituted reports whether command k stands in a substitution within the scope of this command.
func (x *call) substituted(k int) bool {
	v, mine := x.a.v, x.a.v.Commands[x.i].Scope
	for s := v.Commands[k].Scope; s > mine; s = v.Scopes[s].Parent {
		if t := &v.Scopes[s]; t.Kind == shell.Substitution && t.Parent == mine {
			return true
		}
	}
	return false
}

// killsFedBy adds the processes that the commands before this one in its pipe ask for.
func (x *call) killsFedBy() bool {
	if x.i < 0 || x.in.kind != piped {
		return false
	}
	n := len(x.a.l.effects)
	for k := range x.i {
		if x.a.v.Feeds(k, x.i) {
			x.killsAskedBy(k)
		}
	}
	return len(x.a.l.effects) > n
}

// killsAskedBy adds the processes that command k of the view selects by name.
func (x *call) killsAskedBy(k int) {
	sc := &x.a.v.Commands[k]
	switch sc.Name {
	case "pidof", "pgrep", "grep", "egrep", "fgrep", "awk", "gawk", "mawk", "sed":
	default:
		return
	}
	c, options, operands := x.a.apart(sc)
	if sc.Name == "grep" || sc.Name == "egrep" || sc.Name == "fgrep" {
		x.killsGrepped(options, operands)
		return
	}
	for i := range operands {
		switch {
		case c.Program == "pidof", c.Program == "pgrep":
			x.killsPattern(operands[i].Text)
		case i == 0:
			if _, rest, ok := strings.Cut(operands[i].Text, "/"); ok {
				pattern, _, _ := strings.Cut(rest, "/")
				x.killsPattern(pattern)
			}
		}
	}
}

// killsGrepped adds the patterns of a grep that keeps lines.
func (x *call) killsGrepped(options []Option, operands []Operand) {
	asked := false
	for i := range options {
		switch o := &options[i]; o.Name {
		case "-v", "--invert-match":
			return
		case "-e", "--regexp":
			asked = true
		}
	}
	if asked {
		for i := range options {
			if o := &options[i]; o.Name == "-e" || o.Name == "--regexp" {
				x.killsPattern(o.Value)
			}
		}
	} else if len(operands) > 0 {
		x.killsPattern(operands[0].Text)
	}
}

// killsPattern adds the names of a pattern: `a\|b` and `a|b` are two; `[x]mrig` is how one greps without finding the grep.
func (x *call) killsPattern(pattern string) {
	if strings.Trim(pattern, "0123456789:.^$\\ ") == "" {
		return // a port or an id is no name
	}
	for name := range strings.SplitSeq(pattern, "|") {
		name = strings.TrimSuffix(name, `\`)
		if len(name) > 2 && name[0] == '[' && name[2] == ']' {
			name = x.a.join2(name[1:2], name[3:])
		}
		if name != "" {
			x.kills(name, 0)
		}
	}
}

// apart reads a command of the view out of turn.
func (a *Analyzer) apart(sc *shell.Command) (*Command, []Option, []Operand) {
	l := &a.aside
	l.reset()
	c := l.open(sc.Text, -1)
	a.identify(c, sc)
	a.read(l, c, sc)
	return c, c.Options, c.Operands
}

// pkill takes names or patterns; without one it goes by user or terminal.
func (x *call) pkill() {
	if x.has("-0") || x.has("-l", "--list") && x.c.Program == "killall" {
		return
	}
	for _, o := range x.operands {
		x.kills(o.Text, o.Mark)
	}
	if len(x.operands) == 0 && len(x.options) > 0 {
		x.kills("*", 0)
	}
}

// killAny kills what no name tells.
func (x *call) killAny() { x.kills("*", 0) }

// fuser -k kills whoever uses a file.
func (x *call) fuser() {
	if x.has("-k") {
		x.kills("*", 0)
	}
}
