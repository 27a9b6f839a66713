package sessions

import (
	"fmt"
	"io"
	"strings"
	"time"

	"ttpctl/internal/hint"
	"ttpctl/internal/report"
)

// A List is sessions for people and machines.
type List struct {
	Sessions []*Session   // in the order in which they are shown
	Total    report.Count // how many there are
	Limit    int          // at most so many are shown; 0 = all
	Without  int          // events that named no session
	Meta     report.Meta
}

// listSummary is what the JSON says besides the sessions.
type listSummary struct {
	Sessions int `json:"sessions"`
	// AtLeast says that more sessions came than are remembered.
	AtLeast bool `json:"at_least,omitempty"`
	Without int  `json:"events_without_session"`
}

// Formats are those in which sessions are written.
func Formats() []string { return []string{"table", "json", "csv"} }

// Result returns the list, of whose lines nothing is told.
func (l *List) Result() *report.Result {
	if l.Limit > 0 && l.Limit < len(l.Sessions) {
		l.Sessions = l.Sessions[:l.Limit]
	}
	rows := make([]Session, len(l.Sessions))
	for i, s := range l.Sessions {
		rows[i] = *s
		rows[i].Lines, rows[i].LeftOut = nil, 0
	}
	return &report.Result{
		Envelope: report.Envelope{Schema: "ttpctl.sessions/v1", Meta: l.Meta, Data: rows, Summary: listSummary{l.Total.N, l.Total.More, l.Without}},
		CSV:      l.exported,
		Text:     l.text,
	}
}

func (l *List) text(w io.Writer, o report.TextOptions) error {
	if len(l.Sessions) == 0 {
		_, err := io.WriteString(w, "no sessions found\n")
		return err
	}
	return l.table().WriteText(w, o)
}

// table is the list for people.
func (l *List) table() *report.Table {
	t := &report.Table{Columns: []report.Column{
		{Name: "START"}, {Name: "DURATION", Numeric: true, Fold: 3}, {Name: "SESSION", Max: 40}, {Name: "SENSOR", Max: 24, Fold: 5}, {Name: "ATTACKER", Max: 45},
		{Name: "LOGIN", Max: 24, Fold: 2}, {Name: "COMMANDS", Numeric: true}, {Name: "FILES", Numeric: true, Fold: 4}, {Name: "TAGS", Numeric: true},
		{Name: "TECHNIQUES", Max: 120, Min: 30, Fold: 1},
	}}
	for _, s := range l.Sessions {
		t.Add(s.Start, span(s.Seconds), s.ID, s.Sensor, s.who(), s.login(), s.Commands+s.Requests, s.Downloads, s.Tags, s.Techniques)
	}
	return t
}

func (l *List) exported() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "session_id"}, {Name: "decky_id"}, {Name: "attacker_ip"}, {Name: "attacker_uuid"}, {Name: "service"}, {Name: "client_version"},
		{Name: "start"}, {Name: "end"}, {Name: "duration_s"}, {Name: "logged_in"}, {Name: "user"}, {Name: "failed_logins"},
		{Name: "commands"}, {Name: "downloads"}, {Name: "requests"}, {Name: "tags"}, {Name: "techniques"}, {Name: "tactics"},
	}}
	for _, s := range l.Sessions {
		t.Add(s.ID, s.Sensor, s.AttackerIP, s.Attacker, s.Service, s.Client, s.Start, s.End, s.Seconds, s.LoggedIn, s.User, s.FailedLogins,
			s.Commands, s.Downloads, s.Requests, s.Tags, s.Techniques, s.Tactics)
	}
	return t
}

// who is the address of the attacker, or its id.
func (s *Session) who() string {
	if s.AttackerIP != "" {
		return s.AttackerIP
	}
	return s.Attacker
}

// login says how getting in went: as whom, or how often not.
func (s *Session) login() string {
	switch {
	case s.LoggedIn && s.User != "":
		return s.User
	case s.LoggedIn:
		return "yes"
	case s.FailedLogins > 0:
		return report.Grouped(s.FailedLogins) + " refused"
	}
	return ""
}

// span writes seconds for people: 0.5 s, 12 s, 4m05s, 2h10m.
func span(seconds float64) string {
	d := time.Duration(min(max(seconds, 0), 1e9) * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// Named returns the session that an id means: the one whose id or key it is, else
// the one whose id or key begins so.
func Named(list []*Session, id string) (*Session, error) {
	var whole, begun []*Session
	for _, s := range list {
		switch {
		case s.ID == id || s.Key() == id:
			whole = append(whole, s)
		case strings.HasPrefix(s.ID, id) || strings.HasPrefix(s.Key(), id):
			begun = append(begun, s)
		}
	}
	if len(whole) == 0 {
		whole = begun
	}
	switch len(whole) {
	case 0:
		return nil, hint.Errorf("without an ID the sessions are listed", "%s: no such session in the input, and no such file", id)
	case 1:
		return whole[0], nil
	}
	var keys []string
	for _, s := range whole[:min(len(whole), 5)] {
		keys = append(keys, s.Key())
	}
	return nil, hint.Errorf("for example "+strings.Join(keys, ", "), "%s: %d sessions are called so, or begin so", id, len(whole))
}

// Means returns a test for Options.Only: whether a session may be one that id
// means. An id of "" means all.
func Means(id string) func(sensor, session string) bool {
	if id == "" {
		return nil
	}
	return func(sensor, session string) bool {
		sensor, session = idOf(sensor), idOf(session)
		return strings.HasPrefix(session, id) || sensor != "" && strings.HasPrefix(id, sensor) && strings.HasPrefix(sensor+"/"+session, id)
	}
}

// Seen says how many sessions there are, and what is in none.
func Seen(k *Keeper) string {
	n := k.Total()
	words := n.String() + " sessions"
	if n.N == 1 && !n.More {
		words = "1 session"
	}
	if n.More {
		words += " (the least telling were only counted)"
	}
	if w := k.Without(); w > 0 {
		words += ", " + report.Plural(w, "event") + " in none"
	}
	return words
}
