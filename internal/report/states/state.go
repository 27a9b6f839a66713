package states

import (
	"fmt"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/report"
)

// A State is a rule's state in JSON. What a state lacks is null.
type State struct {
	RuleID        string   `json:"rule_id"`
	State         string   `json:"state"`
	ConfidenceMax *float64 `json:"confidence_max"`
	ExpiresAt     *string  `json:"expires_at"` // RFC 3339; null = until someone changes it
	Reason        string   `json:"reason"`
	SetBy         string   `json:"set_by"`
	SetAt         *string  `json:"set_at"`
	Changed       bool     `json:"changed"` // by this command
}

func newState(id string, st event.State) State {
	j := State{RuleID: id, State: st.Mode.String(), Reason: st.Reason, SetBy: st.SetBy}
	if st.Mode == event.Clipped {
		j.ConfidenceMax = &st.Max
	}
	j.ExpiresAt, j.SetAt = report.Stamp(st.ExpiresAt), report.Stamp(st.SetAt)
	return j
}

// ceiling returns the highest confidence that st allows, nil where it says
// nothing of it: a value of a report.Table.
func ceiling(st event.State) any {
	if st.Mode == event.Clipped {
		return st.Max
	}
	return nil
}

// stateText returns `clipped to at most 0.5 until 2026-11-22 09:00 UTC (in 3h12m)`.
func stateText(st event.State, now time.Time) string {
	text := st.Mode.String()
	if st.Mode == event.Clipped {
		text += fmt.Sprintf(" to at most %v", st.Max)
	}
	if !st.ExpiresAt.IsZero() {
		text += " until " + report.Moment(st.ExpiresAt, now) + " (in " + report.Remaining(st.ExpiresAt, now) + ")"
	}
	return text
}
