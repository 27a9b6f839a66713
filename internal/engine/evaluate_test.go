package engine

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
)

// techniques are enough distinct (tactic, technique) pairs for property tests.
var techniques = [][2]string{{"TA0007", "T1082"}, {"TA0007", "T1033"}, {"TA0007", "T1046"}, {"TA0011", "T1105"}, {"TA0002", "T1059"}, {"TA0007", "T1016"}}

// packOf returns n rules that all fire on a command holding "probe", each
// with m emits.
func packOf(n, m, version int) []Source {
	var srcs []Source
	for i := range n {
		var b strings.Builder
		id := fmt.Sprintf("R%04d", i+1)
		fmt.Fprintf(&b, "rule_id: %s\nrule_version: %d\nname: probe_%d\ndescription: d\napplies_to: [command]\nmatch: {contains: probe}\nemits:\n", id, version, i)
		for j := range m {
			fmt.Fprintf(&b, "  - {tactic: %s, technique_id: %s, confidence: 0.8}\n", techniques[j][0], techniques[j][1])
		}
		srcs = append(srcs, Source{Name: id + ".yaml", Data: []byte(b.String())})
	}
	return srcs
}

func mustCompile(t testing.TB, srcs []Source) *Ruleset {
	t.Helper()
	rs, diags := Compile(srcs, Config{Catalogue: catalogue(), Programs: programs()})
	if diags.HasErrors() {
		t.Fatalf("rules do not compile: %v", diags)
	}
	return rs
}

func evaluate(rs *Ruleset, states event.States, ev *event.Event) []event.Tag {
	return NewSnapshot(rs, states, testNow).Evaluate(nil, ev, testNow, NewScratch())
}

func TestTagsAreRulesTimesEmitsWithDistinctIDs(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {3, 2}, {17, 6}} {
		n, m := size[0], size[1]
		rs := mustCompile(t, packOf(n, m, 1))
		tags := evaluate(rs, nil, commandEvent("a probe"))
		seen := map[event.UUID]bool{}
		for _, tag := range tags {
			seen[tag.UUID] = true
		}
		if len(tags) != n*m || len(seen) != n*m {
			t.Errorf("%d rules of %d emits: %d tags with %d ids, want %d of each", n, m, len(tags), len(seen), n*m)
		}
		if again := evaluate(rs, nil, commandEvent("a probe")); !cmp.Equal(tags, again) {
			t.Errorf("replay differs: %s", cmp.Diff(tags, again))
		}
		for _, tag := range evaluate(mustCompile(t, packOf(n, m, 2)), nil, commandEvent("a probe")) {
			if seen[tag.UUID] {
				t.Errorf("a new rule_version kept the id %v", tag.UUID)
			}
		}
	}
}

func TestTagsComeInRuleThenEmitOrder(t *testing.T) {
	srcs := packOf(5, 2, 1)
	srcs[0], srcs[4] = srcs[4], srcs[0]
	var got []string
	for _, tag := range evaluate(mustCompile(t, srcs), nil, commandEvent("probe")) {
		got = append(got, tag.RuleID+" "+tag.Technique)
	}
	want := []string{
		"R0001 T1082", "R0001 T1033", "R0002 T1082", "R0002 T1033", "R0003 T1082", "R0003 T1033",
		"R0004 T1082", "R0004 T1033", "R0005 T1082", "R0005 T1033",
	}
	if !cmp.Equal(got, want) {
		t.Errorf("order: %s", cmp.Diff(want, got))
	}
}

func TestStatesDecideWhatFires(t *testing.T) {
	rs := mustCompile(t, packOf(1, 1, 1))
	later, earlier := testNow.Add(time.Hour), testNow.Add(-time.Hour)
	tests := []struct {
		name  string
		state event.State
		now   time.Time
		want  float64 // 0 = silent
	}{
		{"enabled", event.State{}, testNow, 0.8},
		{"disabled", event.State{Mode: event.Disabled}, testNow, 0},
		{"clipped down", event.State{Mode: event.Clipped, Max: 0.5}, testNow, 0.5},
		{"clipped never up", event.State{Mode: event.Clipped, Max: 0.95}, testNow, 0.8},
		{"clipped under the floor", event.State{Mode: event.Clipped, Max: 0.29}, testNow, 0},
		{"clipped to the floor", event.State{Mode: event.Clipped, Max: 0.3}, testNow, 0.3},
		{"expired before the snapshot", event.State{Mode: event.Disabled, ExpiresAt: earlier}, testNow, 0.8},
		{"disabled, expires later", event.State{Mode: event.Disabled, ExpiresAt: later}, testNow, 0},
		{"clip expired after the snapshot, revert not here yet", event.State{Mode: event.Clipped, Max: 0.5, ExpiresAt: later}, later, 0},
		{"disable expired after the snapshot, revert not here yet", event.State{Mode: event.Disabled, ExpiresAt: later}, later.Add(time.Hour), 0},
		{"one instant before", event.State{Mode: event.Clipped, Max: 0.5, ExpiresAt: later}, later.Add(-1), 0.5},
	}
	for _, tt := range tests {
		s := NewSnapshot(rs, event.States{"R0001": tt.state}, testNow)
		tags := s.Evaluate(nil, commandEvent("probe"), tt.now, NewScratch())
		got := 0.0
		if len(tags) == 1 {
			got = tags[0].Confidence
		}
		if got != tt.want {
			t.Errorf("%s: confidence %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestConfidenceStaysInRange(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, tt := range []struct{ base, scale, ceiling, want float64 }{
		{0.7, 1, 1, 0.7}, {0.7, 0.3, 1, 0.21}, {0.7, 2, 1, 1}, {0.7, -1, 1, 0}, {0.7, inf, 1, 1}, {0, inf, 1, 0},
		{nan, 1, 1, 0}, {0.7, nan, 1, 0}, {0.123456, 1, 1, 0.1235}, {0.9, 1, 0.5, 0.5}, {0.29996, 1, 1, 0.3},
	} {
		if got := confidence(tt.base, tt.scale, tt.ceiling); got != tt.want {
			t.Errorf("confidence(%v, %v, %v) = %v, want %v", tt.base, tt.scale, tt.ceiling, got, tt.want)
		}
	}
}

func TestFloorIsCounted(t *testing.T) {
	sc := NewScratch()
	s := NewSnapshot(mustCompile(t, packOf(2, 3, 1)), event.States{"R0002": {Mode: event.Clipped, Max: 0.1}}, testNow)
	if tags := s.Evaluate(nil, commandEvent("probe"), testNow, sc); len(tags) != 3 || sc.BelowFloor != 3 {
		t.Errorf("%d tags and %d below the floor, want 3 and 3", len(tags), sc.BelowFloor)
	}
}

// panicky is a matcher with a bug.
type panicky struct{}

func (panicky) Match(*event.Event, *Hit) bool { panic(fmt.Errorf("secret payload text")) }

func TestPanicCostsOneRuleOnOneEvent(t *testing.T) {
	rs := mustCompile(t, packOf(3, 1, 1))
	broken := *rs.rules[1]
	broken.matcher, broken.likeness = panicky{}, likeness{}
	rs = newRuleset([]*Rule{rs.rules[0], &broken, rs.rules[2]}, nil, nil)
	sc := NewScratch()
	tags := NewSnapshot(rs, nil, testNow).Evaluate(nil, commandEvent("probe"), testNow, sc)
	if len(tags) != 2 || tags[0].RuleID != "R0001" || tags[1].RuleID != "R0003" {
		t.Errorf("tags %v, want those of R0001 and R0003", tags)
	}
	got := sc.TakePanics()
	if len(got) != 1 || got[0].RuleID != "R0002" || strings.Contains(got[0].Value, "secret") || sc.PanicCount != 1 {
		t.Errorf("panics %+v (%d), want one of R0002 without its text", got, sc.PanicCount)
	}
}

// TestPanicInAReaderCostsTheTextOfOneEvent: what reads command lines is as open to
// hostile input as matchers are.
func TestPanicInAReaderCostsTheTextOfOneEvent(t *testing.T) {
	rs, _ := Compile(outlineRules(t), testConfig())
	whole := rs.derived.rows
	for _, scan := range []bool{false, true} {
		snap, sc := NewSnapshot(rs, nil, testNow), NewScratch()
		try := snap.Evaluate
		if scan {
			try = snap.Scan
		}
		rs.derived.rows = []int{len(shellFields)} // there is none
		if tags := try(nil, commandEvent("cat /etc/shadow"), testNow, sc); len(tags) != 0 || sc.PanicCount != 1 {
			t.Errorf("%d tags and %d panics, want none and 1", len(tags), sc.PanicCount)
		}
		rs.derived.rows = whole
		if tags := try(nil, commandEvent("cat /etc/shadow"), testNow, sc); len(tags) == 0 || sc.PanicCount != 1 {
			t.Errorf("%d tags and %d panics afterwards, want some and 1", len(tags), sc.PanicCount)
		}
		if got := sc.TakePanics(); len(got) != 1 || got[0].RuleID != "" || got[0].Kind != event.KindCommand {
			t.Errorf("panics %+v, want one of no rule", got)
		}
	}
}

func TestFindingOfAnIdentityNeedsOne(t *testing.T) {
	rs := mustCompile(t, packOf(1, 1, 1))
	dropping := *rs.rules[0]
	dropping.matcher, dropping.likeness = dropper{}, likeness{}
	rs = newRuleset([]*Rule{&dropping}, nil, nil)
	ev := commandEvent("probe")
	if tags := evaluate(rs, nil, ev); len(tags) != 0 {
		t.Errorf("without identity_uuid: %d tags, want none", len(tags))
	}
	ev.IdentityUUID = "i1"
	if tags := evaluate(rs, nil, ev); len(tags) != 1 || tags[0].AttackerUUID != "" {
		t.Errorf("with identity_uuid: %+v, want one tag without attacker_uuid", tags)
	}
}

type dropper struct{}

func (dropper) Match(_ *event.Event, h *Hit) bool { h.DropAttacker = true; return true }

func TestEvaluateAllocatesNothingWithoutAHit(t *testing.T) {
	s := NewSnapshot(mustCompile(t, append(packOf(25, 1, 1), generatedRules(200)...)), nil, testNow)
	sc := NewScratch()
	ev := commandEvent("ls -la /var/www && cat index.html | head -5; echo done > /dev/null")
	dst := make([]event.Tag, 0, 8)
	run := func() { dst = s.Evaluate(dst[:0], ev, testNow, sc) }
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 || len(dst) != 0 {
		t.Errorf("%v allocations and %d tags, want none", n, len(dst))
	}
}
