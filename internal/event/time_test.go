package event

import (
	"testing"
	"time"
)

func TestUTC(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"2026-09-14T10:00:00Z", "2026-09-14T10:00:00Z"},
		{"2026-09-14T10:00:00.120Z", "2026-09-14T10:00:00.120Z"},
		{"2026-09-14T10:00:00+02:00", "2026-09-14T08:00:00Z"},
		{"2026-09-14T00:30:00.5+01:00", "2026-09-13T23:30:00.5Z"},
		{"2026-09-14T10:00:00.123456789-07:00", "2026-09-14T17:00:00.123456789Z"},
	} {
		at, err := time.Parse(time.RFC3339Nano, tt.in)
		if err != nil {
			t.Fatal(err)
		}
		if got := UTC(tt.in, at); got != tt.want {
			t.Errorf("UTC(%s) = %s, want %s", tt.in, got, tt.want)
		}
	}
	at := time.Date(2026, 9, 14, 10, 0, 0, 0, time.UTC)
	if got := UTC("2026-09-14t10:00:00z", at); got != "2026-09-14T10:00:00Z" {
		t.Errorf("UTC of lower case = %s", got)
	}
	if got := UTC("", time.Time{}); got != "" {
		t.Errorf("UTC of nothing = %q", got)
	}
}
