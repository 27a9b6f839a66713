package html

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"ttpctl/internal/escape"
	"ttpctl/internal/report"
	"ttpctl/internal/report/dossier"
	"ttpctl/internal/report/sessions"
)

// mostSessions bounds what the sessions take in the page, in bytes.
const mostSessions = 1_200_000

// A pageData is what the script is given.
type pageData struct {
	Countries  bool          `json:"countries"`
	Techniques [][2]string   `json:"techniques"` // id and name
	Attackers  [][]any       `json:"attackers"`
	Sessions   []sessionData `json:"sessions"`
	index      map[string]int
	names      func(id string) string
}

type sessionData struct {
	ID         string      `json:"id"`
	Attacker   string      `json:"attacker"`
	Start      int64       `json:"start"`
	Count      int         `json:"count"`
	Like       int         `json:"like"`
	Techniques []int       `json:"techniques"`
	Facts      [][2]string `json:"facts"`
	Lines      []lineData  `json:"lines"`
	Left       int         `json:"left,omitempty"`
}

type lineData struct {
	At      int64    `json:"at"` // seconds since the session began, -1 = not known
	Command bool     `json:"command,omitempty"`
	Text    string   `json:"text"`
	Cut     int      `json:"cut,omitempty"`
	Effects []string `json:"effects,omitempty"`
	Tags    [][3]any `json:"tags,omitempty"` // technique, rule, confidence
}

// data returns what the script is given, a share of what is usual.
func (p *Page) data(scale int) *pageData {
	d := p.Dossier
	out := &pageData{Countries: p.Countries != "", Techniques: [][2]string{}, Attackers: [][]any{}, Sessions: []sessionData{}, index: map[string]int{}}
	names := map[string]string{}
	for i := range d.Tactics {
		for _, t := range d.Tactics[i].Techniques {
			names[t.ID] = t.Name
		}
	}
	out.names = func(id string) string { return names[id] }
	for i := range len(d.Attackers) / scale {
		a := &d.Attackers[i]
		out.Attackers = append(out.Attackers, []any{shown(a.Name, 160), shown(a.Country, 64), a.Sessions, a.Tags, out.techniques(a.Techniques), unix(a.First), unix(a.Last)})
	}
	size := 0
	for i := range d.Sessions {
		s := out.session(&d.Sessions[i])
		text, _ := json.Marshal(s) // it is of plain values
		if size += len(text); size > mostSessions/scale {
			break
		}
		out.Sessions = append(out.Sessions, s)
	}
	return out
}

// technique returns the number of a technique.
func (d *pageData) technique(id string) int {
	i, ok := d.index[id]
	if !ok {
		i = len(d.Techniques)
		d.index[id] = i
		d.Techniques = append(d.Techniques, [2]string{shown(id, 40), shown(d.names(id), 160)})
	}
	return i
}

func (d *pageData) techniques(ids []string) []int {
	list := make([]int, len(ids))
	for i, id := range ids {
		list[i] = d.technique(id)
	}
	return list
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func (d *pageData) session(s *dossier.Session) sessionData {
	out := sessionData{
		ID: shown(s.ID, 80), Attacker: shown(s.Attacker, 80), Start: unix(s.Start), Count: len(s.Lines) + s.LeftOut, Like: s.Like,
		Techniques: d.techniques(s.Techniques), Facts: facts(s), Left: s.LeftOut, Lines: []lineData{},
	}
	for i := range s.Lines {
		l := &s.Lines[i]
		line := lineData{At: offset(s.Session, l), Command: l.Typed(), Text: escape.Terminal(l.Text), Cut: l.Cut}
		for _, e := range l.Effects {
			line.Effects = append(line.Effects, escape.Terminal(e))
		}
		line.Tags = d.tags(l.Tags)
		out.Lines = append(out.Lines, line)
	}
	return out
}

// tags returns each technique of a line once: with the rules that saw it, and how
// sure the surest of them is.
func (d *pageData) tags(all []sessions.Tag) (list [][3]any) {
	at := map[string]int{}
	for _, t := range all {
		i, again := at[t.Technique]
		if !again {
			at[t.Technique] = len(list)
			list = append(list, [3]any{d.technique(t.Technique), shown(t.RuleID, 64), t.Confidence})
			continue
		}
		tag := &list[i]
		if rules := tag[1].(string); len(rules) < 200 && !strings.Contains(rules, shown(t.RuleID, 64)) {
			tag[1] = rules + ", " + shown(t.RuleID, 64)
		}
		tag[2] = max(tag[2].(float64), t.Confidence)
	}
	return list
}

// offset returns how many seconds into its session a line came, -1 = not known.
func offset(s *sessions.Session, l *sessions.Line) int64 {
	if l.At.IsZero() || s.Start.IsZero() {
		return -1
	}
	return int64(l.At.Sub(s.Start) / time.Second)
}

// facts says about a session what its lines do not.
func facts(s *dossier.Session) [][2]string {
	list := [][2]string{}
	add := func(label, value string) {
		if value != "" {
			list = append(list, [2]string{label, shown(value, 200)})
		}
	}
	add("Began", moment(s.Start))
	add("Lasted", lasted(s.Seconds))
	add("Sensor", s.Sensor)
	add("Service", s.Service)
	add("Client", s.Client)
	switch {
	case s.LoggedIn && s.User != "":
		add("Login", "accepted as "+s.User)
	case s.LoggedIn:
		add("Login", "accepted")
	case s.FailedLogins > 0:
		add("Login", report.Plural(s.FailedLogins, "attempt")+" refused")
	}
	add("Tags", report.Grouped(s.Tags))
	if s.Like > 0 {
		add("Alike", report.Plural(s.Like, "other session")+" went the same way")
	}
	if s.Evidence {
		add("Lines", "no transcript was kept: these are the places that rules matched")
	}
	return list
}

// lasted returns a number of seconds as people say it.
func lasted(seconds float64) string {
	switch n := int(seconds); {
	case n <= 0:
		return ""
	case n < 60:
		return report.Plural(n, "second")
	case n < 3600:
		return fmt.Sprintf("%d min %d s", n/60, n%60)
	default:
		return fmt.Sprintf("%d h %d min", n/3600, n/60%60)
	}
}
