package html

import (
	"fmt"
	"strings"
	"time"

	"ttpctl/internal/report"
	"ttpctl/internal/report/dossier"
)

// headline says in a sentence who did what, and when.
func headline(d *dossier.Dossier) string {
	if d.Tags == 0 {
		return "Nothing was seen that a rule knows."
	}
	who := counted(d.Counts.Attackers, "attacker")
	if d.Counts.Sessions.N > 0 {
		who += " in " + counted(d.Counts.Sessions, "session")
	}
	s := who + " showed " + report.Plural(d.Counts.Techniques, "technique")
	if when := span(d.First, d.Last); when != "" {
		s += " " + when
	}
	return s + "."
}

// span says from when to when.
func span(first, last time.Time) string {
	if first.IsZero() {
		return ""
	}
	first, last = first.UTC(), last.UTC()
	const day = "2 January 2006"
	switch {
	case first.Format(day) == last.Format(day):
		return "on " + first.Format(day)
	case first.Year() == last.Year() && first.Month() == last.Month():
		return fmt.Sprintf("from %d to %s", first.Day(), last.Format(day))
	case first.Year() == last.Year():
		return "from " + first.Format("2 January") + " to " + last.Format(day)
	}
	return "from " + first.Format(day) + " to " + last.Format(day)
}

// lead says what matters most of the rest.
func (p *Page) lead() string {
	d := p.Dossier
	if d.Tags == 0 {
		return ""
	}
	var parts []string
	if t := mostSeen(d); t != nil {
		parts = append(parts, fmt.Sprintf("Most common was %s (%s), in %s.", t.Name, t.ID, counted(t.Sessions, "session")))
	}
	if len(d.Sessions) > 0 {
		s := d.Sessions[0]
		parts = append(parts, fmt.Sprintf("One session of %s alone showed %s across %s.", shown(s.Attacker, 80), report.Plural(len(s.Techniques), "technique"), report.Plural(len(s.Tactics), "tactic")))
	}
	if n := d.Counts.LoggedIn; n > 0 {
		parts = append(parts, report.Plural(n, "session")+" got past the login.")
	}
	if n := d.Counts.Campaigns; n > 0 {
		c := d.Campaigns[0]
		if n == 1 {
			parts = append(parts, report.Plural(c.Count, "attacker")+" work alike.")
		} else {
			parts = append(parts, fmt.Sprintf("%s work alike, the largest of %s groups.", report.Plural(c.Count, "attacker"), report.Grouped(n)))
		}
	}
	return strings.Join(parts, " ")
}

// mostSeen returns the technique that most sessions showed.
func mostSeen(d *dossier.Dossier) (most *dossier.Technique) {
	for i := range d.Tactics {
		for k := range d.Tactics[i].Techniques {
			if t := &d.Tactics[i].Techniques[k]; most == nil || t.Sessions.N > most.Sessions.N {
				most = t
			}
		}
	}
	if most == nil || most.Sessions.N == 0 {
		return nil
	}
	return most
}

// figures are the numbers below the headline.
func figures(d *dossier.Dossier) []figure {
	list := []figure{
		{ID: "n-attackers", Label: "Attackers", Value: d.Counts.Attackers.String()},
		{ID: "n-sessions", Label: "Sessions", Value: d.Counts.Sessions.String()},
		{ID: "n-techniques", Label: "Techniques", Value: report.Grouped(d.Counts.Techniques), Note: "in " + report.Plural(len(d.Tactics), "tactic")},
		{ID: "n-tags", Label: "Tags", Value: report.Grouped(d.Tags), Note: "by " + report.Plural(d.Counts.Rules, "rule")},
		{Label: "Indicators", Value: report.Grouped(d.Counts.Indicators)},
		{Label: "Campaigns", Value: report.Grouped(d.Counts.Campaigns)},
	}
	if d.Counts.SessionsSeen.N > 0 {
		list[1].Note = "of " + d.Counts.SessionsSeen.String() + " seen"
	}
	return list
}
