package corpus

import (
	"fmt"

	"ttpctl/internal/event"
)

// Fixed values of a row's event where it names none (EVENTS.md section 3).
const (
	rowSourceID = "corpus"
	rowAttacker = "00000000-0000-4000-8000-000000000001"
	rowIdentity = "00000000-0000-4000-8000-000000000002"
)

// A Row is one event with what is known of it. It belongs to one goroutine
// and is reused: who keeps one beyond a callback keeps what it needs of it.
type Row struct {
	Event event.Event
	File  string
	Line  int // from 1; 0 = the source has no lines

	Label      string   // unique in a run
	Labelled   bool     // expected_rule_ids was there
	Expected   []string // rules that should fire; empty = none should
	Judged     []string // rules that the label speaks of; nil = those of the cohort
	Techniques []string // expected_techniques; nil = the row says nothing of techniques
	Acceptable []string // acceptable_techniques: may be tagged as well
	Note       string
}

// A RowError is a row that cannot be used.
type RowError struct {
	File   string
	Line   int
	Reason string
}

// Error returns `file:line: reason`.
func (e *RowError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason) }

// text returns what a person reads of the row: the value of the kind's default
// field, else the payload as JSON.
func (r *Row) text() string { return eventText(&r.Event) }

func eventText(ev *event.Event) string {
	if id, ok := event.LookupField(ev.Kind, ev.Kind.DefaultField()); ok {
		if s, ok := ev.Text(id); ok && s != "" {
			return s
		}
	}
	return string(appendPayload(nil, ev))
}

// reset makes r an empty row that keeps its buffers.
func (r *Row) reset() {
	r.Event.Reset()
	*r = Row{Event: r.Event}
}
