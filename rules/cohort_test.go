package rules_test

import (
	"slices"
	"testing"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// reviewed is the day on which the cohort is judged: no rule's review is past.
var reviewed = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// discovery is the tactic of what harmless users do as well: its figures stand
// apart.
const discovery = "TA0007"

// apart are the rules for commands that no single line, written in another
// way, must hit: sequences over a session, and the rule that counts padding.
func apart(id string) bool { return "R0800" <= id && id < "R0900" || id == "R0251" }

// A cohort is the rules for single command lines, compiled, and their files.
type cohort struct {
	snapshot *engine.Snapshot
	sources  []engine.Source
	scratch  *engine.Scratch
	ev       event.Event
	tags     []event.Tag
}

// hits returns the rules that a command line hits, ascending.
func (c *cohort) hits(line string) []string {
	var ids []string
	for _, tag := range c.judge(line) {
		ids = append(ids, tag.RuleID)
	}
	return slices.Compact(ids)
}

// judge returns the tags of a command line, until the next call.
func (c *cohort) judge(line string) []event.Tag {
	c.ev.Reset()
	c.ev.SourceID, c.ev.AttackerUUID = "s", "a"
	c.ev.SetKind("command")
	c.ev.SetField("command_text", event.StringValue(line))
	c.tags = c.snapshot.Evaluate(c.tags[:0], &c.ev, reviewed, c.scratch)
	return c.tags
}

// examples returns a rule's positive examples that are a line and no more.
func examples(t testing.TB, src engine.Source) []string {
	t.Helper()
	p := packParsed()[src.Name]
	var lines []string
	for _, n := range p.MatchExamples {
		if n.Kind == engine.Scalar {
			lines = append(lines, n.Value)
		}
	}
	return lines
}
