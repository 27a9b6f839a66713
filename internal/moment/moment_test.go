package moment

import (
	"testing"
	"time"
)

func TestAgo(t *testing.T) {
	now := time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2026-11-22T03:00:00Z": "2026-11-22T03:00:00Z", "2026-11-22T03:00:00+02:00": "2026-11-22T01:00:00Z",
		"2026-11-22T03:00:00": "2026-11-22T03:00:00Z", "2026-11-22 03:00": "2026-11-22T03:00:00Z",
		"2026-11-22": "2026-11-22T00:00:00Z", "7d": "2026-11-18T04:00:00Z", "36h": "2026-11-23T16:00:00Z",
		"": "", "0h": "", "-1d": "", "40000d": "", "yesterday": "", "22.11.2026": "",
	} {
		at, ok := Ago(text, now)
		got := ""
		if ok {
			got = at.UTC().Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("Ago(%q) = %q, want %q", text, got, want)
		}
	}
}
