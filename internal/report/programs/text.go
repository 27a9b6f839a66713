package programs

import (
	"fmt"
	"io"
	"strings"

	"ttpctl/internal/report"
)

// room is how many cells a line of options has.
const room = 100

// Write shows p to people.
func Write(w io.Writer, p *Program, palette report.Palette) error {
	t := text{w: w, palette: palette}
	t.printf("%s", palette.Bold(p.Name))
	if len(p.Aliases) > 0 {
		t.printf("  also %s", strings.Join(p.Aliases, ", "))
	}
	t.printf("\n")
	t.line("grammar", p.Grammar)
	t.line("classes", strings.Join(p.Classes, ", "))
	t.line("source", p.Source)
	if p.Versioned {
		t.line("name", "may carry a version")
	}
	if p.Partial {
		t.line("options", "the table tells some of them")
	}
	t.form(&p.Form)
	for i := range p.Subcommands {
		t.printf("\n%s\n", palette.Bold(p.Name+" "+p.Subcommands[i].Subcommand))
		t.form(&p.Subcommands[i])
	}
	return t.err
}

type text struct {
	w       io.Writer
	palette report.Palette
	err     error // the first
}

func (t *text) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(t.w, format, args...); err != nil && t.err == nil {
		t.err = err
	}
}

// line writes a fact, if there is one.
func (t *text) line(word, fact string) {
	if fact != "" {
		t.printf("%-12s%s\n", word, fact)
	}
}

func (t *text) form(f *Form) {
	for _, o := range f.Operands {
		fact := strings.Join(o.Roles, " ")
		if len(o.With) > 0 {
			fact += "  with " + strings.Join(o.With, " or ")
		}
		t.line("operands", fact)
	}
	t.line("effects", strings.Join(f.Effects, ", "))
	var values, switches []string
	for _, o := range f.Options {
		names := strings.Join(o.Names, ",")
		switch o.Value {
		case "required":
			values = append(values, names+"="+o.Role)
		case "optional":
			values = append(values, names+"[="+o.Role+"]")
		default:
			switches = append(switches, names)
		}
	}
	t.list("values", values)
	t.list("switches", switches)
}

// list writes words in lines of at most room cells.
func (t *text) list(word string, words []string) {
	line := ""
	for _, w := range words {
		if line != "" && len(line)+1+len(w) > room {
			t.line(word, line)
			word, line = "", ""
		}
		if line != "" {
			line += " "
		}
		line += w
	}
	t.line(word, line)
}
