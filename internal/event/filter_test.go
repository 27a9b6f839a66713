package event

import (
	"testing"
	"time"
)

func TestFilterKeeps(t *testing.T) {
	tag := Tag{RuleID: "R0001", Tactic: "TA0006", Technique: "T1110", SubTechnique: "T1110.001", Confidence: 0.5}
	tests := []struct {
		name string
		f    Filter
		want bool
	}{
		{"zero", Filter{}, true},
		{"confidence reached", Filter{MinConfidence: 0.5}, true},
		{"confidence missed", Filter{MinConfidence: 0.51}, false},
		{"rule", Filter{Rules: []string{"R0002", "R0001"}}, true},
		{"other rule", Filter{Rules: []string{"R0002"}}, false},
		{"parent", Filter{Techniques: []string{"T1110"}}, true},
		{"sub-technique", Filter{Techniques: []string{"T1110.001"}}, true},
		{"other sub-technique", Filter{Techniques: []string{"T1110.003"}}, false},
		{"tactic", Filter{Tactics: []string{"TA0006"}}, true},
		{"rule, but other tactic", Filter{Rules: []string{"R0001"}, Tactics: []string{"TA0001"}}, false},
	}
	for _, tt := range tests {
		if got := tt.f.Keeps(&tag); got != tt.want {
			t.Errorf("%s: Keeps = %v, want %v", tt.name, got, tt.want)
		}
		if got := len(tt.f.Keep([]Tag{tag})) == 1; got != tt.want {
			t.Errorf("%s: Keep kept it %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Keep leaves the order alone, whichever of the tags go.
func TestFilterKeep(t *testing.T) {
	for gone := range 1 << 4 {
		var tags []Tag
		want := ""
		for i := range 4 {
			id := string(rune('a' + i))
			if gone>>i&1 == 0 {
				tags, want = append(tags, Tag{RuleID: id, Confidence: 1}), want+id
			} else {
				tags = append(tags, Tag{RuleID: id})
			}
		}
		got := ""
		f := Filter{MinConfidence: 0.5}
		for _, t := range f.Keep(tags) {
			got += t.RuleID
		}
		if got != want {
			t.Errorf("without %04b of abcd: Keep = %q, want %q", gone, got, want)
		}
	}
}

func TestFilterCovers(t *testing.T) {
	at := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		f    Filter
		at   time.Time
		want bool
	}{
		{"no range", Filter{}, time.Time{}, true},
		{"no time", Filter{Since: at}, time.Time{}, false},
		{"the beginning is within", Filter{Since: at}, at, true},
		{"the end is not", Filter{Until: at}, at, false},
		{"between", Filter{Since: at, Until: at.Add(2)}, at.Add(1), true},
	}
	for _, tt := range tests {
		if got := tt.f.Covers(&Event{Time: tt.at}); got != tt.want {
			t.Errorf("%s: Covers = %v, want %v", tt.name, got, tt.want)
		}
	}
}
