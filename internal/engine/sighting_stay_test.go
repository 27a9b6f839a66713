package engine

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
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
			tags = append(tags, NewStage().run(nil, seen)...)
		}
		return tags
	}
	want := run(false, false)
	if len(want) != 3 {
		t.Fatalf("the sequence fires %d times, want 3", len(want))
	}
	if diff := rounds.Diff(want, run(true, false)); diff != "" {
		t.Errorf("tags of events that stay differ (-copies +events):\n%s", diff)
	}
	if diff := rounds.Diff(run(false, true), run(true, true)); diff != "" {
		t.Errorf("tags of events that were fanned out differ (-copies +events):\n%s", diff)
	}
}

// TestSharedHits: a list that is kept says what it was made of for as long as it lives,
// whatever is kept behind it, and those without places are shared.
func TestSharedHits(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 1))
	var shared sharedHits
	var kept, want [][]stepHit
	var room []stepHit // of all, as a Scratch has it
	for range 5000 {
		room = room[:0]
		for range 1 + random.IntN(4) {
			hit := stepHit{step: stepRef{uint32(random.IntN(6)), random.IntN(3)}}
			if random.IntN(8) == 0 {
				hit.places = []place{{text: strconv.Itoa(random.IntN(100))}}
			}
			room = append(room, hit)
		}
		want, kept = append(want, slices.Clone(room)), append(kept, shared.keep(room))
	}
	if d := cmp.Diff(want, kept, cmp.AllowUnexported(stepHit{}, stepRef{}, place{}, bound{})); d != "" {
		t.Errorf("kept lists differ (-want +got):\n%s", d)
	}
	hits := []stepHit{{step: stepRef{1, 1}}, {step: stepRef{4, 2}}}
	if a, b := shared.keep(hits), shared.keep(slices.Clone(hits)); &a[0] != &b[0] || &a[0] == &hits[0] {
		t.Error("two events with the same hits do not share a list of their own")
	}
}

// TestSightingTakenBack: of an event that has nothing to say to the stage no sighting is
// left, nor anything of it in that of the next.
func TestSightingTakenBack(t *testing.T) {
	const rule = "  sequence: {over: session, within: {minutes: 90}, same: file, steps: [{effect: {fetches: any}}, {effect: {mode: {how: executable}}}]}"
	snap := NewSnapshot(compileRule(t, "command", rule), nil, testNow)
	request := &event.Event{SourceID: "r1", AttackerUUID: "a2", DeckyID: event.OptString{Value: "decoy-1", Valid: true}, SessionID: event.OptString{Value: "s1", Valid: true}}
	request.SetKind("http_request")
	for _, line := range []string{"true", "wget http://192.0.2.1/x"} {
		alone, behind := NewScratch(), NewScratch()
		snap.Evaluate(nil, commandEvent(line), testNow, alone)
		snap.sight(request, testNow, behind, nil, [2]int{})
		snap.Evaluate(nil, commandEvent(line), testNow, behind)
		same := cmp.Options{cmp.AllowUnexported(Sighting{}, told{}, stepHit{}, stepRef{}, place{}, bound{}, fileCopy{}), cmpopts.IgnoreFields(Sighting{}, "snap", "ev", "room")}
		if d := rounds.Diff(alone.TakeSightings(nil), behind.TakeSightings(nil), same); d != "" {
			t.Errorf("%s behind a request (-alone +behind):\n%s", line, d)
		}
	}
}
