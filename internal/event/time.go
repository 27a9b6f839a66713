package event

import (
	"strings"
	"time"
)

// UTC returns a time as tags show it: in UTC, with T and Z, and with as many
// digits behind the second as ts has, which is the time as it came.
func UTC(ts string, at time.Time) string {
	if at.IsZero() || len(ts) > len("2006-01-02") && ts[len("2006-01-02")] == 'T' && strings.HasSuffix(ts, "Z") {
		return ts
	}
	layout := "2006-01-02T15:04:05"
	if _, fraction, ok := strings.Cut(ts, "."); ok {
		if digits := len(fraction) - len(strings.TrimLeft(fraction, "0123456789")); digits > 0 {
			layout += "." + strings.Repeat("0", min(digits, 9))
		}
	}
	return at.UTC().Format(layout) + "Z"
}
