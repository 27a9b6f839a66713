package corpus

import (
	"bytes"
	"strings"
	"sync/atomic"

	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/event"
)

// maxText bounds, in bytes, the text of a row that results show.
const maxText = 512

// A Sort is what is wrong with a rule on a row.
type Sort string

// The sorts of findings.
const (
	FalseAlarm Sort = "false_positive" // it fired, and the label says it should not
	Missed     Sort = "false_negative" // it did not fire, and the label says it should
)

// A Finding is a row on which a rule was wrong.
type Finding struct {
	RuleID   string   `json:"rule_id"`
	Sort     Sort     `json:"sort"`
	Label    string   `json:"label"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Text     string   `json:"text"`              // the default field, else the payload, cut
	Matched  string   `json:"matched,omitempty"` // of a false positive: what the pattern matched
	Evidence string   `json:"evidence,omitempty"`
	Expected []string `json:"expected_rule_ids"`
	Note     string   `json:"note,omitempty"`

	rule int
}

// finding describes the row at hand as a finding of rule r.
func (w *worker) finding(r int, sort Sort) Finding {
	f := Finding{
		RuleID: w.s.rules[r].ID, Sort: sort, Label: w.row.Label, File: w.row.File, Line: w.row.Line,
		Text: event.CutText(w.row.text(), maxText), Expected: append([]string{}, w.row.Expected...), Note: w.row.Note, rule: r,
	}
	for i := range w.tags {
		if w.tags[i].RuleID == f.RuleID {
			f.Matched = matched(w.tags[i].Evidence)
			if f.Matched == "" {
				f.Evidence = event.CutText(string(w.tags[i].Evidence), maxText)
			}
			break
		}
	}
	return f
}

// matched returns the member of that name of an evidence object, or "".
func matched(evidence []byte) string {
	dec := jsontext.NewDecoder(bytes.NewReader(evidence))
	if _, err := dec.ReadToken(); err != nil {
		return ""
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return ""
		}
		if name.String() == "matched" && dec.PeekKind() == '"' {
			value, err := dec.ReadToken()
			if err != nil {
				return ""
			}
			return value.String()
		}
		if dec.SkipValue() != nil {
			return ""
		}
	}
	return ""
}

// fullLists says which lists of findings have reached their bound, so that
// workers need not describe what nobody will keep. A list fills in row order:
// what is described late is never one of the first.
type fullLists struct{ alarms, misses []atomic.Bool }

func newFullLists(rules int) *fullLists {
	return &fullLists{make([]atomic.Bool, rules), make([]atomic.Bool, rules)}
}

func (f *fullLists) of(rule int, sort Sort) *atomic.Bool {
	if sort == FalseAlarm {
		return &f.alarms[rule]
	}
	return &f.misses[rule]
}

func (f *fullLists) is(rule int, sort Sort) bool { return f.of(rule, sort).Load() }

// shownText returns an event's text as results show it, a copy: the event's own
// may keep a whole block of input alive.
func shownText(ev *event.Event) string { return strings.Clone(event.CutText(eventText(ev), maxText)) }
