package pages

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/matrix"
)

const written = `rule_id: R0001
rule_version: 2
name: noted
description: >-
  What it means, in <any> way,
  with ` + "`a * b`" + ` and *.
applies_to: [command]
match:
  # A reason.
  contains: some words

emits:
  - {tactic: TA0007, technique_id: T1082, confidence: 0.7}
false_positives: ['a backup | of all']
changes: [{version: 2, what: more, why: it missed}]
examples:
  match: ["some words, ` + "```" + `"]
`

const other = `rule_id: R0002
rule_version: 1
name: other
description: Another.
applies_to: [command]
match: {contains: other}
emits:
  - {tactic: TA0003, technique_id: T1053, sub_technique_id: T1053.003, confidence: 0.9}
  - {tactic: TA0007, technique_id: T1082, confidence: 0.8}
`

func testPack(t *testing.T) (*Pack, *engine.Snapshot) {
	t.Helper()
	c := attack.Load()
	srcs := []engine.Source{{Name: "R0001.yaml", Data: []byte(written)}, {Name: "R0002.yaml", Data: []byte(other)}}
	rs, diags := engine.Compile(srcs, engine.Config{Catalogue: c})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	scores := []corpus.RuleScore{{RuleID: "R0001", Cohort: "seed_x", Rows: 20, Expected: 9, Fired: 8, TP: 6, FP: 2, FN: 3}}
	return &Pack{Catalogue: c, Rules: rs.Rules(), Scores: scores}, engine.NewSnapshot(rs, nil, time.Time{})
}

func TestPage(t *testing.T) {
	p, _ := testPack(t)
	got := string(p.Page(p.Rules[0]))
	for _, want := range []string{
		"# R0001 noted\n\nWhat it means, in \\<any> way, with `a * b` and \\*.\n",
		"| Discovery | [T1082](https://attack.mitre.org/techniques/T1082) System Information Discovery | 0.7 | [R0002](R0002.md) |\n",
		"```yaml\nmatch:\n  # A reason.\n  contains: some words\n\n```\n",
		"````yaml\nexamples:\n  match: [\"some words, ```\"]\n````\n",
		"## Known false positives\n\n- a backup \\| of all\n",
		"On the 20 rows of the seed that speak of it (`seed_x`): tagged 8, of which 6 rightly; 9 should be.",
		"| precision | 0.750 | 8 | 0.409 to 0.929 |\n| recall | 0.667 | 9 | 0.354 to 0.879 |\n",
		"| 2 | more | it missed |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks\n%s", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
	bare := p.Page(p.Rules[1])
	for _, want := range []string{"None is known.", "No row of the seed speaks of it.", "This is the first."} {
		if !bytes.Contains(bare, []byte(want)) {
			t.Errorf("the page of R0002 lacks %q", want)
		}
	}
}

func TestIndex(t *testing.T) {
	p, _ := testPack(t)
	got := string(p.Index())
	persistence, discovery := strings.Index(got, "## Persistence (TA0003)"), strings.Index(got, "## Discovery (TA0007)")
	if persistence < 0 || discovery < persistence || strings.Count(got, "\n## ") != 2 {
		t.Errorf("the index is not of Persistence and then Discovery:\n%s", got)
	}
	if want := "| [R0002](R0002.md) | other | T1053.003 Scheduled Task/Job: Cron 0.9 | command |\n"; !strings.Contains(got[:discovery], want) {
		t.Errorf("the index lacks %q:\n%s", want, got)
	}
}

func TestMatrix(t *testing.T) {
	p, snap := testPack(t)
	got := string(Matrix(p.Catalogue, matrix.Of(p.Catalogue, snap)))
	for _, want := range []string{
		"423 of them: 3 are tagged",
		"| Scheduled Task/Job: Cron | [R0002](rules/R0002.md) |\n",
		"| System Information Discovery | [R0001](rules/R0001.md), [R0002](rules/R0002.md) |\n",
		"| Hardware Additions | takes hands, a radio or a device near the host: ",
		"| Process Discovery | open: |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the matrix lacks %q", want)
		}
	}
}
