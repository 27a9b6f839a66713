package ingest

import (
	"strings"
	"time"

	"ttpctl/internal/lines"
)

// normalTime returns a time of a Cowrie log as RFC 3339: a blank may stand
// for the T, the zone may lack its colon, and without a zone it is UTC. Digits
// and offset stay as written. "" when s is no time.
func normalTime(s string) (string, time.Time) {
	const date = len("2006-01-02")
	if t, ok := lines.ParseTime(s); ok {
		return s, t
	}
	if len(s) <= date {
		return "", time.Time{}
	}
	if s[date] == ' ' {
		s = s[:date] + "T" + s[date+1:]
	}
	zone := strings.LastIndexAny(s, "Zz+-")
	switch {
	case zone < date:
		s += "Z"
	case len(s)-zone == len("+0000"):
		s = s[:zone+3] + ":" + s[zone+3:]
	}
	if t, ok := lines.ParseTime(s); ok {
		return s, t
	}
	return "", time.Time{}
}
