package program

import (
	"strings"

	"ttpctl/internal/engine/shell"
)

// asked appends what find is asked for, in order: names, paths and permissions as typed.
func (x *call) asked() []string {
	l := x.a.l
	from := len(l.names)
	for i := range x.options {
		o := &x.options[i]
		switch strings.TrimPrefix(o.Name, "-") {
		case "name", "iname", "path", "ipath", "wholename", "iwholename", "regex", "iregex", "lname", "ilname", "perm":
			if o.HasValue {
				l.names = append(l.names, o.Value)
			}
		}
	}
	if from == len(l.names) {
		return nil
	}
	return l.names[from:len(l.names):len(l.names)]
}

// find searches its directories, and -delete removes what it finds.
func (x *call) find() {
	asked := x.asked()
	if len(x.operands) == 0 {
		x.add(Effect{Verb: Searches, Target: x.path(".", 0), For: asked})
	}
	for _, o := range x.operands {
		x.file2(Effect{Verb: Searches, Mark: o.Mark, For: asked}, o.Text)
	}
	if x.has("-delete") {
		x.a.found(x.c, x.options, x.operands, x.dir, func(path string) {
			x.add(Effect{Verb: Removes, Target: path, Mark: shell.Glob})
		})
	}
}

// file2 is file for what may be called `-` or a device.
func (x *call) file2(e Effect, word string) {
	e.Target = x.path(word, e.Mark)
	x.add(e)
}

// found calls f with the glob of what a find command finds: DIRECTORY/**/NAME, for each directory and each name that is asked for.
func (a *Analyzer) found(c *Command, options []Option, operands []Operand, dir string, f func(path string)) {
	left := maxEffects // directories times names are more than anybody looks at
	each := func(base string) {
		named := false
		for i := 0; i < len(options) && left > 0; i++ {
			if o := &options[i]; o.Name == "-name" || o.Name == "-iname" {
				f(a.below(base, o.Value))
				named = true
				left--
			}
		}
		if !named && left > 0 {
			f(a.below(base, ""))
			left--
		}
	}
	if len(operands) == 0 {
		each(a.path(".", 0, dir))
	}
	for _, o := range operands[:min(len(operands), maxEffects)] {
		each(a.path(o.Text, o.Mark, dir))
	}
}

// below returns base/**/name, or base/** without a name.
func (a *Analyzer) below(base, name string) string {
	if base == "/" {
		base = ""
	}
	if name == "" {
		return a.join2(base, "/**")
	}
	return a.join3(base, "/**/", name)
}

// grep reads its files, and with -r searches directories.
func (x *call) grep() {
	if !x.has("-r", "-R", "-d") && x.c.Program != "rgrep" {
		x.eachFile(x.reads)
		return
	}
	l := x.a.l
	from := len(l.names)
	for i := range x.options {
		if o := &x.options[i]; o.Name == "--include" {
			l.names = append(l.names, o.Value)
		}
	}
	x.searches(l.names[from:len(l.names):len(l.names)])
}

// eachFile calls f with the operands that are files.
func (x *call) eachFile(f func(word string, m shell.Mark)) {
	for _, o := range x.operands {
		if o.Role == RolePath {
			f(o.Text, o.Mark)
		}
	}
}

// searches adds the search of the directories among the operands, or of the working directory.
func (x *call) searches(asked []string) {
	if len(asked) == 0 {
		asked = nil
	}
	n := 0
	x.eachFile(func(word string, m shell.Mark) {
		x.file2(Effect{Verb: Searches, Mark: m, For: asked}, word)
		n++
	})
	if n == 0 {
		x.add(Effect{Verb: Searches, Target: x.path(".", 0), For: asked})
	}
}

// contents is ripgrep and its kin: they search below a directory without being told to.
func (x *call) contents() {
	if x.in.kind == piped && len(x.operands) < 2 {
		return
	}
	x.searches(nil)
}

// names is fd: a pattern, then directories.
func (x *call) names() {
	var asked []string
	if len(x.operands) > 0 && x.operands[0].Role == RolePattern {
		x.a.l.names = append(x.a.l.names, x.operands[0].Text)
		n := len(x.a.l.names)
		asked = x.a.l.names[n-1 : n : n]
	}
	x.searches(asked)
}

// locate asks a database of all files.
func (x *call) locate() {
	l := x.a.l
	from := len(l.names)
	for _, o := range x.operands {
		l.names = append(l.names, o.Text)
	}
	if from < len(l.names) {
		x.add(Effect{Verb: Searches, Target: "/", For: l.names[from:len(l.names):len(l.names)]})
	}
}
