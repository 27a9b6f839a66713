package event

import (
	"math"
	"testing"
	"time"
)

func TestStateValidate(t *testing.T) {
	tests := []struct {
		name  string
		state State
		ok    bool
	}{
		{"zero", State{}, true},
		{"disabled", State{Mode: Disabled}, true},
		{"clip to nothing", State{Mode: Clipped, Max: 0}, true},
		{"clip to all", State{Mode: Clipped, Max: 1}, true},
		{"ceiling above 1", State{Mode: Clipped, Max: 1.01}, false},
		{"ceiling below 0", State{Mode: Clipped, Max: -0.1}, false},
		{"ceiling NaN", State{Mode: Clipped, Max: math.NaN()}, false},
		{"ceiling without clip", State{Mode: Disabled, Max: 0.5}, false},
		{"unknown mode", State{Mode: 9}, false},
	}
	for _, tt := range tests {
		if err := tt.state.Validate(); (err == nil) != tt.ok {
			t.Errorf("%s: Validate(%+v) = %v, want ok %v", tt.name, tt.state, err, tt.ok)
		}
	}
}

func TestParseModeRoundTrip(t *testing.T) {
	for _, m := range []Mode{Enabled, Disabled, Clipped} {
		if got, err := ParseMode(m.String()); err != nil || got != m {
			t.Errorf("ParseMode(%q) = %v, %v, want %v", m, got, err, m)
		}
	}
	if _, err := ParseMode("off"); err == nil {
		t.Error(`ParseMode("off") = nil error, want one`)
	}
}

func TestExpiredStateCountsAsEnabled(t *testing.T) {
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	st := State{Mode: Disabled, ExpiresAt: now}
	if got := st.At(now.Add(-1)); got.Mode != Disabled {
		t.Errorf("At just before expiry = %v, want disabled", got.Mode)
	}
	if got := st.At(now); got != (State{}) {
		t.Errorf("At expiry = %+v, want the zero state", got)
	}
}

func TestStatesHash(t *testing.T) {
	base := States{"R0012": {Mode: Clipped, Max: 0.5}, "R0014": {Mode: Disabled}}
	same := States{"R0014": {Mode: Disabled, Reason: "noise", SetBy: "ana"}, "R0012": {Mode: Clipped, Max: 0.5}, "R0001": {}}
	if base.Hash() != same.Hash() {
		t.Error("Hash depends on order, reasons or enabled rules")
	}
	for name, other := range map[string]States{
		"none":          {},
		"other ceiling": {"R0012": {Mode: Clipped, Max: 0.6}, "R0014": {Mode: Disabled}},
		"other mode":    {"R0012": {Mode: Disabled}, "R0014": {Mode: Disabled}},
		"other rule":    {"R0012": {Mode: Clipped, Max: 0.5}, "R0015": {Mode: Disabled}},
	} {
		if base.Hash() == other.Hash() {
			t.Errorf("%s: Hash is equal to that of %v", name, base)
		}
	}
}
