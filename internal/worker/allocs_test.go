package worker

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
)

// commandLines returns n events of commands, seven to a session, of 200
// addresses.
func commandLines(n int, command func(i int) string) string {
	var b strings.Builder
	for i := range n {
		ip := fmt.Sprintf("203.0.113.%d", i/7%200)
		fmt.Fprintf(&b, `{"source_kind":"command","source_id":"s%d#cmd%d","attacker_uuid":null,"attacker_ip":%q,"session_id":"s%d","decky_id":"decoy-%d",`+
			`"ts":"2026-09-14T01:12:%02d.%06dZ","payload":{"command_text":%q,"uid":0,"user":"root","src":%q,"pwd":"/root","service":"ssh"}}`+"\n",
			i/7, i%7, ip, i/7, i/7%40, i%60, i, command(i), ip)
	}
	return b.String()
}

// cost returns what a run of n events allocates, and how many tags it gives.
func cost(t *testing.T, snap *engine.Snapshot, n int, command func(i int) string) (allocs, tags int64) {
	t.Helper()
	input := commandLines(n, command)
	tagger := &Tagger{InForce: func() *engine.Snapshot { return snap }, Now: time.Now, Publish: func([]event.Tag) error { return nil }}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a, err := tagger.Run(t.Context(), []ingest.Input{{Name: "test", Reader: strings.NewReader(input)}}, ingest.Config{Format: "ttp", Fields: snap.Ruleset().Needs()})
	runtime.ReadMemStats(&after)
	if err != nil || a.Events != n {
		t.Fatalf("of %d events %d were judged, error %v", n, a.Events, err)
	}
	return int64(after.Mallocs - before.Mallocs), tagger.Stats().Published
}

// An event of which nothing comes costs no allocation from its line to the
// account, whether its text came before or not: what is left are the few of each
// batch of hundreds of lines. One that gives tags costs next to none: the place of
// its session.
func TestAllocations(t *testing.T) {
	snap := packSnapshot(t)
	harmless := []string{"echo hello world", "true", "grep -n total report.txt", "sort -u names | head -n 3"}
	hits := []string{"uname -a", "cat /etc/passwd", "whoami", "true"}
	serial := 0
	tests := []struct {
		name          string
		command       func(i int) string
		tags, allowed float64 // of an event
	}{
		{"harmless, repeated", func(i int) string { return harmless[i%len(harmless)] }, 0, 0.03},
		{"harmless, distinct", func(i int) string {
			serial++
			return fmt.Sprintf("%s x%d", harmless[i%len(harmless)], serial)
		}, 0, 0.03},
		{"tagged", func(i int) string { return hits[i%len(hits)] }, 1, 1},
	}
	const n = 6_000
	for _, tt := range tests {
		cost(t, snap, n, tt.command) // what is made once
		// A garbage collection between may cost the runtime some of its own.
		best := math.Inf(1)
		for range 3 {
			allocs, tags := cost(t, snap, n, tt.command)
			longAllocs, longTags := cost(t, snap, 2*n, tt.command)
			best = min(best, float64(longAllocs-allocs)/n)
			if got := float64(longTags-tags) / n; got < tt.tags || tt.tags == 0 && got > 0 {
				t.Fatalf("%s: an event gives %.2f tags, want %v", tt.name, got, tt.tags)
			}
		}
		if best > tt.allowed {
			t.Errorf("%s: an event costs %.3f allocations, want at most %v", tt.name, best, tt.allowed)
		}
	}
}
