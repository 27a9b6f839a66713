package sessions

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/escape"
	"ttpctl/internal/report"
)

// hostile is a session of which every text tries something.
func hostile() *Session {
	const evil = "\x1b[2J\x1b]0;owned\x07\u202e<script>=cmd|' /C calc'!A0\x00日本語 \xff"
	at := time.Date(2026, 9, 14, 10, 0, 0, 0, time.UTC)
	return &Session{
		ID: "s1" + evil, Sensor: evil, AttackerIP: evil, Service: evil, Client: evil, User: evil, LoggedIn: true, FailedLogins: 3,
		Start: at, End: at.Add(time.Minute), Seconds: 60, Commands: 1, Tags: 2, Techniques: []string{"T1105"}, LeftOut: 7,
		Lines: []Line{
			{At: at, Kind: "command", SourceID: "c0", Text: "wget " + evil, Cut: 10, Effects: []string{"fetches " + evil}, Tags: []Tag{
				{RuleID: "R0012", Technique: "T1105"}, {RuleID: "R0013", Technique: "T1105"}, {RuleID: "R0014", Technique: "T1059.004"},
			}},
			{At: at.Add(61 * time.Second), Kind: "auth_attempt", Text: "login as " + evil},
		},
	}
}

// Whatever the width, no line is wider, and nothing that an attacker wrote reaches
// the terminal as it is.
func TestReplayIsSafeAndFits(t *testing.T) {
	for _, width := range []int{0, 1, 40, 60, 89, 90, 120, 300} {
		for _, color := range []bool{false, true} {
			var b strings.Builder
			r := &Replay{Session: hostile(), Catalogue: attack.Load()}
			if err := r.text(&b, report.TextOptions{Width: width, Color: color}); err != nil {
				t.Fatal(err)
			}
			room := width
			if width == 0 {
				room = usualWidth
			}
			for line := range strings.Lines(b.String()) {
				line = strings.TrimSuffix(line, "\n")
				if color {
					for _, sgr := range []string{"\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[32m", "\x1b[1;33m", "\x1b[0m"} {
						line = strings.ReplaceAll(line, sgr, "")
					}
				}
				if escape.Terminal(line) != line {
					t.Errorf("width %d: %q holds what a terminal acts on", width, line)
				}
				if n := escape.Width(line); n > max(room, leastWidth) {
					t.Errorf("width %d: %q is %d cells wide", width, line, n)
				}
			}
			for _, want := range []string{"T1105", "R0012 R0013", "T1059.004", "and 7 lines that were not kept", "1:01"} {
				if !strings.Contains(b.String(), want) && width >= 90 {
					t.Errorf("width %d: no %q in\n%s", width, want, &b)
				}
			}
		}
	}
}

func TestReplayCSVIsDisarmed(t *testing.T) {
	var b strings.Builder
	s := hostile()
	s.Lines[0].Text = "=HYPERLINK(1)"
	if err := (&Replay{Session: s}).Result().Write("csv", &b, report.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `'=HYPERLINK`) {
		t.Errorf("a formula stays one: %s", &b)
	}
}

// A replay pauses as long as the attacker did, between the lines, and stops when
// it is told to.
func TestReplayPauses(t *testing.T) {
	var pauses []time.Duration
	stop := errors.New("stop")
	r := &Replay{Session: hostile(), Catalogue: attack.Load(), Pause: func(d time.Duration) error {
		pauses = append(pauses, d)
		return stop
	}}
	var b strings.Builder
	if err := r.text(&b, report.TextOptions{}); !errors.Is(err, stop) {
		t.Errorf("Write = %v, want the error of the pause", err)
	}
	if want := []time.Duration{61 * time.Second}; !slices.Equal(pauses, want) {
		t.Errorf("pauses %v, want %v", pauses, want)
	}
}

func TestNamed(t *testing.T) {
	list := []*Session{{ID: "abc", Sensor: "x"}, {ID: "abcd", Sensor: "x"}, {ID: "abc", Sensor: "y"}, {ID: "f00", Sensor: "a/b"}}
	tests := []struct {
		id   string
		want int // index, -1 = an error
	}{{"abcd", 1}, {"abc", -1}, {"x/abc", 0}, {"y/", 2}, {"f", 3}, {"a/b/f0", 3}, {"zz", -1}, {"a", -1}}
	for _, tt := range tests {
		got, err := Named(list, tt.id)
		if tt.want < 0 && err == nil || tt.want >= 0 && (err != nil || got != list[tt.want]) {
			t.Errorf("Named(%q) = %v, %v, want number %d", tt.id, got, err, tt.want)
		}
		if means := Means(tt.id); tt.want >= 0 && !means(list[tt.want].Sensor, list[tt.want].ID) {
			t.Errorf("Means(%q) leaves out %s", tt.id, list[tt.want].Key())
		}
	}
}

func TestSpan(t *testing.T) {
	for seconds, want := range map[float64]string{-1: "0.0 s", 0.44: "0.4 s", 12.4: "12 s", 245: "4m05s", 7800: "2h10m", 1e300: "277777h46m"} {
		if got := span(seconds); got != want {
			t.Errorf("span(%v) = %s, want %s", seconds, got, want)
		}
	}
}
