package engine

import (
	"testing"

	"ttpctl/internal/event"
)

// TestStagePanicsAreTold: what breaks while the stage judges a session counts where
// its events were judged, whoever asks.
func TestStagePanicsAreTold(t *testing.T) {
	rule := *compileRule(t, "session", "  techniques: {tactic: TA0007, min: 1}").rules[0]
	rule.matcher = panicky{}
	snap := NewSnapshot(newRuleset([]*Rule{&rule}, nil, nil), nil, testNow)
	ev := &event.Event{SourceID: "closes", AttackerUUID: "attacker", IdentityUUID: "identity", SessionID: event.Some("s")}
	ev.SetKind("session")
	for name, judge := range map[string]func(sc *Scratch){
		"InOrder": func(sc *Scratch) {
			sc.InOrder(NewStage(), snap.Evaluate(nil, ev, testNow, sc), sc.TakeSightings(nil))
		},
		"Tags": func(sc *Scratch) {
			j := NewJudge(snap, testNow)
			j.Scratch = sc
			j.Tags(ev)
		},
		"Explain": func(sc *Scratch) { NewStage().Explain(snap, ev, nil, testNow, sc, nil) },
	} {
		sc := NewScratch()
		judge(sc)
		if got := sc.TakePanics(); len(got) != 1 || got[0].RuleID != rule.ID || sc.PanicCount != 1 {
			t.Errorf("%s: panics %+v (%d), want one of %s", name, got, sc.PanicCount, rule.ID)
		}
	}
}

type certain struct{}

func (certain) Match(*event.Event, *Hit) bool { return true }

// TestStageCountsBelowFloor: so do the tags that a clip leaves nothing of.
func TestStageCountsBelowFloor(t *testing.T) {
	rule := *compileRule(t, "session", "  techniques: {tactic: TA0007, min: 1}").rules[0]
	rule.matcher = certain{}
	states := event.States{rule.ID: {Mode: event.Clipped, Max: event.Floor / 2}}
	snap, sc := NewSnapshot(newRuleset([]*Rule{&rule}, nil, nil), states, testNow), NewScratch()
	ev := &event.Event{SourceID: "closes", AttackerUUID: "attacker", IdentityUUID: "identity", SessionID: event.Some("s")}
	ev.SetKind("session")
	if tags := sc.InOrder(NewStage(), snap.Evaluate(nil, ev, testNow, sc), sc.TakeSightings(nil)); len(tags) != 0 || sc.BelowFloor != 1 {
		t.Errorf("%d tags, %d below the floor, want 0 and 1", len(tags), sc.BelowFloor)
	}
}
