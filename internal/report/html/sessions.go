package html

import (
	"fmt"
	"slices"

	"ttpctl/internal/report"
	"ttpctl/internal/report/dossier"
	"ttpctl/internal/report/sessions"
)

type sessionView struct {
	ID, Attacker, When, Lines, Like string
	Count                           int
	Techniques                      []string
	More                            int
}

// A featured is the session that stands in the page itself.
type featured struct {
	Attacker, User, When, Length, Left string
	Lines                              []featuredLine
}

type featuredLine struct {
	Class, At, Text, Cut string
	Tags                 []tagView
	Effects              []string
}

type tagView struct {
	ID, Title string
	Heat      int
}

// sessions fills in the sessions; v.Data says which ones there is room for.
func (p *Page) sessions(v *view) {
	d := p.Dossier
	v.SessionCount = d.Counts.Sessions.String()
	n := len(v.Data.Sessions)
	for i := range d.Sessions[:min(n, firstSessions)] {
		s := &d.Sessions[i]
		v.Sessions = append(v.Sessions, sessionView{
			ID: shown(s.ID, 80), Attacker: shown(s.Attacker, 80), When: moment(s.Start), Lines: report.Grouped(len(s.Lines) + s.LeftOut), Like: blankZero(s.Like),
			Count: len(s.Techniques), Techniques: ids(s.Techniques), More: max(0, len(s.Techniques)-mostChips),
		})
	}
	if n == 0 {
		return
	}
	v.SessionsAbout = "The most telling first: each line as it was typed, with what it would do and the techniques that it was tagged with. Opens with a click."
	kept := func(s dossier.Session) bool { return !s.Evidence }
	switch shown := d.Sessions[:n]; {
	case !slices.ContainsFunc(shown, kept):
		v.SessionsAbout = "The most telling first, as far as tags tell: of each event the place that rules matched. Opens with a click."
	case slices.ContainsFunc(shown, func(s dossier.Session) bool { return !kept(s) }):
		v.SessionsAbout = "The most telling first, as far as tags tell: of each event the place that rules matched, and where ttpctl serve --keep-sessions kept them the lines as they were typed. Opens with a click."
	}
	v.SessionsAbout += fmt.Sprintf(" Here are %s; %s went like one of them.", report.Grouped(n), report.Plural(d.Counts.SessionsLike, "other"))
	v.Featured = p.feature(v.Data.Sessions[0])
}

func blankZero(n int) string {
	if n == 0 {
		return ""
	}
	return report.Grouped(n)
}

// feature puts the first session into the page.
func (p *Page) feature(data sessionData) *featured {
	s := &p.Dossier.Sessions[0]
	f := &featured{Attacker: data.Attacker, User: shown(s.User, 64), When: moment(s.Start), Length: lasted(s.Seconds)}
	most := max(1, len(s.Techniques))
	for i := range s.Lines {
		if i == featuredLines {
			break
		}
		l := &s.Lines[i]
		line := featuredLine{Class: "other", At: clock(offset(s.Session, l)), Text: shown(l.Text, featuredText)}
		if l.Typed() {
			line.Class = "command"
		}
		if l.Cut > 0 {
			line.Cut = report.Grouped(l.Cut)
		}
		for _, e := range l.Effects[:min(len(l.Effects), featuredEffects)] {
			line.Effects = append(line.Effects, shown(e, 200))
		}
		line.Tags = p.tagViews(l, most)
		f.Lines = append(f.Lines, line)
	}
	if n := s.LeftOut + len(s.Lines) - len(f.Lines); n > 0 {
		f.Left = report.Plural(n, "more line") + "."
	}
	return f
}

// tagViews returns the tags of a line, each technique once.
func (p *Page) tagViews(l *sessions.Line, _ int) (list []tagView) {
	seen := map[string]int{}
	for _, t := range l.Tags {
		if at, ok := seen[t.Technique]; ok {
			list[at].Title += ", " + shown(t.RuleID, 64)
			continue
		}
		seen[t.Technique] = len(list)
		list = append(list, tagView{shown(t.Technique, 40), shown(t.RuleID, 64), max(1, min(3, int(t.Confidence*4)))})
	}
	return list
}

// clock writes seconds as a clock does.
func clock(seconds int64) string {
	switch {
	case seconds < 0:
		return ""
	case seconds < 3600:
		return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}
