package explain

import (
	"strings"
	"unicode/utf8"

	"ttpctl/internal/engine"
	"ttpctl/internal/escape"
)

// notShown stands for a value that may not be evidence.
const notShown = "(not shown)"

// asked shows a rule's match part by part.
func (t *text) asked(x *engine.Explanation) {
	t.heading(x)
	if x.Parts != nil {
		t.part(4, x.Parts)
	}
	if x.Rule.Lifter != "" {
		t.lifter(x)
	}
}

// tick marks what holds and what does not.
func (t *text) tick(holds bool) string {
	if holds {
		return t.palette.Green("✓")
	}
	return t.palette.Red("✗")
}

func (t *text) part(indent int, p *engine.Part) {
	t.printf("%*s%s ", indent, "", t.tick(p.Holds))
	if p.Op != "" {
		t.printf("%s\n", p.Op)
		for i := range p.Parts {
			t.part(indent+2, &p.Parts[i])
		}
		for i := range p.Tried {
			t.tried(indent+4, &p.Tried[i])
		}
		t.more(p.Omitted, p.Op)
		return
	}
	if len(p.Tests) == 1 {
		t.printf("%s\n", escape.Cut(p.Field+" "+spelled(p.Tests[0]), t.room-indent-2))
	} else {
		t.printf("%s\n", escape.Cut(p.Field, t.room-indent-2))
	}
	for i := range p.Texts {
		t.tested(indent+4, p, &p.Texts[i])
	}
	if len(p.Texts) == 0 {
		t.line(indent+4, t.palette.Dim, "no text in this field")
	}
	t.more(p.Omitted, "value")
}

// tried shows a simple command, or an effect of one, with what each key of the
// block makes of it.
func (t *text) tried(indent int, v *engine.Tried) {
	text := v.Text
	if v.Effect != "" {
		text = v.Effect + "  (" + v.Text + ")"
	}
	t.printf("%*s%s %s\n", indent-2, "", t.tick(v.Passes), escape.Cut(text, t.room-indent))
	for _, c := range v.Checks {
		asked := strings.Join(c.Asked, ", ")
		if len(c.Asked) > 1 {
			asked = "[" + asked + "]"
		}
		t.printf("%*s%s %s\n", indent, "", t.tick(c.OK), escape.Cut(c.Key+" "+asked, t.room-indent-2))
	}
}

// spelled returns an operator and its operands as on one line of YAML.
func spelled(s engine.Spelling) string {
	text := s.Operator + " " + s.Operands[0]
	if len(s.Operands) > 1 {
		text = s.Operator + " [" + strings.Join(s.Operands, ", ") + "]"
	}
	if s.IgnoreCase {
		text += " (ignore_case)"
	}
	return text
}

// tested shows one value: the bytes that the only operator found, or what each
// of several found.
func (t *text) tested(indent int, p *engine.Part, v *engine.TestedText) {
	head := ""
	if v.Member != "" {
		head = v.Member + ": "
	}
	t.printf("%*s%s ", indent-2, "", t.tick(v.Passes))
	shown := v.ShownText
	if len(p.Tests) > 1 {
		shown.Start, shown.End = 0, 0
	}
	t.markedHere(indent, head, &shown)
	if len(p.Tests) == 1 {
		return
	}
	for i, f := range v.Found {
		test := spelled(p.Tests[i])
		t.printf("%*s%s ", indent, "", t.tick(f.OK != (p.Tests[i].Operator == "except")))
		found := ""
		if f.End > f.Start {
			found = "  found " + escape.Cut(v.Text[f.Start:f.End], t.room/3)
		}
		t.printf("%s%s\n", escape.Cut(test, max(t.room-indent-2-escape.Width(found), 20)), t.palette.Dim(found))
	}
}

// marked writes a text with its matched bytes marked.
func (t *text) marked(indent int, head string, s *engine.ShownText) {
	t.printf("%*s", indent, "")
	t.markedHere(indent, head, s)
}

// markedHere is marked on a line whose indent is written already. Of a long
// text it shows what is around the match: a third of the line before it, a
// third of it. Where there is no colour, carets stand on a line below.
func (t *text) markedHere(indent int, head string, s *engine.ShownText) {
	head = escape.Cut(head, t.room/4)
	room := max(t.room-indent-escape.Width(head), 20)
	if s.Hidden {
		t.printf("%s%s\n", head, t.palette.Dim(notShown))
		return
	}
	before, inside, after := around(s.Text, s.Start, s.End, room)
	if s.Excerpt {
		before, after = "…", "…"
	}
	t.printf("%s%s%s%s\n", head, before, t.palette.Red(inside), after)
	if !t.palette.On && inside != "" {
		t.printf("%*s%s\n", indent+escape.Width(head)+escape.Width(before), "", strings.Repeat("^", escape.Width(inside)))
	}
}

// around returns the three parts of text, escaped and together at most room
// cells wide.
func around(text string, start, end, room int) (before, inside, after string) {
	lead := escape.Last(text[:start], room/3)
	before = escape.Terminal(lead)
	for lead != "" && escape.Width(before) > room/3 { // escapes are wider than what they stand for
		lead = lead[(len(lead)+3)/4:]
		for lead != "" && !utf8.RuneStart(lead[0]) {
			lead = lead[1:]
		}
		before = escape.Terminal(lead)
	}
	if len(lead) < start {
		before = "…" + before
	}
	room -= escape.Width(before)
	inside = escape.Cut(text[start:end], room*2/3)
	return before, inside, escape.Cut(text[end:], room-escape.Width(inside))
}
