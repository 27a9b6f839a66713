package rules_test

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/rules"
)

// reviewed is the day on which the cohort is judged: no rule's review is past.
var reviewed = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// ordinary are the rules for what harmless users do as well (RULES.md); their
// figures stand apart.
var ordinary = []string{"R0013", "R0015", "R0016", "R0018", "R0019", "R0020", "R0021"}

// splitOff are the rules of the cohort outside its block of ids.
var splitOff = []string{"R0101", "R0102", "R0103", "R0104", "R0300", "R0401", "R0402", "R0551"}

// A cohort is the command rules, compiled, and the examples in their files.
type cohort struct {
	snapshot *engine.Snapshot
	sources  []engine.Source
	scratch  *engine.Scratch
	ev       event.Event
	tags     []event.Tag
}

// commandRules compiles R0010 to R0029, what was split off them, and R0300 alone, for which no lifter is
// needed, and fails the test when there is anything to say of them.
func commandRules(t testing.TB) *cohort {
	t.Helper()
	names, err := fs.Glob(rules.Files, "ttp/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := &cohort{scratch: engine.NewScratch()}
	for _, name := range names {
		if id := path.Base(name); ("R0010" <= id && id < "R0030") || slices.Contains(splitOff, strings.TrimSuffix(id, ".yaml")) {
			data, err := rules.Files.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c.sources = append(c.sources, engine.Source{Name: id, Data: data})
		}
	}
	rs, diags := engine.Compile(c.sources, engine.Config{Catalogue: attack.Default(), Pack: true, Today: reviewed.Format(time.DateOnly)})
	for i := range diags {
		t.Errorf("%s", diags[i].Error())
	}
	if t.Failed() {
		t.FailNow()
	}
	c.snapshot = engine.NewSnapshot(rs, nil, reviewed)
	return c
}

// hits returns the rules that a command line hits, ascending.
func (c *cohort) hits(line string) []string {
	c.ev.Reset()
	c.ev.SourceID, c.ev.AttackerUUID = "s", "a"
	c.ev.SetKind("command")
	c.ev.SetField("command_text", event.StringValue(line))
	c.tags = c.snapshot.Evaluate(c.tags[:0], &c.ev, reviewed, c.scratch)
	var ids []string
	for i := range c.tags {
		ids = append(ids, c.tags[i].RuleID)
	}
	return slices.Compact(ids)
}

// examples returns a rule's positive examples.
func examples(t testing.TB, src engine.Source) []string {
	t.Helper()
	p, _ := engine.Parse(src)
	var lines []string
	for _, n := range p.MatchExamples {
		if n.Kind != engine.Scalar {
			t.Fatalf("%s: an example is no command line", src.Name)
		}
		lines = append(lines, n.Value)
	}
	return lines
}

func TestCommandCohortCompiles(t *testing.T) {
	if got := len(commandRules(t).snapshot.Ruleset().Rules()); got != 28 {
		t.Errorf("the command cohort has %d rules, want 28", got)
	}
}
