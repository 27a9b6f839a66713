package sessions

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/escape"
	"ttpctl/internal/report"
)

// A Replay shows one session as it was typed: each line with what it would do
// and, beside it, its tags.
type Replay struct {
	Session   *Session // its effects are there
	Catalogue *attack.Catalogue
	Meta      report.Meta
	// Pause, when not nil, is called before each line of the text with the time
	// that passed since the one before. Its error ends the text.
	Pause func(time.Duration) error
}

// NewReplay returns the replay of the session that id means.
func NewReplay(list []*Session, id string, c *attack.Catalogue, m report.Meta) (*Replay, error) {
	s, err := Named(list, id)
	if err != nil {
		return nil, err
	}
	x, err := NewExplainer()
	if err != nil {
		return nil, err
	}
	x.Effects(s)
	return &Replay{Session: s, Catalogue: c, Meta: m}, nil
}

// maxPause is the longest pause of a replay.
const maxPause = 5 * time.Second

// Pace returns a pause as long as the attacker's at a speed, before which what
// was written is flushed. It ends with ctx.
func Pace(ctx context.Context, speed float64, flush func() error) func(time.Duration) error {
	return func(d time.Duration) error {
		if err := flush(); err != nil {
			return err
		}
		timer := time.NewTimer(time.Duration(min(float64(d)/speed, float64(maxPause))))
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Result returns the session in its formats.
func (r *Replay) Result() *report.Result {
	summary := map[string]int{"lines": len(r.Session.Lines), "lines_left_out": r.Session.LeftOut}
	return &report.Result{
		Envelope: report.Envelope{Schema: "ttpctl.session/v1", Meta: r.Meta, Data: r.Session, Summary: summary},
		CSV:      r.rows,
		Text:     r.text,
	}
}

func (r *Replay) text(w io.Writer, o report.TextOptions) error {
	t := newText(w, r.Catalogue, o)
	t.head(r.Session)
	began := r.Session.Start
	last := began
	for i := range r.Session.Lines {
		l := &r.Session.Lines[i]
		if r.Pause != nil && !l.At.IsZero() && l.At.After(last) {
			if err := r.Pause(l.At.Sub(last)); err != nil {
				return err
			}
			last = l.At
		}
		t.line(l, began)
		if t.err != nil {
			return t.err
		}
	}
	t.foot(r.Session)
	return t.err
}

// rows are the lines for spreadsheets.
func (r *Replay) rows() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "at"}, {Name: "source_kind"}, {Name: "source_id"}, {Name: "text"}, {Name: "effects"}, {Name: "techniques"}, {Name: "rules"},
	}}
	for i := range r.Session.Lines {
		l := &r.Session.Lines[i]
		var techniques, rules []string
		for _, tag := range l.Tags {
			techniques, rules = append(techniques, tag.Technique), append(rules, tag.RuleID)
		}
		t.Add(l.At, l.Kind, l.SourceID, l.Text, strings.Join(l.Effects, "; "), techniques, rules)
	}
	return t
}

// Widths of the text, in cells.
const (
	usualWidth = 120 // where no terminal says it
	leastWidth = 40
	timeWidth  = 10 // of the time before each line
	tagsWidth  = 34 // of the tags beside a line, at least
	besideFrom = 90 // below it tags stand under their line
)

// A text writes a session for people. Whatever an attacker wrote passes through
// escape.
type text struct {
	w         io.Writer
	err       error // the first of w
	palette   report.Palette
	catalogue *attack.Catalogue
	width     int
	left      int // cells of what was typed; 0 = tags stand below
}

func newText(w io.Writer, c *attack.Catalogue, o report.TextOptions) *text {
	t := &text{w: w, palette: report.Palette{On: o.Color}, catalogue: c, width: usualWidth}
	if o.Width > 0 {
		t.width = max(o.Width, leastWidth)
	}
	if t.width >= besideFrom {
		right := max(tagsWidth, t.width*2/5)
		t.left = t.width - right - timeWidth - 2
	}
	return t
}

func (t *text) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

// head says who it was and what came of it.
func (t *text) head(s *Session) {
	words := []string{s.Key()}
	for _, w := range []string{s.who(), s.Service, s.Client} {
		if w != "" {
			words = append(words, w)
		}
	}
	for i, l := range escape.Fold(strings.Join(words, "  "), t.width) {
		if i == 0 {
			l = t.palette.Bold(l)
		}
		t.printf("%s\n", l)
	}
	for _, l := range escape.Fold(s.sentence(), t.width) {
		t.printf("%s\n", l)
	}
	t.printf("\n")
}

// sentence sums the session up.
func (s *Session) sentence() string {
	var parts []string
	if !s.Start.IsZero() {
		parts = append(parts, s.Start.UTC().Format("2006-01-02 15:04:05")+" UTC")
	}
	parts = append(parts, span(s.Seconds))
	refused := ""
	if s.FailedLogins > 0 {
		refused = report.Grouped(s.FailedLogins) + " refused"
	}
	switch {
	case s.LoggedIn && s.User != "":
		parts = append(parts, "logged in as "+s.User)
	case s.LoggedIn:
		parts = append(parts, "logged in")
	case refused != "":
		parts = append(parts, "not logged in")
	}
	for _, part := range []struct {
		n    int
		noun string
	}{{s.Commands, "command"}, {s.Requests, "request"}, {s.Downloads, "file"}} {
		if part.n > 0 {
			parts = append(parts, report.Plural(part.n, part.noun))
		}
	}
	if refused != "" {
		parts = append(parts, "logins "+refused)
	}
	parts = append(parts, report.Plural(s.Tags, "tag")+" of "+report.Plural(len(s.Techniques), "technique"))
	return strings.Join(parts, ", ")
}

// line writes one line, its effects and its tags.
func (t *text) line(l *Line, began time.Time) {
	room := t.left
	if room == 0 {
		room = t.width - timeWidth
	}
	prompt := "  "
	style := t.palette.Dim
	if l.Typed() {
		prompt, style = "$ ", t.palette.Bold
	}
	shown := l.Text
	if l.Cut > 0 {
		shown += fmt.Sprintf(" … (%s more)", report.Plural(l.Cut, "byte"))
	}
	var left, styled []string
	add := func(indent string, style func(string) string, text string) {
		for i, piece := range escape.Fold(text, room-len(indent)) {
			if i > 0 && indent == "$ " {
				indent = "  "
			}
			left, styled = append(left, indent+piece), append(styled, style(indent+piece))
		}
	}
	add(prompt, style, shown)
	for _, e := range l.Effects {
		add("    ", t.palette.Green, e)
	}
	right, marked := t.tags(l)
	if t.left == 0 {
		for i := range right {
			left, styled = append(left, "    "+right[i]), append(styled, "    "+marked[i])
		}
		right = nil
	}
	at := ""
	if !l.At.IsZero() && !began.IsZero() {
		at = "+" + clock(l.At.Sub(began))
	}
	for i := range max(len(left), len(right)) {
		out := t.palette.Dim(fmt.Sprintf("%*s ", timeWidth-1, at))
		at = ""
		if i < len(left) {
			out += styled[i]
		}
		if i < len(right) {
			used := 0
			if i < len(left) {
				used = escape.Width(left[i])
			}
			out += strings.Repeat(" ", max(t.left-used, 0)+2) + marked[i]
		}
		t.printf("%s\n", strings.TrimRight(out, " "))
	}
}

// clock writes how long after the beginning a line came.
func clock(d time.Duration) string {
	switch {
	case d < 0:
		return "0.0"
	case d < time.Minute:
		return fmt.Sprintf("%.1f", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
}

// tags returns the tags of a line, one a line, plain and in colour. Techniques
// that several rules see stand once.
func (t *text) tags(l *Line) (plain, styled []string) {
	room := t.width - t.left - timeWidth - 2
	if t.left == 0 {
		room = t.width - timeWidth - 4
	}
	rules := map[string][]string{}
	var order []string
	for _, tag := range l.Tags {
		if rules[tag.Technique] == nil {
			order = append(order, tag.Technique)
		}
		rules[tag.Technique] = addName(rules[tag.Technique], tag.RuleID)
	}
	for _, id := range order {
		by := " " + strings.Join(rules[id], " ")
		name := t.catalogue.FullName(id)
		if _, own, sub := strings.Cut(name, ": "); sub {
			name = own // the parent's would fill the line
		}
		name = escape.Cut(name, max(room-len(id)-1-len(by), 8))
		by = escape.Cut(by, room-len(id)-1-escape.Width(name))
		plain = append(plain, id+" "+name+by)
		styled = append(styled, t.palette.Red(id)+" "+name+t.palette.Dim(by))
	}
	return plain, styled
}

// foot says what is not shown.
func (t *text) foot(s *Session) {
	if s.LeftOut > 0 {
		t.printf("%*s %s\n", timeWidth-1, "", t.palette.Yellow("and "+report.Plural(s.LeftOut, "line")+" that were not kept"))
	}
}
