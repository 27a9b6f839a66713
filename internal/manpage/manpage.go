// Package manpage writes a command tree as man pages, one a command.
//
// Help texts here are plain paragraphs, so there is no Markdown in between: a
// paragraph is filled, lines that begin with two blanks stand as they are, and all
// text is escaped for roff, so that what is copied out of a page is what was meant
// (`-`, quotes, `~`). A page depends on the commands, the version and the date only.
//
// For example, every page into a directory:
//
//	n, err := manpage.Write(dir, root, manpage.Edition{Version: "1.2.3", Date: day})
package manpage

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// section is that of commands of users.
const section = "1"

// An Edition is what the foot of every page says.
type Edition struct {
	Version string
	Date    time.Time // zero = none is given
}

// A Page is one man page.
type Page struct {
	Name string // of its file: ttpctl-rule-set.1
	Text []byte
}

// Pages returns the pages of root and of all commands below it that help lists,
// each before those below it.
func Pages(root *cobra.Command, e Edition) []Page {
	root.InitDefaultHelpFlag()
	pages := []Page{{Name: title(root) + "." + section, Text: page(root, e)}}
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			pages = append(pages, Pages(c, e)...)
		}
	}
	return pages
}

// title is the name under which man finds the page: ttpctl-rule-set.
func title(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-")
}

// page returns one page.
func page(cmd *cobra.Command, e Edition) []byte {
	r := &roff{}
	date := ""
	if !e.Date.IsZero() {
		date = e.Date.UTC().Format(time.DateOnly)
	}
	name := cmd.Root().Name()
	r.macro("TH", strings.ToUpper(title(cmd)), section, date, strings.TrimSpace(name+" "+e.Version), name+" manual")
	r.macro("nh") // no word is broken: names of fields and files stay whole
	r.macro("ad l")
	r.macro("SH", "NAME")
	r.line(escape(title(cmd)) + ` \- ` + escape(cmd.Short))
	r.macro("SH", "SYNOPSIS")
	r.synopsis(cmd)
	r.macro("SH", "DESCRIPTION")
	if cmd.Long != "" {
		r.prose(cmd.Long)
	} else {
		r.prose(cmd.Short + ".")
	}
	r.commands(cmd)
	r.options("OPTIONS", cmd.LocalNonPersistentFlags())
	if !cmd.HasParent() {
		r.options("OPTIONS OF EVERY COMMAND", cmd.PersistentFlags())
	}
	if cmd.Example != "" {
		r.macro("SH", "EXAMPLES")
		r.verbatim(strings.Split(strings.TrimRight(cmd.Example, "\n"), "\n"))
	}
	r.seeAlso(cmd)
	return r.Bytes()
}

// synopsis writes how the command is called.
func (r *roff) synopsis(cmd *cobra.Command) {
	path := cmd.CommandPath()
	rest := strings.TrimSpace(strings.TrimPrefix(cmd.UseLine(), path))
	r.line(strings.TrimSpace(bold(path) + " " + escape(rest)))
	if cmd.HasAvailableSubCommands() && !strings.Contains(rest, "[command]") {
		r.macro("br")
		r.line(bold(path) + ` \fIcommand\fR [flags]`)
	}
}

// commands lists what lies below cmd.
func (r *roff) commands(cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	r.macro("SH", "COMMANDS")
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			r.macro("TP")
			r.line(bold(title(c)) + `(` + section + `)`)
			r.line(escape(c.Short) + ".")
		}
	}
}

// options lists the flags that help lists.
func (r *roff) options(heading string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	r.macro("SH", heading)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		spelled := bold("--" + f.Name)
		if f.Shorthand != "" {
			spelled = bold("-"+f.Shorthand) + ", " + spelled
		}
		switch {
		case value == "":
		case f.NoOptDefVal != "":
			spelled += `[=\fI` + escape(value) + `\fR]`
		default:
			spelled += ` \fI` + escape(value) + `\fR`
		}
		if set := f.DefValue; !slices.Contains([]string{"", "false", "0", "0s", "[]"}, set) && !strings.Contains(usage, "(default") {
			usage += " (default " + set + ")"
		}
		r.macro("TP")
		r.line(spelled)
		r.line(escape(usage) + ".")
	})
}

// seeAlso names the pages around this one.
func (r *roff) seeAlso(cmd *cobra.Command) {
	if !cmd.HasParent() {
		return // its commands are listed
	}
	near := []*cobra.Command{cmd.Root()}
	if cmd.Parent() != cmd.Root() {
		near = append(near, cmd.Parent())
	}
	for _, c := range cmd.Parent().Commands() {
		if c != cmd && c.IsAvailableCommand() && cmd.Parent() != cmd.Root() {
			near = append(near, c)
		}
	}
	var names []string
	for _, c := range near {
		names = append(names, bold(title(c))+"("+section+")")
	}
	r.macro("SH", "SEE ALSO")
	r.line(strings.Join(names, ", "))
	r.macro("PP")
	r.line("The options of every command stand in " + names[0] + ".")
}

// A roff is a page that is being written.
type roff struct{ bytes.Buffer }

// macro writes a request with its arguments.
func (r *roff) macro(name string, args ...string) {
	r.WriteString("." + name)
	for _, a := range args {
		fmt.Fprintf(r, ` "%s"`, escape(a))
	}
	r.WriteByte('\n')
}

// line writes a line of text, which is escaped already.
func (r *roff) line(text string) {
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		r.WriteString(`\&`)
	}
	r.WriteString(text + "\n")
}

// prose writes paragraphs, which empty lines part. Lines that begin with two
// blanks stand as they are.
func (r *roff) prose(text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			r.macro("PP")
		}
		lines := strings.Split(paragraph, "\n")
		for len(lines) > 0 {
			n := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "  ") })
			if n < 0 {
				n = len(lines)
			}
			for _, l := range lines[:n] {
				r.line(escape(l))
			}
			lines = lines[n:]
			n = slices.IndexFunc(lines, func(l string) bool { return !strings.HasPrefix(l, "  ") })
			if n < 0 {
				n = len(lines)
			}
			if n > 0 {
				r.verbatim(lines[:n])
			}
			lines = lines[n:]
		}
	}
}

// verbatim writes lines that are not filled, set in.
func (r *roff) verbatim(lines []string) {
	r.macro("RS", "4")
	r.macro("nf")
	for _, l := range lines {
		r.line(escape(strings.TrimPrefix(l, "  ")))
	}
	r.macro("fi")
	r.macro("RE")
}

func bold(text string) string { return `\fB` + escape(text) + `\fR` }

// special are characters that roff would make something else of.
var special = map[rune]string{
	'\\': `\e`, '-': `\-`, '"': `\(dq`, '\'': `\(aq`, '`': `\(ga`, '^': `\(ha`, '~': `\(ti`,
}

// escape returns text as roff shows it as it is. A period that begins a line is
// the business of line.
func escape(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch s, ok := special[c]; {
		case ok:
			b.WriteString(s)
		case c == '\t' || c < ' ' || c == 0x7f:
			b.WriteByte(' ')
		case c > '~':
			fmt.Fprintf(&b, `\[u%04X]`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
