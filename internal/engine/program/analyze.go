package program

import (
	"slices"
	"strings"

	"ttpctl/internal/engine/shell"
)

// An Analyzer fills lines. It keeps scratch space between them: one per goroutine.
type Analyzer struct {
	t   *Table
	v   *shell.View
	l   *Line
	out shell.Arena
	buf []byte

	pwd       string
	dirs      []string // of scopes; empty until a command of the scope asks
	spelled   string   // the directory that the line asked for last
	spelling  string   // and how paths within it begin
	prev      string   // what `cd -` goes back to
	opened    []opened // descriptors that exec opened onto the network
	first     []int32  // by command: its first redirection + 1
	next      []int32  // by redirection: the next one of its command + 1
	lone      []int32  // redirections of no command, by place
	aside     Line     // for commands that are read out of turn
	stack     []int    // of a walk up the parents
	call      call     // the command at hand
	openFiles []open
	globs     []string // what find at hand finds
	entries   []int32  // by command of the view: its entry in the line
}

// unknownForm is how a program without a row reads its words.
var unknownForm = &Form{}

// NewAnalyzer returns an Analyzer for any number of lines.
func (t *Table) NewAnalyzer() *Analyzer { return &Analyzer{t: t} }

// Analyze replaces the content of l by what the commands of v are and would do. pwd is the directory in which the line was typed; what is not
// absolute counts as unknown.
func (a *Analyzer) Analyze(v *shell.View, pwd string, l *Line) {
	l.reset()
	a.v, a.l = v, l
	a.start(pwd)
	l.Start = a.pwd
	lone := a.lone
	for i := range v.Commands {
		if len(lone) > 0 {
			lone = a.loneBefore(lone, i)
		}
		a.command(i)
	}
	a.loneBefore(lone, len(v.Commands))
	l.Dir = a.dir(0)
	a.v, a.l = nil, nil
}

func (a *Analyzer) start(pwd string) {
	a.pwd, a.prev, a.opened = unknownDir, unknownDir, a.opened[:0]
	a.spelled, a.spelling = "", ""
	if strings.HasPrefix(pwd, "/") {
		a.pwd = a.resolve(pwd, 0, unknownDir)
	}
	a.dirs, a.entries = append(a.dirs[:0], a.pwd), a.entries[:0]
	a.index()
}

// dir returns the working directory of a scope.
func (a *Analyzer) dir(scope int) string {
	if scope < len(a.dirs) && a.dirs[scope] != "" {
		return a.dirs[scope]
	}
	return a.inherited(scope)
}

// inherited is dir of a scope in which there was no cd yet: that of the one around it.
func (a *Analyzer) inherited(scope int) string {
	for len(a.dirs) <= scope {
		a.dirs = append(a.dirs, "")
	}
	if a.dirs[scope] == "" {
		a.dirs[scope] = a.dir(a.v.Scopes[scope].Parent)
	}
	return a.dirs[scope]
}

// command adds the entry of command i of the view.
func (a *Analyzer) command(i int) {
	l, sc := a.l, &a.v.Commands[i]
	a.entries = append(a.entries, int32(len(l.Commands)))
	c := l.open(sc.Text, i)
	a.identify(c, sc)
	if sc.Parent >= 0 {
		c.Via = a.via(sc)
	}
	a.read(l, c, sc)
	x := &a.call
	x.reset(a, c, i, a.dir(sc.Scope))
	x.run(sc)
	l.close(c, x.first)
}

// read takes the words of a command apart.
func (a *Analyzer) read(l *Line, c *Command, sc *shell.Command) {
	from := len(l.words)
	if sc.Parent < 0 || l != a.l || !a.filled(sc) {
		l.words = slices.Grow(l.words, len(sc.Args))[:from+len(sc.Args)]
		words, marks := l.words[from:], sc.Marks[min(1, len(sc.Marks)):]
		for k, w := range sc.Args {
			words[k] = Word{w, marks[k]}
		}
	}
	c.Words = l.words[from:len(l.words):len(l.words)]
	a.invocation(l, c)
}

// identify finds the row of a command.
func (a *Analyzer) identify(c *Command, sc *shell.Command) {
	if sc.Alias {
		return // the program is what the alias stands for
	}
	c.Program, c.Path = sc.Name, sc.Path
	if len(sc.Name) > 1 && sc.Name[0] == '/' && strings.LastIndexByte(sc.Name, '/') == 0 && !a.t.menus[sc.Name[1:]] {
		c.Program, c.Path = sc.Name[1:], sc.Name
	}
	if c.Row = a.t.Lookup(c.Program); c.Row == nil && len(sc.Marks) > 0 && sc.Marks[0]&shell.Glob != 0 {
		c.Row = a.t.globbed(c.Program, c.Path)
	}
	if c.Row != nil {
		c.Program, c.Form = c.Row.Name, c.Row.Form()
	}
}

// via returns the names of what runs a command, outermost first.
func (a *Analyzer) via(sc *shell.Command) []string {
	a.stack = a.stack[:0]
	for p := sc.Parent; p >= 0; p = a.v.Commands[p].Parent {
		a.stack = append(a.stack, p)
	}
	from := len(a.l.names)
	for k := len(a.stack) - 1; k >= 0; k-- {
		name := a.v.Commands[a.stack[k]].Name
		if r := a.t.Lookup(name); r != nil {
			name = r.Name
		}
		a.l.names = append(a.l.names, name)
	}
	return a.l.names[from:len(a.l.names):len(a.l.names)]
}
