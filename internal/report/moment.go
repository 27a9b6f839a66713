package report

import (
	"fmt"
	"time"
)

// Moment returns t as people read it, with seconds when it is near.
func Moment(t, now time.Time) string {
	layout := "2006-01-02 15:04 UTC"
	if t.Sub(now).Abs() < 10*time.Minute {
		layout = "2006-01-02 15:04:05 UTC"
	}
	return t.UTC().Format(layout)
}

// Remaining returns how long it is from now to t: 3h12m; "" for never.
func Remaining(t, now time.Time) string {
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

// Stamp returns t as JSON has it, nil for never.
func Stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format("2006-01-02T15:04:05.999Z07:00")
	return &s
}
