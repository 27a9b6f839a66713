package vitals

import (
	"encoding/json"
	"time"

	"ttpctl/internal/bus"
	"ttpctl/internal/event"
	"ttpctl/internal/worker"
)

// A ruleChange is what the bus is told of a rule whose definition changed.
type ruleChange struct {
	RuleID  string `json:"rule_id"`
	Version int    `json:"rule_version,omitempty"` // in force; 0 = none is
	File    string `json:"file,omitempty"`
	Refused string `json:"refused,omitempty"` // why the file is not in force
}

// A stateChange is what the bus is told of a rule whose state was set.
type stateChange struct {
	RuleID        string     `json:"rule_id"`
	State         string     `json:"state"`
	ConfidenceMax *float64   `json:"confidence_max"`
	ExpiresAt     *time.Time `json:"expires_at"`
	Reason        string     `json:"reason"`
	SetBy         string     `json:"set_by"`
}

// MessageOf returns what the bus, and NATS, are told of c, and under which subject.
func MessageOf(c *worker.Change) (subject string, data []byte) {
	if c.Op != worker.StateSet {
		r := ruleChange{RuleID: c.RuleID, File: c.File}
		if c.Rule != nil {
			r.Version = c.Rule.Version
		}
		if c.Op == worker.Refused && len(c.Diagnostics) > 0 {
			r.Refused = c.Diagnostics[0].Error()
		}
		return bus.Reloaded + c.RuleID, encode(r)
	}
	st := c.State.State
	s := stateChange{RuleID: c.RuleID, State: st.Mode.String(), Reason: st.Reason, SetBy: st.SetBy}
	if st.Mode == event.Clipped {
		s.ConfidenceMax = &st.Max
	}
	if !st.ExpiresAt.IsZero() {
		at := st.ExpiresAt.UTC()
		s.ExpiresAt = &at
	}
	return bus.State + c.RuleID, encode(s)
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // the types above are all that there is
		panic("vitals: " + err.Error())
	}
	return b
}
