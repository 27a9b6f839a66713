package explain

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/engine/shell"
	"ttpctl/internal/escape"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
)

// defaultRoom is how many cells a line has where no terminal says so.
const defaultRoom = 160

// maxListed is how many commands, and how many redirections, of a line are
// listed; JSON has all.
const maxListed = 100

// A text writes explanations for people. Whatever an attacker or a rule file
// wrote passes through escape, and is cut to the line.
type text struct {
	w         *bufio.Writer
	palette   report.Palette
	catalogue *attack.Catalogue
	room      int // cells of a line
	begun     bool
}

func newText(w io.Writer, c *attack.Catalogue, o report.TextOptions) Writer {
	t := &text{w: bufio.NewWriter(w), palette: report.Palette{On: o.Color}, catalogue: c, room: defaultRoom}
	if o.Width > 0 {
		t.room = max(o.Width, 40)
	}
	return t
}

// printf writes formatted text; the writer keeps the first error.
func (t *text) printf(format string, args ...any) { fmt.Fprintf(t.w, format, args...) }

// line writes one line, what is left of it after indent cut to the room.
func (t *text) line(indent int, style func(string) string, text string) {
	t.printf("%*s%s\n", indent, "", style(escape.Cut(text, t.room-indent)))
}

func plain(s string) string { return s }

func (t *text) Write(r *Input) error {
	if t.begun {
		t.printf("\n")
	}
	t.begun = true
	t.input(r)
	return t.w.Flush()
}

// Finish implements [Writer]: the problems go to stderr.
func (t *text) Finish([]report.Problem) error { return nil }

func (t *text) input(r *Input) {
	switch {
	case r.Unknown != "":
		t.line(0, t.palette.Bold, r.Unknown+" event")
		t.line(2, plain, "this version does not know the kind: no rule reads it")
	case len(r.Events) == 0 && r.Err != nil:
		t.line(0, t.palette.Bold, r.Err.Error())
	}
	for i := range r.Events {
		if i > 0 {
			t.printf("\n")
		}
		t.event(r, &r.Events[i])
	}
}

func (t *text) event(r *Input, e *Event) {
	if r.IsEvent {
		t.line(0, t.palette.Bold, e.Kind.String()+" event "+e.SourceID)
	}
	switch {
	case e.Request != nil:
		t.request(e.Request)
	case e.Shell != nil:
		t.line(0, t.palette.Bold, "$ "+e.Command)
	case !r.IsEvent:
		t.line(0, t.palette.Bold, e.Kind.String())
	}
	if e.Shell != nil {
		t.shellView(e.Shell, e.Line)
	}
	t.matches(e)
	if len(e.Asked) > 0 {
		t.printf("%s\n", t.palette.Cyan("why"))
	}
	for i := range e.Asked {
		t.asked(&e.Asked[i])
	}
}

func (t *text) shellView(v *shell.View, l *program.Line) {
	t.printf("%s\n", t.palette.Cyan("shell view"))
	if len(v.Commands) == 0 {
		t.line(2, plain, "no command")
	}
	levels := make([]int, min(len(v.Commands), maxListed))
	for i := range levels {
		c := &v.Commands[i]
		if c.Parent >= 0 { // parents stand before their children
			levels[i] = min(levels[c.Parent]+1, shell.MaxDepth)
		}
		t.command(i, levels[i], c)
		t.effects(l, i, 2*levels[i]+7)
	}
	t.more(len(v.Commands)-maxListed, "command")
	for _, r := range v.Redirects[:min(len(v.Redirects), maxListed)] {
		of := ""
		if r.Command >= 0 {
			of = fmt.Sprintf("  (of %d)", r.Command+1)
		}
		t.noted(6, r.Text, of)
	}
	t.more(len(v.Redirects)-maxListed, "redirection")
	t.effects(l, -1, 7)
	if v.Truncated {
		t.line(2, t.palette.Yellow, fmt.Sprintf("cut short: %s and %s left out, which no rule on the shell view sees",
			report.Plural(v.CommandsLeftOut, "command"), report.Plural(v.BytesLeftOut, "byte")))
	}
}

// effects lists what command i of the view would do, or, for -1, what
// redirections do that no command carries.
func (t *text) effects(l *program.Line, i, indent int) {
	n := 0
	for k := range l.Commands {
		c := &l.Commands[k]
		if c.Shell != i {
			continue
		}
		for j := range c.Effects {
			if n++; n <= maxListed {
				t.line(indent, t.palette.Green, engine.EffectText(&c.Effects[j]))
			}
		}
	}
	t.more(n-maxListed, "effect")
}

// more says how many were not listed.
func (t *text) more(n int, noun string) {
	if n > 0 {
		t.line(5, t.palette.Dim, "and "+report.Plural(n, "more "+noun))
	}
}

func (t *text) command(i, level int, c *shell.Command) {
	text := c.Text
	if c.Path != "" {
		text = c.Path + text[len(c.Name):]
	}
	if len(c.Assigns) > 0 {
		text = strings.Join(c.Assigns, " ") + " " + text
	}
	via := ""
	if c.Via != "" {
		via = "  (via " + c.Via
		if c.Depth > 0 {
			via += fmt.Sprintf(", depth %d", c.Depth)
		}
		via += ")"
	}
	t.printf("%s ", t.palette.Dim(fmt.Sprintf("%4d", i+1)))
	t.noted(2*level+1, text, via)
}

// noted writes text and, dim, a note behind it that is never cut.
func (t *text) noted(indent int, text, note string) {
	note = escape.Terminal(note)
	t.printf("%*s%s%s\n", indent, "", escape.Cut(text, max(t.room-indent-5-escape.Width(note), 20)), t.palette.Dim(note))
}

// matches shows the rules that fire, and those that would.
func (t *text) matches(e *Event) {
	t.printf("%s\n", t.palette.Cyan("rules"))
	switch {
	case !e.Read:
		t.line(2, plain, "no rule in force reads "+e.Kind.String()+" events")
	case len(e.Matches) == 0:
		t.line(2, plain, "none fires")
	}
	for i := range e.Matches {
		x := &e.Matches[i]
		t.heading(x)
		t.tags(x)
		if x.Steps != nil {
			t.steps(x.Steps)
		} else if x.Match != nil {
			label := x.Match.Field
			if x.Match.Member != "" {
				label += " " + x.Match.Member
			}
			t.marked(4, label+": ", x.Match)
		} else if len(x.Tags) > 0 {
			t.line(4, plain, "evidence: "+string(x.Tags[0].Evidence))
		}
	}
}

// steps shows the steps of a sequence, each with the text that it held on.
func (t *text) steps(steps []engine.FiredStep) {
	for i, s := range steps {
		t.noted(4, fmt.Sprintf("step %d %s", i+1, s.Asked), "")
		t.noted(6, s.Text, "  ("+s.SourceID+")")
	}
}

func (t *text) heading(x *engine.Explanation) {
	style := t.palette.Yellow
	if x.Verdict == engine.Fires {
		style = t.palette.Red
	}
	t.printf("  %s %s: %s\n", t.palette.Bold(x.Rule.ID), escape.Terminal(x.Rule.Name), style(escape.Terminal(verdictText(x))))
}

// verdictText says the verdict in words.
func verdictText(x *engine.Explanation) string {
	switch x.Verdict {
	case engine.Fires:
		if x.State.Mode == event.Clipped {
			return fmt.Sprintf("fires, clipped to %v%s", x.State.Max, because(x.State))
		}
		return "fires"
	case engine.NoMatch:
		if x.State.Mode == event.Disabled {
			return "does not fire: its match does not hold; besides, it is disabled" + because(x.State)
		}
		return "does not fire: its match does not hold"
	case engine.OtherKind:
		var kinds []string
		for _, k := range x.Rule.AppliesTo {
			kinds = append(kinds, k.String())
		}
		return "does not fire: it is for " + strings.Join(kinds, " and ") + " events"
	case engine.SwitchedOff:
		return "matches, but is disabled" + because(x.State)
	case engine.StateExpired:
		return "matches, but its state has just run out and is not reverted yet"
	case engine.UnderFloor:
		return fmt.Sprintf("matches, but with a confidence below %v%s", event.Floor, because(x.State))
	case engine.NoTechnique:
		return "matches, but selects none of its techniques"
	case engine.NoAnchor:
		return "matches, but its finding is of an identity, and the event has no identity_uuid"
	}
	return "does not fire: its matcher broke, which is a defect of ttpctl"
}

func because(s event.State) string {
	if s.Reason == "" {
		return ""
	}
	return " (" + s.Reason + ")"
}

func (t *text) tags(x *engine.Explanation) {
	c := t.catalogue
	for i := range x.Tags {
		tag := &x.Tags[i]
		t.line(4, plain, fmt.Sprintf("%s %s, %s %s, confidence %v", tag.Tactic, c.TacticName(tag.Tactic),
			tag.MostSpecific(), c.FullName(tag.MostSpecific()), tag.Confidence))
	}
	if x.BelowFloor > 0 && x.Verdict == engine.Fires {
		t.line(4, plain, fmt.Sprintf("%s left out: confidence below %v", report.Plural(x.BelowFloor, "technique"), event.Floor))
	}
}
