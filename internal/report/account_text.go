package report

import (
	"fmt"
	"io"
	"strings"

	"ttpctl/internal/escape"
)

const (
	listed      = 6  // names shown of a list, the others are counted
	nameCells   = 40 // cells of a name in a list
	reasonCells = 160
)

// WriteText writes the account for people, for standard error: a word, what
// it counts, nothing that is zero and says nothing.
//
//	read      3 files, 34,774 lines, 12.3 MB
//	lines     34,774 = 5,058 direct + 2,000 absorbed + 27,716 ignored
//	ignored   cowrie.session.connect 20,000, cowrie.session.closed 7,716
//	events    5,158 = 5,058 direct + 100 derived
//	tags      1,234 written, 12 below confidence 0.3
//	rules     25, 1 disabled (R0001)
//	ruleset   e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
func (a *Account) WriteText(w io.Writer, m Meta) error {
	var t accountText
	t.line("read", "%s, %s, %s", Plural(int64(a.Files), "file"), Plural(a.Lines, "line"), byteSize(a.Bytes))
	t.formats(a)
	t.lines(a)
	t.events(a)
	if a.CutShort > 0 {
		t.line("commands", "cut short %s (longer or deeper than the shell view holds)", Grouped(a.CutShort))
	}
	if a.Forgotten > 0 {
		t.line("sequences", "%s forgotten early (more at once than are remembered)", Plural(a.Forgotten, "session"))
	}
	t.tags(a)
	t.rules(a, m)
	for _, e := range a.Errors {
		t.line("error", "%s", escape.Cut(e, reasonCells))
	}
	if a.Interrupted {
		t.line("stopped", "interrupted: the input was not read to its end")
	}
	if a.Unfinished > 0 {
		t.line("dropped", "%s of a line that had not ended when the input was stopped", Plural(a.Unfinished, "byte"))
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

type accountText struct{ b strings.Builder }

// line appends one line; continued lines have the word "".
func (t *accountText) line(word, format string, args ...any) {
	fmt.Fprintf(&t.b, "%-10s%s\n", word, fmt.Sprintf(format, args...))
}

// formats says what each file was read as.
func (t *accountText) formats(a *Account) {
	word := "format"
	for _, f := range a.Formats {
		t.line(word, "%s: %s", f.Format, nameList(f.Files))
		word = ""
	}
}

// nameList returns the first of names, and how many more there are.
func nameList(names []string) string {
	var shown []string
	for _, name := range names[:min(len(names), listed)] {
		shown = append(shown, escape.Cut(name, nameCells))
	}
	text := strings.Join(shown, ", ")
	if more := len(names) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %s more", Grouped(int64(more)))
	}
	return text
}

func (t *accountText) lines(a *Account) {
	t.line("lines", "%s", Grouped(a.Lines)+sum(
		part{a.Direct, "direct"}, part{a.Absorbed, "absorbed"}, part{a.ignored(), "ignored"},
		part{a.Rejected, "rejected"}, part{a.Blank, "blank"}, part{a.unaccounted(), "unaccounted for"},
	))
	if a.NULs > 0 {
		t.line("", "%s before lines dropped, left by a log that was truncated while it was written", Plural(a.NULs, "NUL byte"))
	}
	if len(a.Ignored) > 0 {
		t.line("ignored", "%s", countList(a.Ignored))
	}
	for i, reason := range a.Reasons {
		word := ""
		if i == 0 {
			word = "rejected"
		}
		t.line(word, "%s", escape.Cut(reason, reasonCells))
	}
	if more := a.Rejected - int64(len(a.Reasons)); more > 0 && len(a.Reasons) > 0 {
		t.line("", "and %s more", Grouped(more))
	}
}

func (t *accountText) events(a *Account) {
	text := Grouped(a.Events)
	if a.Derived > 0 {
		text += sum(part{a.Direct, "direct"}, part{a.Derived, "derived"})
	}
	if a.Filtered > 0 {
		text += ", " + Grouped(a.Filtered) + " outside the time range"
	}
	t.line("events", "%s", text)
	if len(a.Unhandled) > 0 {
		t.line("unhandled", "%s (no rule in force reads them)", countList(a.Unhandled))
	}
}

func (t *accountText) tags(a *Account) {
	text := Grouped(a.Tags)
	for _, p := range [...]part{
		{a.FilteredOut, "left out by the filters"}, {a.BelowFloor, "dropped below the confidence floor"},
	} {
		if p.n > 0 {
			text += ", " + Grouped(p.n) + " " + p.name
		}
	}
	t.line("tags", "%s", text)
}

func (t *accountText) rules(a *Account, m Meta) {
	text := Grouped(int64(a.Rules))
	for _, l := range [...]struct {
		ids  []string
		word string
	}{{a.Disabled, "disabled"}, {a.Clipped, "clipped"}} {
		if len(l.ids) > 0 {
			text += fmt.Sprintf(", %s %s (%s)", Grouped(int64(len(l.ids))), l.word, idList(l.ids))
		}
	}
	if a.Panics > 0 {
		text += fmt.Sprintf(", broke on %s (a defect: please report it)", Plural(a.Panics, "event"))
	}
	t.line("rules", "%s", text)
	for _, h := range [...]struct{ word, text string }{
		{"ruleset", m.RulesetHash}, {"state", m.StateHash}, {"ATT&CK", m.AttackRelease},
	} {
		if h.text != "" {
			t.line(h.word, "%s", escape.Cut(h.text, reasonCells))
		}
	}
}

// A part is one term of a sum.
type part struct {
	n    int64
	name string
}

// sum returns ` = 3 direct + 1 blank`, zeros left out; "" when all are.
func sum(parts ...part) string {
	s, sep := "", " = "
	for _, p := range parts {
		if p.n != 0 {
			s += sep + Grouped(p.n) + " " + p.name
			sep = " + "
		}
	}
	return s
}

// countList returns `a 20, b 7 and 3 more (12)`, the most frequent first.
func countList(counts map[string]int64) string {
	names := byCount(counts)
	var b strings.Builder
	for i, name := range names {
		if i == listed {
			var rest int64
			for _, name := range names[i:] {
				rest += counts[name]
			}
			fmt.Fprintf(&b, " and %s more (%s)", Grouped(int64(len(names)-i)), Grouped(rest))
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(escape.Cut(name, nameCells) + " " + Grouped(counts[name]))
	}
	return b.String()
}

func idList(ids []string) string {
	shown := make([]string, min(len(ids), listed))
	for i := range shown {
		shown[i] = escape.Cut(ids[i], nameCells)
	}
	s := strings.Join(shown, ", ")
	if more := len(ids) - len(shown); more > 0 {
		s += " and " + Grouped(int64(more)) + " more"
	}
	return s
}
