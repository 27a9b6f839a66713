package rules_test

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"ttpctl/internal/engine/program"
)

// A variant is one way to type a command line differently with the same
// effect. It returns false where that makes no sense.
type variant struct {
	name  string
	write func(l *typed) (string, bool)
}

// variants returns all ways in which lines are typed differently.
func variants() []variant {
	return slices.Concat(lineVariants(), wordVariants(), wrapperVariants(), optionVariants())
}

// A typed is a command line and its simple commands.
type typed struct {
	text     string
	commands [][]*syntax.Word // those that begin with a literal word; none when the line is no bash
	targets  []*syntax.Word   // of redirections to and from files
	plain    bool             // nothing is piped, substituted or redirected
	table    *program.Table
}

// typedLine reads a command line.
func typedLine(table *program.Table, text string) *typed {
	l := &typed{text: text, table: table, plain: !strings.ContainsAny(text, "|<>`") && !strings.Contains(text, "$(")}
	file, err := syntax.NewParser().Parse(strings.NewReader(text), "")
	if err != nil {
		return l
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			if len(n.Args) > 0 && n.Args[0].Lit() != "" {
				l.commands = append(l.commands, n.Args)
			}
		case *syntax.Redirect:
			if n.Hdoc == nil && n.Op != syntax.DplOut && n.Op != syntax.DplIn && n.Op != syntax.WordHdoc {
				l.targets = append(l.targets, n.Word)
			}
		}
		return true
	})
	return l
}

// An edit replaces the bytes from start to end.
type edit struct {
	start, end int
	text       string
}

// each applies change to every simple command; false when nothing changes.
func (l *typed) each(change func(words []*syntax.Word) []edit) (string, bool) {
	var edits []edit
	for _, words := range l.commands {
		edits = append(edits, change(words)...)
	}
	return l.edited(edits)
}

func (l *typed) edited(edits []edit) (string, bool) {
	text := l.text
	slices.SortStableFunc(edits, func(a, b edit) int { return b.start - a.start })
	for _, e := range edits {
		text = text[:e.start] + e.text + text[e.end:]
	}
	return text, len(edits) > 0
}

func bounds(w *syntax.Word) (start, end int) {
	return int(w.Pos().Offset()), int(w.End().Offset())
}

// quoted returns s as one word of a shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// after returns what can follow line: nothing can follow the end of a
// here-document on its line.
func after(line, tail string) string {
	if strings.Contains(line, "<<") {
		return "\n" + strings.TrimLeft(tail, " &")
	}
	return tail
}

// builtins have no file and no sudo.
var builtins = strings.Fields("cd exec eval set unset export history shopt source . trap read test [ echo printf exit wait while setenv : true false command CONFIG alias type compgen ulimit umask declare pushd popd")

func external(name string) bool {
	return !strings.ContainsAny(name, "/$=") && !slices.Contains(builtins, name)
}
