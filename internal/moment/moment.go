// Package moment reads times as people write them: RFC 3339, a date, UTC where
// no zone is said, and ages such as 36h or 7d.
//
// For example:
//
//	since, ok := moment.Ago("7d", time.Now())
package moment

import (
	"strconv"
	"strings"
	"time"
)

// Parse reads a time that says its date.
func Parse(text string) (time.Time, bool) {
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.UTC); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// Age reads a duration as time.ParseDuration does, and whole days (7d). It is
// more than nothing.
func Age(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err == nil && n > 0 && n < 36500
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d > 0
}

// Ago reads a time, or an age before now.
func Ago(text string, now time.Time) (time.Time, bool) {
	if d, ok := Age(text); ok {
		return now.Add(-d), true
	}
	return Parse(text)
}
