package matrix_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/lifters"
	"ttpctl/internal/matrix"
	"ttpctl/rules"
)

var update = flag.Bool("update", false, "drop the reasons of what rules tag")

func compile(t *testing.T, srcs ...engine.Source) *engine.Ruleset {
	t.Helper()
	rs, diags := engine.Compile(srcs, engine.Config{Catalogue: attack.Load(), Builders: lifters.Builders(), Outlines: engine.ReadOutlines(rules.Outlines())})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return rs
}

func rule(id, emits string) engine.Source {
	return engine.Source{Name: id + ".yaml", Data: []byte("rule_id: " + id + "\nrule_version: 1\nname: rule_" + id[1:] +
		"\ndescription: a rule for this test\napplies_to: [command]\nmatch: {contains: " + id + "}\nemits:\n" + emits)}
}

func TestOf(t *testing.T) {
	rs := compile(t,
		rule("R0001", "  - {tactic: TA0003, technique_id: T1053, sub_technique_id: T1053.003, confidence: 0.9}\n"),
		rule("R0002", "  - {tactic: TA0003, technique_id: T1053, sub_technique_id: T1053.003, confidence: 0.9}\n  - {tactic: TA0043, technique_id: T1595, confidence: 0.9}\n"),
		rule("R0003", "  - {tactic: TA0007, technique_id: T1082, confidence: 0.0}\n"),
		rule("R0004", "  - {tactic: TA0007, technique_id: T1057, confidence: 0.9}\n"),
	)
	off := event.States{"R0004": {Mode: event.Disabled}}
	m := matrix.Of(attack.Load(), engine.NewSnapshot(rs, off, time.Time{}))
	tests := []struct {
		id     string
		status matrix.Status
		rules  []string
	}{
		{"T1053.003", matrix.Tagged, []string{"R0001", "R0002"}},
		{"T1053", matrix.Tagged, []string{"R0001", "R0002"}},
		{"T1053.002", matrix.Open, nil},
		{"T1595", matrix.Tagged, []string{"R0002"}}, // beside the matrix
		{"T1082", matrix.Open, nil},                 // below the floor
		{"T1057", matrix.Open, nil},                 // switched off
		{"T1200", matrix.Beyond, nil},
	}
	for _, tt := range tests {
		got, ok := m.Find(tt.id)
		if !ok || got.Status() != tt.status || !slices.Equal(got.Rules, tt.rules) {
			t.Errorf("%s is %v by %v (found %v), want %v by %v", tt.id, got.Status(), got.Rules, ok, tt.status, tt.rules)
		}
	}
	if _, ok := m.Find("T1547.001"); ok {
		t.Error("T1547.001, of Windows alone, is in the matrix")
	}
	total := m.Total()
	if total.Techniques != 423 || total.Tagged != 2 || total.Tagged+total.Beyond+total.Open != total.Techniques {
		t.Errorf("Total() = %+v, want 2 of 423 tagged and each technique once", total)
	}
	for _, n := range m.ByTactic(attack.Load()) {
		if n.Tagged+n.Beyond+n.Open != n.Techniques || n.Tactic.ID == "TA0043" {
			t.Errorf("ByTactic has %+v", n)
		}
	}
}

// packMatrix is the account of the shipped pack.
func packMatrix(t *testing.T) *matrix.Matrix {
	t.Helper()
	return matrix.Of(attack.Load(), engine.NewSnapshot(compile(t, engine.ReadOutlines(rules.Outlines()).Sources("", rules.Text)...), nil, time.Time{}))
}

// TestAccount: each technique has rules or a line in reasons.tsv, and none has
// both. -update drops the lines of what rules have come to tag.
func TestAccount(t *testing.T) {
	m := packMatrix(t)
	if *update {
		dropTagged(t, m)
		return
	}
	reasons := matrix.Reasons()
	for id := range reasons {
		if row, ok := m.Find(id); !ok || len(row.Rules) > 0 {
			t.Errorf("reasons.tsv has a line for %s, which %v tag, or which is not in the matrix: run go generate ./internal/matrix", id, row.Rules)
		}
	}
	for i := range m.Techniques {
		if row := &m.Techniques[i]; len(row.Rules) == 0 && reasons[row.ID] == (matrix.Reason{}) {
			t.Errorf("%s %s: no rule tags it, and reasons.tsv does not say why none can, or what one could look for", row.ID, row.Name)
		}
	}
}

func dropTagged(t *testing.T, m *matrix.Matrix) {
	t.Helper()
	const name = "reasons.tsv"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var kept strings.Builder
	for line := range strings.Lines(string(text)) {
		id, _, _ := strings.Cut(line, "\t")
		if row, ok := m.Find(id); !ok || len(row.Rules) == 0 {
			kept.WriteString(line)
		}
	}
	if err := os.WriteFile(name, []byte(kept.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
