package engine

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// TestChangedRulesEqualRebuild changes rules one after the other, by all that
// may change in one, and compares each ruleset with one built from nothing.
func TestChangedRulesEqualRebuild(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	srcs := generatedRules(120)
	cfg := testConfig()
	before, _ := Compile(srcs, cfg)
	matches := []string{
		"{contains: wget}", "{pattern: 'name.*[0-9]'}", "{pattern: '[a-z]+ [-][a-z]'}", "{field: command_name, in_set: [ls, cat]}",
		"{effect: {reads: any}}", "{command: {program: chmod}}", "{any_of: [{contains: proc}, {field: redirect, contains: tmp}]}",
	}
	for n := range 2 * maxNewer {
		i := rng.IntN(len(srcs))
		id := fmt.Sprintf("R%05d", 50000+i)
		srcs[i] = Source{Name: id + ".yaml", Data: fmt.Appendf(nil,
			"rule_id: %s\nrule_version: %d\nname: g_%d\ndescription: generated\napplies_to: [command]\nmatch: %s\nemits:\n  - {tactic: TA0007, technique_id: T1082, confidence: 0.7}\n",
			id, n+2, i, matches[rng.IntN(len(matches))])}
		cfg.Previous = before
		got, diags := Compile(srcs, cfg)
		cfg.Previous = nil
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if before = got; len(got.changed) > maxNewer {
			t.Fatalf("%d rules on top of the index, want at most %d", len(got.changed), maxNewer)
		}
		if n%rounds.Every(t, 8) != 0 {
			continue
		}
		want, _ := Compile(srcs, cfg)
		if got.Hash() != want.Hash() || !slices.Equal(tagsOf(got), tagsOf(want)) {
			t.Fatalf("after change %d: %q, want %q", n, tagsOf(got), tagsOf(want))
		}
	}
}

// tagsOf returns the rule ids and evidence of all tags on benchCommands.
func tagsOf(rs *Ruleset) []string {
	snap, sc := NewSnapshot(rs, nil, testNow), NewScratch()
	var out []string
	for _, c := range benchCommands {
		for _, tag := range snap.Evaluate(nil, commandEvent(c), testNow, sc) {
			out = append(out, tag.RuleID+string(tag.Evidence))
		}
	}
	return out
}

// TestRulesThatComeAndGo: a rule more or less, or one of other kinds, is
// indexed anew.
func TestRulesThatComeAndGo(t *testing.T) {
	srcs := generatedRules(20)
	cfg := testConfig()
	cfg.Previous, _ = Compile(srcs, cfg)
	withIndex(cfg.Previous)
	for name, next := range map[string][]Source{
		"one less": srcs[1:],
		"one more": generatedRules(21),
		"kinds":    append([]Source{{Name: srcs[0].Name, Data: bytes.Replace(srcs[0].Data, []byte("[command]"), []byte("[payload]"), 1)}}, srcs[1:]...),
	} {
		rs, _ := Compile(next, cfg)
		if rs.makeIndex(); len(rs.changed) > 0 {
			t.Errorf("%s: %v on top of the old index, want a new one", name, rs.changed)
		}
	}
}

// TestIndexOfNoSnapshot: a ruleset keeps the one before it only as long as its index
// may be made from that one's, so that a row of rulesets without snapshots, as
// whoever lists rules has them, holds no more than the last.
func TestIndexOfNoSnapshot(t *testing.T) {
	srcs, cfg := generatedRules(20), testConfig()
	first, _ := Compile(srcs, cfg)
	cfg.Previous = first
	if next, _ := Compile(srcs, cfg); next.before != nil {
		t.Error("a ruleset without an index is kept for its index")
	}
	first.makeIndex()
	next, _ := Compile(srcs, cfg)
	if next.before != first {
		t.Error("the ruleset before is not kept, whose index there is")
	}
	if next.makeIndex(); next.before != nil {
		t.Error("the ruleset before is kept although the index is made")
	}
}

// TestIndexOfKindsAtNeed: an index is made when an event of its kind comes, and kept
// ready for it from then on, whatever changes.
func TestIndexOfKindsAtNeed(t *testing.T) {
	made := func(rs *Ruleset) (kinds []event.Kind) {
		for _, k := range event.Kinds() {
			if rs.index[k].made.Load() {
				kinds = append(kinds, k)
			}
		}
		return kinds
	}
	srcs, cfg := generatedRules(20), testConfig()
	rs, _ := Compile(srcs, cfg)
	snap := NewSnapshot(rs, nil, testNow)
	if got := made(rs); len(got) > 0 {
		t.Errorf("indexes of %v are made before any event, want none", got)
	}
	snap.Evaluate(nil, commandEvent("ls"), testNow, NewScratch())
	want := []event.Kind{event.KindCommand}
	if got := made(rs); !slices.Equal(got, want) {
		t.Errorf("indexes of %v are made after a command, want %v", got, want)
	}
	cfg.Previous = rs
	srcs[3].Data = append(slices.Clone(srcs[3].Data), "# changed\n"...)
	for _, next := range [][]Source{srcs, srcs[1:]} { // indexed on top of the old one, and anew
		rs, _ := Compile(next, cfg)
		if NewSnapshot(rs, nil, testNow); !slices.Equal(made(rs), want) {
			t.Errorf("of %d rules the indexes of %v are made by the snapshot, want %v", len(next), made(rs), want)
		}
	}
}

// TestWithStatesEqualsNew: states that come, change, expire and go leave what
// a new snapshot would have.
func TestWithStatesEqualsNew(t *testing.T) {
	rs, _ := Compile(generatedRules(50), testConfig())
	snap := NewSnapshot(rs, nil, testNow)
	rng := rand.New(rand.NewPCG(5, 6))
	for n := range 200 {
		states := event.States{}
		for range rng.IntN(6) {
			states[fmt.Sprintf("R%05d", 50000+rng.IntN(60))] = event.State{Mode: event.Mode(rng.IntN(3)), Max: 0, ExpiresAt: testNow.Add(time.Duration(rng.IntN(3)-1) * time.Hour)}
		}
		snap = snap.WithStates(states, testNow)
		want := NewSnapshot(rs, states, testNow)
		if !slices.Equal(snap.effective, want.effective) || snap.StateHash() != want.StateHash() {
			t.Fatalf("after change %d to %v: %v, want %v", n, states, snap.effective, want.effective)
		}
	}
}

// BenchmarkOneOf10000 measures what serve does at a change: one rule of
// 10,000 compiled and all put together, or one state set.
func BenchmarkOneOf10000(b *testing.B) {
	srcs := generatedRules(10000)
	cfg := testConfig()
	rs, _ := Compile(srcs, cfg)
	withIndex(rs)
	b.Run("rule", func(b *testing.B) {
		b.ReportAllocs()
		cfg.Previous = rs
		for n := 0; b.Loop(); n++ {
			srcs[5000].Data = bytes.Replace(rs.Rule("R55000").Source.Data, []byte("generated"), fmt.Appendf(nil, "changed %d", n), 1)
			cfg.Previous, _ = Compile(srcs, cfg)
			NewSnapshot(cfg.Previous, nil, testNow)
		}
	})
	b.Run("state", func(b *testing.B) {
		b.ReportAllocs()
		snap := NewSnapshot(rs, nil, testNow)
		for n := 0; b.Loop(); n++ {
			snap = snap.WithStates(event.States{"R55000": {Mode: event.Clipped, Max: float64(n%10) / 10}}, testNow)
		}
	})
}
