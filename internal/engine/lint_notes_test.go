package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNotesOfARule(t *testing.T) {
	src := Source{Name: "R0001.yaml", Data: []byte(`rule_id: R0001
rule_version: 3
name: noted
description: What a rule says of itself.
applies_to: [command]
match: {contains: some words}
emits:
  - {tactic: TA0007, technique_id: T1082, confidence: 0.7}
false_positives:
  - >-
    an installer
    that asks
  - a backup
changes:
  - {version: 2, what: more, why: it missed}
  - {version: 3, what: less, why: it erred}
`)}
	rs, diags := Compile([]Source{src}, testConfig())
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	r := rs.Rule("R0001")
	if diff := cmp.Diff([]string{"an installer that asks", "a backup"}, r.FalsePositives); diff != "" {
		t.Errorf("FalsePositives (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Change{{2, "more", "it missed"}, {3, "less", "it erred"}}, r.Changes); diff != "" {
		t.Errorf("Changes (-want +got):\n%s", diff)
	}
}
