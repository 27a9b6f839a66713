package main

import (
	"fmt"
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

// moment returns t as people read it, with seconds when it is near.
func moment(t, now time.Time) string {
	layout := "2006-01-02 15:04 UTC"
	if t.Sub(now).Abs() < 10*time.Minute {
		layout = "2006-01-02 15:04:05 UTC"
	}
	return t.UTC().Format(layout)
}

// untilText returns how long it is from now to t: 3h12m; "" for never.
func untilText(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := max(t.Sub(now), 0)
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour), int(d/time.Minute)
	switch {
	case days >= 2:
		return fmt.Sprintf("%dd%dh", days, hours%24)
	case hours > 0:
		return fmt.Sprintf("%dh%02dm", hours, minutes%60)
	case minutes >= 10:
		return fmt.Sprintf("%dm", minutes)
	}
	return d.Round(time.Second).String()
}
