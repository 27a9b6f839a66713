package engine

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ttpctl/internal/event"
)

// A Scratch that has seen the lines before gives what a new one gives: tags, what
// is to say of the sessions, and the counts. The lines come with other directories
// and identities, and the states of rules expire meanwhile, forth and back.
func TestQuietLines(t *testing.T) {
	lines := append(benchCommands, "id", "id; ls", "ls", "cat /etc/passwd", "cd /tmp", "./f", "cp a /tmp/b", "true")
	// One rule looks at the user alone, and one at the user and the line.
	srcs := packOf(2, 1, 1)
	for i, match := range []string{"match: {field: user, equals: root}", "match: {all_of: [{field: user, equals: root}, {field: command_name, equals: ls}]}"} {
		text := strings.NewReplacer("match: {contains: probe}", match, "R000", "R900", "name: probe_", "name: other_").Replace(string(srcs[i].Data))
		srcs[i] = Source{Name: strings.Replace(srcs[i].Name, "R000", "R900", 1), Data: []byte(text)}
	}
	rs := mustCompile(t, append(fuzzRules(), srcs...))
	states := event.States{}
	for i, r := range rs.Rules() {
		if i%2 == 0 {
			states[r.ID] = event.State{Mode: event.Clipped, Max: 0.3, ExpiresAt: testNow.Add(time.Minute)}
		}
	}
	snaps := []*Snapshot{NewSnapshot(rs, states, testNow), NewSnapshot(rs, nil, testNow)}
	random := rand.New(rand.NewPCG(1, 2))
	old := NewScratch()
	for i := range 2_000 {
		ev := commandEvent(lines[random.IntN(len(lines))])
		ev.SetField("pwd", event.StringValue([]string{"/tmp", "/root"}[random.IntN(2)]))
		ev.SetField("user", event.StringValue([]string{"root", "pi"}[random.IntN(2)]))
		if random.IntN(2) == 0 {
			ev.IdentityUUID = "i1"
		}
		s, now := snaps[i/500%2], testNow.Add(time.Duration(random.IntN(2))*time.Hour)
		fresh := NewScratch()
		*old = Scratch{quiet: old.quiet}
		got, want := s.Evaluate(nil, ev, now, old), s.Scan(nil, ev, now, fresh)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("tags of %v differ (-new scratch +old):\n%s", ev, d)
		}
		if old.BelowFloor != fresh.BelowFloor || old.CutShort != fresh.CutShort || old.PanicCount != fresh.PanicCount {
			t.Fatalf("counts differ: %d %d %d, want %d %d %d", old.BelowFloor, old.CutShort, old.PanicCount, fresh.BelowFloor, fresh.CutShort, fresh.PanicCount)
		}
		told := cmp.Options{cmp.AllowUnexported(Sighting{}, stepHit{}, stepRef{}, place{}, bound{}, fileCopy{}), cmpopts.IgnoreFields(Sighting{}, "snap", "ev")}
		if d := cmp.Diff(fresh.TakeSightings(nil), old.TakeSightings(nil), told); d != "" {
			t.Fatalf("what %v tells differs (-new scratch +old):\n%s", ev, d)
		}
	}
	known := slices.ContainsFunc(old.quiet.slots, func(l quietLine) bool { return l.known != nil })
	if !known {
		t.Error("no line was known: this test saw nothing")
	}
}

// What does not fit into the bound, or is no text, is judged each time.
func TestQuietKeys(t *testing.T) {
	snap := NewSnapshot(mustCompile(t, generatedRules(25)), nil, testNow)
	for _, tt := range []struct {
		text string
		want bool
	}{{"true", true}, {"true " + string(make([]byte, maxQuietKey)), false}} {
		sc, known := NewScratch(), 0
		for range 5 {
			ev := commandEvent(tt.text)
			if sc.quiet.knows(snap, ev) {
				known++
			}
			snap.Evaluate(nil, ev, testNow, sc)
		}
		if known > 0 != tt.want {
			t.Errorf("a line of %d bytes was known %d times of 5, want some: %v", len(tt.text), known, tt.want)
		}
	}
}
