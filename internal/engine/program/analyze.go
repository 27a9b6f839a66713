package program

import (
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
		lone = a.loneBefore(lone, i)
		a.command(i)
	}
	a.loneBefore(lone, len(v.Commands))
	l.Dir = a.dir(0)
	l.bind()
	a.v, a.l = nil, nil
}

func (a *Analyzer) start(pwd string) {
	a.pwd, a.prev, a.opened = unknownDir, unknownDir, a.opened[:0]
	if strings.HasPrefix(pwd, "/") {
		a.pwd = a.resolve(pwd, 0, unknownDir)
	}
	a.dirs = append(a.dirs[:0], a.pwd)
	a.index()
}

// dir returns the working directory of a scope: the one around it until a cd changes it.
func (a *Analyzer) dir(scope int) string {
	for len(a.dirs) <= scope {
		a.dirs = append(a.dirs, "")
	}
	if a.dirs[scope] == "" {
		a.dirs[scope] = a.dir(a.v.Scopes[scope].Parent)
	}
	return a.dirs[scope]
}

// open begins an entry of the line.
func (l *Line) open(text string, shellIndex int) (*Command, *span) {
	l.Commands = append(l.Commands, Command{Text: text, Form: unknownForm, Shell: shellIndex})
	at := func(n int) [2]int { return [2]int{n, n} }
	l.spans = append(l.spans, span{at(len(l.options)), at(len(l.operands)), at(len(l.words)), at(len(l.effects)), at(len(l.names))})
	return &l.Commands[len(l.Commands)-1], &l.spans[len(l.spans)-1]
}

// command adds the entry of command i of the view.
func (a *Analyzer) command(i int) {
	l, sc := a.l, &a.v.Commands[i]
	c, s := l.open(sc.Text, i)
	a.identify(c, sc)
	a.via(i)
	s.via[1] = len(l.names)
	a.read(l, c, sc)
	s.options[1], s.operands[1], s.words[1] = len(l.options), len(l.operands), len(l.words)
	x := &a.call
	x.reset(a, c, i, a.dir(sc.Scope))
	x.options, x.operands = l.options[s.options[0]:], l.operands[s.operands[0]:]
	x.run(sc)
	s.effects[1] = len(l.effects)
}

// read takes the words of a command apart.
func (a *Analyzer) read(l *Line, c *Command, sc *shell.Command) {
	from := len(l.words)
	if l != a.l || !a.filled(sc) {
		for k, w := range sc.Args {
			l.words = append(l.words, Word{w, sc.Marks[k+1]})
		}
	}
	a.invocation(l, c, l.words[from:])
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

// via adds the names of what runs command i, outermost first.
func (a *Analyzer) via(i int) {
	a.stack = a.stack[:0]
	for p := a.v.Commands[i].Parent; p >= 0; p = a.v.Commands[p].Parent {
		a.stack = append(a.stack, p)
	}
	for k := len(a.stack) - 1; k >= 0; k-- {
		name := a.v.Commands[a.stack[k]].Name
		if r := a.t.Lookup(name); r != nil {
			name = r.Name
		}
		a.l.names = append(a.l.names, name)
	}
}
