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

	dir  string // of the command at hand
	dirs []string
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
	for i := range v.Commands {
		a.command(i)
	}
	l.bind()
	a.v, a.l = nil, nil
}

func (a *Analyzer) start(pwd string) {
	a.dir = unknownDir
	if strings.HasPrefix(pwd, "/") {
		a.dir = a.resolve(pwd, 0, unknownDir)
	}
}

// command adds the entry of command i of the view.
func (a *Analyzer) command(i int) {
	l, sc := a.l, &a.v.Commands[i]
	l.Commands = append(l.Commands, Command{Text: sc.Text, Form: unknownForm, Shell: i})
	l.spans = append(l.spans, span{
		options: l.mark(len(l.options)), operands: l.mark(len(l.operands)), words: l.mark(len(l.words)),
		effects: l.mark(len(l.effects)), via: l.mark(len(l.names)),
	})
	c := &l.Commands[len(l.Commands)-1]
	a.identify(c, sc)
	for _, w := range sc.Args {
		l.words = append(l.words, Word{Text: w})
	}
	s := &l.spans[len(l.spans)-1]
	a.invocation(c, l.words[s.words[0]:])
	s.options[1], s.operands[1], s.words[1] = len(l.options), len(l.operands), len(l.words)
	a.effects(c, s)
	s.effects[1] = len(l.effects)
}

func (l *Line) mark(n int) [2]int { return [2]int{n, n} }

// identify finds the row of a command and what is around it.
func (a *Analyzer) identify(c *Command, sc *shell.Command) {
	c.Program, c.Path = sc.Name, sc.Path
	if c.Row = a.t.Lookup(sc.Name); c.Row != nil {
		c.Program, c.Form = c.Row.Name, c.Row.Form()
	}
}

// effects adds what command c would do.
func (a *Analyzer) effects(c *Command, s *span) {
	x := call{a: a, c: c, dir: a.dir}
	x.options = a.l.options[s.options[0]:s.options[1]]
	x.operands = a.l.operands[s.operands[0]:s.operands[1]]
	x.inputs()
	for _, fn := range c.Form.effects {
		fn(&x)
	}
	x.outputs()
}
