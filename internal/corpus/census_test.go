package corpus

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
)

func TestCensus(t *testing.T) {
	snap := snapshotOf(t, ruleText("R0018", `uname`, 0.7), ruleText("R0019", `whoami`, 0.9), ruleText("R0020", `never`, 0.9))
	c := NewCensus(snap, time.Time{})
	for i := range 1000 {
		row := commandEvent("", fmt.Sprint("uname ", i))
		if i%2 == 0 {
			row = commandEvent("", "ls 203.0.113.9; whoami "+strings.Repeat("x", i%4))
		}
		row.Event.SessionID = event.Some(fmt.Sprint("s", i%10))
		c.Add(row)
	}
	r := c.Report(func(s string) string { return strings.ReplaceAll(s, "203.0.113.9", "-") })
	if r.Rows != 1000 || r.Hit != 1000 || r.Sessions != 10 {
		t.Errorf("Report() = %d rows, %d hit, %d sessions, want 1000, 1000, 10", r.Rows, r.Hit, r.Sessions)
	}
	want := []RuleCensus{
		{RuleID: "R0018", Name: "r0018", Rows: 1000, Hits: 500, HitRate: 0.5, Shapes: 1, Sessions: 5, SessionShare: 0.5, Remark: "loud",
			Top: []ShapeHits{{"uname <n>", 500, []string{"uname 1", "uname 3", "uname 5"}}}},
		{RuleID: "R0019", Name: "r0019", Rows: 1000, Hits: 500, HitRate: 0.5, Shapes: 2, Sessions: 5, SessionShare: 0.5, Remark: "loud",
			Top: []ShapeHits{{"ls <ip>; whoami", 250, []string{"ls -; whoami "}}, {"ls <ip>; whoami xx", 250, []string{"ls -; whoami xx"}}}},
		{RuleID: "R0020", Name: "r0020", Rows: 1000, Remark: "silent", Top: []ShapeHits{}},
	}
	if diff := cmp.Diff(want, r.Rules); diff != "" {
		t.Errorf("Report() (-want +got):\n%s", diff)
	}
}

func TestBenign(t *testing.T) {
	src := Benign{corpusOf("a", "", `{"command":"uname -a","source":"x"}`, `{"source_kind":"command","payload":{"command_text":"id"}}`,
		"plain text", "{ echo a; }", "", `{"source_kind":"http_request","label":"x","payload":{"raw_url":"/"}}`, `{"command":7}`)}
	var got []string
	err := src.Rows(context.Background(), func(r *Row) error {
		got = append(got, fmt.Sprintf("%d %s %s", r.Line, r.Event.Kind, r.text()))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"1 command uname -a", "2 command id", "3 command plain text", "4 command { echo a; }", "6 http_request /", `7 command {"command":7}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Rows() (-want +got):\n%s", diff)
	}
}

func TestImpact(t *testing.T) {
	old := snapshotOf(t, ruleText("R0018", `uname`, 0.7), ruleText("R0019", `whoami|id`, 0.7), ruleText("R0020", `same`, 0.7))
	new := snapshotOf(t, ruleText("R0018", `uname|arch`, 0.7), ruleText("R0019", `whoami`, 0.9), ruleText("R0020", `same`, 0.7))
	m := NewImpact(old, new, time.Time{})
	for _, text := range []string{"uname 1", "arch 1", "arch 2", "id", "whoami", "same", "x"} {
		m.Add(commandEvent("", text))
	}
	want := &ImpactReport{
		Rows: 7, RowsChanged: 4, Added: 2, Removed: 1, Moved: 1, Unchanged: 2,
		Rules: []RuleImpact{
			{RuleID: "R0018", Added: 2, Unchanged: 1, Shapes: []ShapeChange{{Added, "T1082", nil, known(0.7), 2, "arch <n>", []string{"arch 1", "arch 2"}}}},
			{RuleID: "R0019", Removed: 1, Moved: 1, Shapes: []ShapeChange{
				{Moved, "T1082", known(0.7), known(0.9), 1, "whoami", []string{"whoami"}},
				{Removed, "T1082", known(0.7), nil, 1, "id", []string{"id"}},
			}},
		},
	}
	if diff := cmp.Diff(want, m.Report()); diff != "" {
		t.Errorf("Report() (-want +got):\n%s", diff)
	}
}
