package rules_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

func compiled(t testing.TB, sources []engine.Source, cfg engine.Config) *engine.Ruleset {
	t.Helper()
	rs, diags := engine.Compile(sources, cfg)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return rs
}

// exampleLines are the command lines of the pack's examples, hits and near misses.
func exampleLines(t testing.TB) []string {
	t.Helper()
	var lines []string
	for _, src := range packFiles() {
		p := packParsed()[src.Name]
		if !strings.Contains(joined(p.AppliesTo, " "), "command") {
			continue
		}
		for _, n := range slices.Concat(p.MatchExamples, p.OtherExamples) {
			if n.Kind == engine.Scalar {
				lines = append(lines, n.Value)
			}
		}
	}
	return lines
}

// TestSequencesOnPack holds what the stage makes of sessions to what it makes of them
// where every step was tried on every line.
func TestSequencesOnPack(t *testing.T) {
	t.Parallel()
	snap, lines := wholePack(t), exampleLines(t)
	indexed, scanned := engine.NewScratch(), engine.NewScratch()
	draw := rand.New(rand.NewPCG(1, 2))
	var ev event.Event
	found := 0
	for n := range 30 * rounds.Of(t, 1, 8) {
		one, two := engine.NewStage(), engine.NewStage()
		at := draw.IntN(len(lines) - 8)
		for i := range 8 {
			line := lines[at+i] // those of one rule stand together
			if i%4 == 3 {
				line = lines[draw.IntN(len(lines))]
			}
			ev.Reset()
			ev.SourceID, ev.AttackerUUID = fmt.Sprint("s", i), "a"
			ev.SessionID = event.OptString{Value: fmt.Sprint(n), Valid: true}
			ev.SetKind("command")
			ev.SetField("command_text", event.StringValue(line))
			got := indexed.InOrder(one, snap.Evaluate(nil, &ev, reviewed, indexed), indexed.TakeSightings(nil))
			ev.SetField("command_text", event.StringValue(line))
			want := scanned.InOrder(two, snap.Scan(nil, &ev, reviewed, scanned), scanned.TakeSightings(nil))
			if d := rounds.Diff(want, got); d != "" {
				t.Fatalf("tags of %q, line %d of a session, differ (-scan +index):\n%s", line, i, d)
			}
			for _, tag := range got {
				if tag.SourceKind == event.KindSession.String() {
					found++
				}
			}
		}
	}
	t.Logf("%d tags of sequences", found)
	if found == 0 {
		t.Error("no sequence was completed: this test saw too little")
	}
}

// TestIndexOnPack holds the index, and what a Scratch remembers of lines, to what a
// plain scan of all rules gives: on the lines of the examples, and wildcards, other
// directories and bits of two lines in them.
func TestIndexOnPack(t *testing.T) {
	t.Parallel()
	snap, lines := wholePack(t), exampleLines(t)
	old, scanned := engine.NewScratch(), engine.NewScratch()
	var ev event.Event
	judge := func(line, pwd string, evaluate func([]event.Tag, *event.Event) []event.Tag) []event.Tag {
		ev.Reset()
		ev.SourceID, ev.AttackerUUID = "s", "a"
		ev.SetKind("command")
		ev.SetField("command_text", event.StringValue(line))
		if pwd != "" {
			ev.SetField("pwd", event.StringValue(pwd))
		}
		return evaluate(nil, &ev)
	}
	tagged, judged := 0, 0
	for i, line := range lines {
		if i%max(3, rounds.Every(t, 32)) != 0 {
			continue // a scan takes its time
		}
		judged++
		pwd, other := []string{"", "/etc", "/root"}[judged%3], lines[(i*31+7)%len(lines)]
		switch i % 5 {
		case 3:
			line = strings.Replace(line, "sh", "s*", 1)
		case 4:
			line = "cd ~; " + line + "\n" + other
		}
		want := judge(line, pwd, func(dst []event.Tag, ev *event.Event) []event.Tag {
			return snap.Scan(dst, ev, reviewed, scanned)
		})
		tagged += len(want)
		for range 3 { // the third time, the line is known
			got := judge(line, pwd, func(dst []event.Tag, ev *event.Event) []event.Tag {
				return snap.Evaluate(dst, ev, reviewed, old)
			})
			if d := rounds.Diff(want, got); d != "" {
				t.Fatalf("tags of %q differ (-scan +index):\n%s", line, d)
			}
		}
		old.TakeSightings(nil)
		scanned.TakeSightings(nil)
	}
	t.Logf("%d lines, %d tags", judged, tagged)
	if tagged < judged/2 {
		t.Errorf("%d tags on %d lines: this test saw too little", tagged, judged)
	}
}
