package program

import (
	"strings"

	"ttpctl/internal/engine/shell"
)

// cd changes the directory of the scope; one right of || runs only when something failed, and every cd is taken to succeed.
func (x *call) cd() {
	sc := &x.a.v.Commands[x.i]
	if sc.Or {
		return
	}
	to, m := "~", shell.Mark(0)
	if len(x.operands) > 0 {
		to, m = x.operands[0].Text, x.operands[0].Mark
	}
	old := x.dir
	switch {
	case to == "-":
		x.a.dirs[sc.Scope] = x.a.prev
	case m&shell.Expands != 0 && strings.ContainsAny(to, "$`") && !known(to, x.dir):
		x.a.dirs[sc.Scope] = to
	case to == "":
	default:
		x.a.dirs[sc.Scope] = x.a.resolve(to, m, x.dir)
	}
	x.a.prev = old
}

// popd goes back to where pushd came from.
func (x *call) popd() {
	if sc := &x.a.v.Commands[x.i]; !sc.Or {
		x.a.dirs[sc.Scope], x.a.prev = x.a.prev, x.dir
	}
}

// known reports whether a word begins with an expansion that is resolved.
func known(word, dir string) bool {
	_, _, ok := expansion(word, dir)
	return ok || word[0] != '$' && word[0] != '`'
}

// sets adds the variable of NAME=value or NAME+=value.
func (x *call) sets(word string) {
	name, value, ok := strings.Cut(word, "=")
	if !ok {
		return
	}
	name = strings.TrimSuffix(name, "+")
	if name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_[]") != "" {
		return
	}
	x.add(Effect{Verb: Sets, Target: name, Value: value})
}

// declares is export and its kin: NAME=value words; -n and -f set nothing that counts.
func (x *call) declares() {
	for _, o := range x.operands {
		x.sets(o.Text)
	}
}

// unsets removes variables; -f functions.
func (x *call) unsets() {
	if x.has("-f") {
		return
	}
	for _, o := range x.operands {
		x.add(Effect{Verb: Sets, Target: o.Text, Unset: true})
	}
}

// env is NAME=value words and -u NAME before a command.
func (x *call) env() {
	for i := range x.options {
		if o := &x.options[i]; o.Spec != nil && o.Spec.named("-u") && o.HasValue {
			x.add(Effect{Verb: Sets, Target: o.Value, Unset: true})
		}
	}
	x.leading()
}

// leading adds the NAME=value words before the command of a wrapper.
func (x *call) leading() {
	for _, o := range x.operands {
		if name, _, ok := strings.Cut(o.Text, "="); !ok || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return
		}
		x.sets(o.Text)
	}
}

// setenv is csh's: NAME value.
func (x *call) setenv() {
	if len(x.operands) > 0 {
		x.add(Effect{Verb: Sets, Target: x.operand(0), Value: x.operand(1)})
	}
}

// interpret is a shell or another interpreter: the script it is given, or its input, is run.
func (x *call) interpret() {
	if o := x.inlineCode(); o != nil {
		if o.Mark&shell.Expands != 0 && (strings.HasPrefix(o.Value, "$(") || strings.HasPrefix(o.Value, "`")) {
			x.runsInput()
		}
		return
	}
	if x.has("-m", "--version", "-V", "--help") {
		return
	}
	if x.has("-s") && x.isShell() || len(x.operands) == 0 {
		x.runsStdin()
	}
}

// isShell reports whether the program is a shell.
func (x *call) isShell() bool { return x.c.Row != nil && x.c.Row.Is("@shell") }

// inlineCode returns the code of -c, -e and their like. A shell has it in its first operand, wherever the letter stands in a bundle.
func (x *call) inlineCode() *Option {
	for i := range x.options {
		o := &x.options[i]
		if o.Spec == nil || o.Spec.Role != RoleExpr {
			continue
		}
		if !o.HasValue && len(x.operands) > 0 {
			return &Option{Value: x.operands[0].Text, Mark: x.operands[0].Mark}
		}
		return o
	}
	return nil
}

// runsInput adds the run of what no file holds.
func (x *call) runsInput() { x.add(Effect{Verb: Runs, Target: "-"}) }

// runsStdin adds the run of standard input when the line gives one.
func (x *call) runsStdin() {
	switch x.in.kind {
	case file:
		x.add(Effect{Verb: Runs, Target: x.in.path, Mark: x.in.mark})
	case piped, inline:
		x.runsInput()
	}
}

// script adds the run of a file, of <(...), or of standard input by one of its names.
func (x *call) script(word string, m shell.Mark) {
	if word == "" {
		return
	}
	switch path := x.path(word, m); {
	case strings.HasPrefix(word, "<("):
		x.runsInput()
	case word == "-" || path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") || path == "/proc/self/fd/0":
		x.runsStdin()
	case nothing(path):
	default:
		x.add(Effect{Verb: Runs, Target: path, Mark: m})
	}
}

// evaluates runs text; what a fetch prints is nothing that the line shows.
func (x *call) evaluates() {
	for i := range x.operands {
		o := &x.operands[i]
		if o.Mark&shell.Expands != 0 && (strings.Contains(o.Text, "$(") || strings.Contains(o.Text, "`")) && x.fetchedIn() {
			x.runsInput()
			return
		}
	}
}

// fetchedIn reports whether a substitution of this command holds a program that fetches.
func (x *call) fetchedIn() bool {
	for k := x.i + 1; k < len(x.a.v.Commands); k++ {
		if r := x.a.t.Lookup(x.a.v.Commands[k].Name); r != nil && r.Is("@fetcher") && x.substituted(k) {
			return true
		}
	}
	return false
}

// python is an interpreter whose modules serve files.
func (x *call) python() {
	if m := x.option("-m"); m != nil {
		switch m.Value {
		case "http.server", "SimpleHTTPServer", "pyftpdlib":
			port := "8000"
			if m.Value == "pyftpdlib" {
				port = "2121"
			}
			if p := x.option("-p"); p != nil && p.HasValue {
				port = p.Value
			}
			for _, o := range x.operands {
				if digits(o.Text) {
					port = o.Text
				}
			}
			x.listens(port)
		case "pip":
			x.modulePip()
		}
		return
	}
	x.interpret()
}

// modulePip is `python -m pip install a`.
func (x *call) modulePip() {
	action := map[string]Action{"install": ActionInstall, "uninstall": ActionRemove}[x.operand(0)]
	for i := 1; i < len(x.operands) && action != NoAction; i++ {
		o := &x.operands[i]
		if !strings.HasPrefix(o.Text, "-") {
			x.pack(action, o.Text, o.Mark)
		}
	}
}

// php -S serves; -f is a script, as its role says.
func (x *call) php() {
	if o := x.option("-S"); o != nil && o.HasValue {
		x.listens(o.Value)
		return
	}
	if !x.has("-f") {
		x.interpret()
	}
}

// perl reads and, with -i, changes its operands when -n or -p makes a filter of it.
func (x *call) perl() {
	if !x.has("-n", "-p", "-i") || !x.has("-e", "-E") {
		x.interpret()
		return
	}
	for i := range x.operands {
		o := &x.operands[i]
		o.Role = RolePath
		x.reads(o.Text, o.Mark)
		if x.has("-i") {
			x.writes(Edit, o.Text, o.Mark)
		}
	}
}
