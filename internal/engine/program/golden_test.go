package program

import (
	"fmt"
	"strings"
	"testing"

	"ttpctl/internal/engine/shell"
)

// show writes the effects of a line as tests compare them: `program: verb target member=value ..; ..`, one command with effects a line.
func show(l *Line) string {
	var b strings.Builder
	for i := range l.Commands {
		c := &l.Commands[i]
		if len(c.Effects) == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(" | ")
		}
		fmt.Fprintf(&b, "%s:", c.Program)
		for k := range c.Effects {
			if k > 0 {
				b.WriteByte(',')
			}
			b.WriteString(" " + showEffect(&c.Effects[k]))
		}
	}
	return b.String()
}

// showEffect leaves out what follows from the target: the host of a connection, a port that is its scheme's.
func showEffect(e *Effect) string {
	s := e.Verb.String() + " " + e.Target
	member := func(name, value string) {
		if value != "" {
			s += " " + name + "=" + value
		}
	}
	if e.Action != NoAction {
		s += " " + e.Action.String()
	}
	if e.How != 0 {
		s += " " + strings.Join(e.How.Names(nil), "+")
	}
	member("to", e.To)
	if e.Verb == Sends {
		member("from", e.From)
	}
	if len(e.For) > 0 {
		s += " for=" + strings.Join(e.For, "&")
	}
	member("group", e.Group)
	if e.Verb == Sets && !e.Unset {
		s += " =" + e.Value
	}
	if e.Unset {
		s += " unset"
	}
	if e.Class != NoHost && e.Class != Remote {
		s += " " + e.Class.String()
	}
	if e.Verb != Connects && e.Port != defaultPort(e.Scheme) {
		s += fmt.Sprintf(" port=%d", e.Port)
	}
	return s
}

func table(t testing.TB) *Table {
	t.Helper()
	table, err := NewTable()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// effectTest is a line and what it does: see show.
type effectTest struct{ line, want string }

func checkEffects(t *testing.T, pwd string, tests []effectTest) {
	t.Helper()
	p, a := shell.NewParser(), table(t).NewAnalyzer()
	var v shell.View
	var l Line
	for _, test := range tests {
		p.Parse(test.line, &v)
		a.Analyze(&v, pwd, &l)
		checkVerbs(t, test.line, &l)
		if got := show(&l); got != test.want {
			t.Errorf("effects of %q =\n\t%s, want\n\t%s", test.line, got, test.want)
		}
	}
}

// checkVerbs holds Form.Verbs to what the commands of a line really do. What any command may do beside is left out: redirections, a path, assignments.
func checkVerbs(t *testing.T, line string, l *Line) {
	t.Helper()
	if strings.ContainsAny(line, "<>|=") {
		return
	}
	for i := range l.Commands {
		c := &l.Commands[i]
		for k := range c.Effects {
			if v := c.Effects[k].Verb; c.Path == "" && !c.Form.Verbs().Has(v) {
				t.Errorf("%q: %s does not tell that it can have %s", line, c.Program, v)
			}
		}
	}
}

func TestTable(t *testing.T) {
	if err := table(t).Check(); err != nil {
		t.Error(err)
	}
}

func TestFirst(t *testing.T) {
	checkEffects(t, "", []effectTest{
		{"cat /etc//shadow ./x", "cat: reads /etc/shadow, reads ./x"},
		{"sudo chmod -R 4755 /root/x", "chmod: mode ~/x executable+setid"},
		{"wget -qO /tmp/x http://u:p@192.0.2.1:8080/x", "wget: fetches http://192.0.2.1:8080/x to=/tmp/x port=8080, writes /tmp/x create, connects 192.0.2.1:8080"},
		{"wget 0x7f000001/a?b=c", "wget: fetches 0x7f000001/a?b=c to=./a?b=c loopback, writes ./a?b=c create, connects 127.0.0.1:80 loopback"},
	})
}
