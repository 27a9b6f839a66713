package rules_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"ttpctl/internal/event"
)

// blindRow is a line of an attacker with its technique, or a harmless one with none.
type blindRow struct {
	Label   string `json:"label"`
	Payload struct {
		Text string `json:"command_text"`
	} `json:"payload"`
	Expected   []string `json:"expected_techniques"`
	Acceptable []string `json:"acceptable_techniques"`
}

func blindRows(t *testing.T) (rows []blindRow) {
	t.Helper()
	f, err := os.Open("../testdata/corpus/labels_blind.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		var r blindRow
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			t.Fatalf("line %d: %v", len(rows)+1, err)
		}
		rows = append(rows, r)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// blindScore counts what docs/labelling.md tells of the blind lines.
type blindScore struct {
	attacks, exact, tags, right, harmless, alarms int
}

func (s *blindScore) add(r blindRow, tags []event.Tag) (ok bool) {
	if len(r.Expected) == 0 {
		s.harmless++
		ok = !slices.ContainsFunc(tags, func(tag event.Tag) bool { return tag.Tactic != discovery })
		if !ok {
			s.alarms++
		}
		return ok
	}
	s.attacks++
	allowed := slices.Concat(r.Expected, r.Acceptable)
	for _, tag := range tags {
		id := mostSpecific(tag)
		ok = ok || slices.Contains(r.Expected, id)
		s.tags++
		if slices.ContainsFunc(allowed, func(a string) bool { return a == id || strings.HasPrefix(a, id+".") }) {
			s.right++
		}
	}
	if ok {
		s.exact++
	}
	return ok
}

func mostSpecific(tag event.Tag) string {
	if tag.SubTechnique != "" {
		return tag.SubTechnique
	}
	return tag.Technique
}

// TestBlindLines holds the pack to its score on lines that were written before
// anybody looked at what it makes of them.
func TestBlindLines(t *testing.T) {
	t.Parallel()
	c, s := commandRules(t), blindScore{}
	for _, r := range blindRows(t) {
		tags := c.judge(r.Payload.Text)
		if !s.add(r, tags) {
			var ids []string
			for _, tag := range tags {
				ids = append(ids, tag.RuleID+" "+mostSpecific(tag))
			}
			t.Logf("%s, want %v: %q is tagged %v", r.Label, r.Expected, r.Payload.Text, ids)
		}
	}
	t.Logf("%+v", s)
	blindAtLeast(t, "lines of attackers tagged with their technique", s.exact, s.attacks, 0.95)
	blindAtLeast(t, "tags that are right", s.right, s.tags, 0.97)
	blindAtLeast(t, "harmless lines without a tag outside discovery", s.harmless-s.alarms, s.harmless, 0.88)
}

func blindAtLeast(t *testing.T, what string, n, of int, want float64) {
	t.Helper()
	if of == 0 || float64(n) < want*float64(of) {
		t.Errorf("%s: %d of %d, want at least %v", what, n, of, want)
	}
}
