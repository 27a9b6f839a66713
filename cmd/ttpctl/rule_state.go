package main

import (
	"time"

	"ttpctl/internal/event"
)

// A jsonRuleState is a rule's state in JSON. What a state lacks is null.
type jsonRuleState struct {
	RuleID        string   `json:"rule_id"`
	State         string   `json:"state"`
	ConfidenceMax *float64 `json:"confidence_max"`
	ExpiresAt     *string  `json:"expires_at"` // RFC 3339; null = until someone changes it
	Reason        string   `json:"reason"`
	SetBy         string   `json:"set_by"`
	SetAt         *string  `json:"set_at"`
	Changed       bool     `json:"changed"` // by this command
}

func newJSONRuleState(id string, st event.State) jsonRuleState {
	j := jsonRuleState{RuleID: id, State: st.Mode.String(), Reason: st.Reason, SetBy: st.SetBy}
	if st.Mode == event.Clipped {
		j.ConfidenceMax = &st.Max
	}
	j.ExpiresAt, j.SetAt = rfc3339(st.ExpiresAt), rfc3339(st.SetAt)
	return j
}

func rfc3339(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format("2006-01-02T15:04:05.999Z07:00")
	return &s
}

// ceiling returns the highest confidence that st allows, nil where it says
// nothing of it: a value of a report.Table.
func ceiling(st event.State) any {
	if st.Mode == event.Clipped {
		return st.Max
	}
	return nil
}
