// Package sessions puts what attackers did back together, session by session:
// each line as it was typed, with what it would do and the tags that it got.
//
// A [Keeper] is fed by a run over logs. On each goroutine that evaluates a
// [Recorder] notes the events of a batch; the Keeper takes these notes in input
// order ([Keeper.Add]), then the tags of the same batch ([Keeper.Tag]), and joins
// them by sensor, session, kind and source_id. What the lines do is not worked out
// on the way: an [Explainer] does it for the sessions that somebody looks at.
//
// Invariants:
//   - Memory is bounded, whatever comes in: lines and bytes of a session, of all
//     lines, the number of sessions. The least telling sessions that have ended lose
//     their lines first, then their rows; both are counted.
//   - What is told does not depend on the number of workers.
//   - No password and no secret of a URL gets in: texts are masked as evidence is.
//     All else is as attackers wrote it, and whoever shows it escapes it.
//
// For example:
//
//	k := sessions.NewKeeper(sessions.Options{})
//	tagger := &worker.Tagger{Record: func() worker.Recorder { return k.Recorder() }, Recorded: k.Add, Publish: func(tags []event.Tag) error { k.Tag(tags); return nil }}
//	account, err := tagger.Run(ctx, inputs, cfg)
//	for _, s := range k.Sessions(sessions.ByTelling) { … }
package sessions

import (
	"cmp"
	"slices"
	"time"

	"ttpctl/internal/event"
)

// A Session is what one session of an attacker looked like. Its texts are an
// attacker's, masked and not escaped.
type Session struct {
	ID           string    `json:"session_id"`
	Sensor       string    `json:"decky_id,omitempty"`
	Attacker     string    `json:"attacker_uuid,omitempty"`
	AttackerIP   string    `json:"attacker_ip,omitempty"`
	Service      string    `json:"service,omitempty"`
	Client       string    `json:"client_version,omitempty"` // what the client says it is
	Start        time.Time `json:"start,omitzero"`           // zero = no line has a time
	End          time.Time `json:"end,omitzero"`
	Seconds      float64   `json:"duration_s"` // what the sensor says, else from start to end
	LoggedIn     bool      `json:"logged_in"`
	User         string    `json:"user,omitempty"` // as whom
	FailedLogins int       `json:"failed_logins"`
	// Counts are of all lines, also of those that were not kept.
	Commands   int      `json:"commands"`
	Downloads  int      `json:"downloads"` // and files that were uploaded or written
	Requests   int      `json:"requests"`
	Tags       int      `json:"tags"`
	Techniques []string `json:"techniques"` // the most specific ids, sorted
	Tactics    []string `json:"tactics"`
	Lines      []Line   `json:"lines,omitempty"`
	LeftOut    int      `json:"lines_left_out"` // lines that were not kept
}

// A Line is one event of a session.
type Line struct {
	At       time.Time `json:"at,omitzero"`
	Kind     string    `json:"source_kind"`
	SourceID string    `json:"source_id"`
	Text     string    `json:"text"`
	Cut      int       `json:"bytes_left_out,omitempty"` // of the text
	// Of a file: where it came from, what it is called, its content.
	URL    string `json:"url,omitempty"`
	Path   string `json:"path,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	// Effects are what the commands of the line would do, once an Explainer was
	// asked.
	Effects []string `json:"effects,omitempty"`
	Tags    []Tag    `json:"tags,omitempty"`
}

// A Tag is a technique that a line was tagged with.
type Tag struct {
	RuleID      string  `json:"rule_id"`
	RuleVersion int     `json:"rule_version"`
	Tactic      string  `json:"tactic"`
	Technique   string  `json:"technique_id"` // the most specific id
	Confidence  float64 `json:"confidence"`
}

// Key names the session among those of several sensors.
func (s *Session) Key() string {
	if s.Sensor == "" {
		return s.ID
	}
	return s.Sensor + "/" + s.ID
}

// Typed reports whether the line is a command as somebody typed it.
func (l *Line) Typed() bool { return l.Kind == event.KindCommand.String() }

// An Order is one in which sessions are listed.
type Order func(a, b *Session) int

// OrderWords are what [OrderOf] knows.
func OrderWords() []string { return []string{"telling", "time"} }

// OrderOf returns the order that a word chooses, ByTelling unless it is time.
func OrderOf(word string) Order {
	if word == "time" {
		return ByTime
	}
	return ByTelling
}

// ByTelling puts the sessions first that showed most: most techniques, then
// most tags, then most commands.
func ByTelling(a, b *Session) int {
	return cmp.Or(telling(b, a), ByTime(a, b))
}

// telling compares how much was seen of two sessions.
func telling(a, b *Session) int {
	return cmp.Or(cmp.Compare(len(a.Techniques), len(b.Techniques)), cmp.Compare(a.Tags, b.Tags),
		cmp.Compare(a.events(), b.events()))
}

// events returns how much was done.
func (s *Session) events() int { return s.Commands + s.Downloads + s.Requests }

// ByTime puts the session that began first at the beginning.
func ByTime(a, b *Session) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Sensor, b.Sensor), cmp.Compare(a.ID, b.ID))
}

// addName adds a name to a sorted list of few.
func addName(list []string, name string) []string {
	if i, ok := slices.BinarySearch(list, name); !ok {
		return slices.Insert(list, i, name)
	}
	return list
}
