// Package workertest makes input for tests of what is killed and gone on with.
//
//	log := workertest.BusyLog(t, "../../testdata/logs/cowrie.json", 20)
package workertest

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// BusyLog returns a Cowrie log that holds the one in sample many times over,
// each time seven minutes later and with other sessions, interleaved, so that much
// is open at any line.
func BusyLog(t testing.TB, sample string, copies int) string {
	t.Helper()
	text, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	stamp := regexp.MustCompile(`"timestamp":\s*"([^"]+)"`)
	session := regexp.MustCompile(`"session":\s*"([^"]+)"`)
	type at struct {
		when time.Time
		line string
	}
	var all []at
	for i := range copies {
		for line := range strings.Lines(string(text)) {
			m := stamp.FindStringSubmatch(line)
			if m == nil {
				t.Fatalf("no timestamp: %s", line)
			}
			when, err := time.Parse(time.RFC3339Nano, m[1])
			if err != nil {
				t.Fatal(err)
			}
			when = when.Add(time.Duration(i) * 7 * time.Minute)
			line = strings.Replace(line, m[1], when.Format("2006-01-02T15:04:05.000000Z"), 1)
			line = session.ReplaceAllString(line, fmt.Sprintf(`"session":"${1}x%d"`, i))
			all = append(all, at{when, line})
		}
	}
	slices.SortStableFunc(all, func(a, b at) int { return a.when.Compare(b.when) })
	var log strings.Builder
	for _, l := range all {
		log.WriteString(l.line)
	}
	return log.String()
}
