package worker

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/store"
)

// shown returns changes in a form that tables can hold.
func shown(changes []Change) []string {
	var lines []string
	for _, c := range changes {
		switch c.Op {
		case Loaded:
			lines = append(lines, fmt.Sprintf("loaded %s v%d", c.RuleID, c.Rule.Version))
		case Removed:
			lines = append(lines, "removed "+c.RuleID)
		case Refused:
			kept := "nothing"
			if c.Rule != nil {
				kept = fmt.Sprintf("v%d", c.Rule.Version)
			}
			lines = append(lines, fmt.Sprintf("refused %s %s keeps %s", c.File, c.Diagnostics[0].Code, kept))
		}
	}
	return lines
}

func inForce(d *definitions) []string {
	var rules []string
	for _, r := range d.ruleset.Rules() {
		rules = append(rules, fmt.Sprintf("%s v%d %s", r.ID, r.Version, r.Source.Name))
	}
	return rules
}

func TestDefinitions(t *testing.T) {
	broken := strings.Replace(ruleText("R0001", 9), "TA0007", "TA9999", 1)
	worse := strings.Replace(ruleText("R0001", 9), "TA0007", "TA9998", 1)
	renamed := strings.Replace(ruleText("R0002", 2), "rule_r0002", "rule_r0001", 1)
	type step struct {
		put  map[string]string // "" = delete
		want []string
		rule []string // in force afterwards
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"load, edit, delete", []step{
			{map[string]string{"R0001.yaml": ruleText("R0001", 1), "R0002.yaml": ruleText("R0002", 1)},
				[]string{"loaded R0001 v1", "loaded R0002 v1"}, []string{"R0001 v1 R0001.yaml", "R0002 v1 R0002.yaml"}},
			{map[string]string{"R0002.yaml": ruleText("R0002", 2)},
				[]string{"loaded R0002 v2"}, []string{"R0001 v1 R0001.yaml", "R0002 v2 R0002.yaml"}},
			{map[string]string{"R0001.yaml": ""}, []string{"removed R0001"}, []string{"R0002 v2 R0002.yaml"}},
		}},
		{"a broken edit keeps the last good version, told once per content", []step{
			{map[string]string{"R0001.yaml": ruleText("R0001", 1)}, []string{"loaded R0001 v1"}, []string{"R0001 v1 R0001.yaml"}},
			{map[string]string{"R0001.yaml": broken}, []string{"refused R0001.yaml TTP023 keeps v1"}, []string{"R0001 v1 R0001.yaml"}},
			{map[string]string{"R0001.yaml": broken}, nil, []string{"R0001 v1 R0001.yaml"}},
			{map[string]string{"R0002.yaml": ruleText("R0002", 1)}, []string{"loaded R0002 v1"}, []string{"R0001 v1 R0001.yaml", "R0002 v1 R0002.yaml"}},
			{map[string]string{"R0001.yaml": worse}, []string{"refused R0001.yaml TTP023 keeps v1"}, []string{"R0001 v1 R0001.yaml", "R0002 v1 R0002.yaml"}},
			{map[string]string{"R0001.yaml": ruleText("R0001", 3)}, []string{"loaded R0001 v3"}, []string{"R0001 v3 R0001.yaml", "R0002 v1 R0002.yaml"}},
			{map[string]string{"R0001.yaml": broken}, []string{"refused R0001.yaml TTP023 keeps v3"}, []string{"R0001 v3 R0001.yaml", "R0002 v1 R0002.yaml"}},
			{map[string]string{"R0001.yaml": ""}, []string{"removed R0001"}, []string{"R0002 v1 R0002.yaml"}},
		}},
		{"broken from the start", []step{
			{map[string]string{"R0001.yaml": broken, "R0002.yaml": ruleText("R0002", 1)},
				[]string{"loaded R0002 v1", "refused R0001.yaml TTP023 keeps nothing"}, []string{"R0002 v1 R0002.yaml"}},
		}},
		{"two files claim one id: the first in name order", []step{
			{map[string]string{"R0001.yml": ruleText("R0001", 1)}, []string{"loaded R0001 v1"}, []string{"R0001 v1 R0001.yml"}},
			{map[string]string{"R0001.yaml": ruleText("R0001", 2)},
				[]string{"loaded R0001 v2", "refused R0001.yml TTP013 keeps nothing"}, []string{"R0001 v2 R0001.yaml"}},
			{map[string]string{"R0001.yaml": ""}, []string{"loaded R0001 v1"}, []string{"R0001 v1 R0001.yml"}},
		}},
		{"a broken file claims no id", []step{
			{map[string]string{"R0001.yaml": broken, "R0001.yml": ruleText("R0001", 1)},
				[]string{"loaded R0001 v1", "refused R0001.yaml TTP023 keeps nothing"}, []string{"R0001 v1 R0001.yml"}},
		}},
		{"an edit that takes another rule's name", []step{
			{map[string]string{"R0001.yaml": ruleText("R0001", 1), "R0002.yaml": ruleText("R0002", 1)},
				[]string{"loaded R0001 v1", "loaded R0002 v1"}, []string{"R0001 v1 R0001.yaml", "R0002 v1 R0002.yaml"}},
			{map[string]string{"R0002.yaml": renamed},
				[]string{"refused R0002.yaml TTP014 keeps v1"}, []string{"R0001 v1 R0001.yaml", "R0002 v1 R0002.yaml"}},
			{map[string]string{"R0001.yaml": ""},
				[]string{"removed R0001", "loaded R0002 v2"}, []string{"R0002 v2 R0002.yaml"}},
		}},
		{"a layer above replaces, by id, whatever lies below", []step{
			{map[string]string{"R0001.yaml": ruleText("R0001", 1), "above/R0001.yaml": ruleText("R0001", 7), "R0002.yaml": ruleText("R0002", 1)},
				[]string{"loaded R0001 v7", "loaded R0002 v1"}, []string{"R0001 v7 above/R0001.yaml", "R0002 v1 R0002.yaml"}},
			{map[string]string{"R0001.yaml": ruleText("R0001", 2)}, nil, []string{"R0001 v7 above/R0001.yaml", "R0002 v1 R0002.yaml"}},
			{map[string]string{"R0001.yaml": broken}, nil, []string{"R0001 v7 above/R0001.yaml", "R0002 v1 R0002.yaml"}},
			{map[string]string{"above/R0001.yaml": ""},
				[]string{"loaded R0001 v2", "refused R0001.yaml TTP023 keeps v2"}, []string{"R0001 v2 R0001.yaml", "R0002 v1 R0002.yaml"}},
		}},
		{"two files of one id in the layer above", []step{
			{map[string]string{"R0001.yaml": ruleText("R0001", 1), "above/R0001.yaml": ruleText("R0001", 7), "above/R0001.yml": ruleText("R0001", 8)},
				[]string{"loaded R0001 v7", "refused above/R0001.yml TTP013 keeps nothing"}, []string{"R0001 v7 above/R0001.yaml"}},
		}},
		{"a layer above that was never good leaves what lies below", []step{
			{map[string]string{"R0001.yaml": ruleText("R0001", 1), "above/R0001.yaml": broken},
				[]string{"loaded R0001 v1", "refused above/R0001.yaml TTP023 keeps nothing"}, []string{"R0001 v1 R0001.yaml"}},
			{map[string]string{"above/R0001.yaml": ruleText("R0001", 7)}, []string{"loaded R0001 v7"}, []string{"R0001 v7 above/R0001.yaml"}},
			{map[string]string{"above/R0001.yaml": broken}, []string{"refused above/R0001.yaml TTP023 keeps v7"}, []string{"R0001 v7 above/R0001.yaml"}},
		}},
		{"a rename of the file", []step{
			{map[string]string{"R0001.yml": ruleText("R0001", 1)}, []string{"loaded R0001 v1"}, []string{"R0001 v1 R0001.yml"}},
			{map[string]string{"R0001.yml": "", "R0001.yaml": ruleText("R0001", 1)}, nil, []string{"R0001 v1 R0001.yml"}},
			{map[string]string{"R0001.yaml": ruleText("R0001", 2)}, []string{"loaded R0001 v2"}, []string{"R0001 v2 R0001.yaml"}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDefinitions(compileConfig())
			for i, s := range tt.steps {
				for name, text := range s.put {
					if text == "" {
						d.remove(name)
					} else {
						src := source(name, text)
						src.Layer = strings.Count(name, "above/")
						d.put(src)
					}
				}
				if diff := cmp.Diff(s.want, shown(d.rebuild())); diff != "" {
					t.Errorf("step %d: changes (-want +got):\n%s", i, diff)
				}
				if diff := cmp.Diff(s.rule, inForce(d)); diff != "" {
					t.Errorf("step %d: in force (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

// A rule nobody touched is the same rule in the next ruleset, not an equal one.
func TestUnchangedRulesAreReused(t *testing.T) {
	d := newDefinitions(compileConfig())
	for i := range 20 {
		d.put(source(ruleID(i)+".yaml", ruleText(ruleID(i), 1)))
	}
	d.rebuild()
	before := map[string]*engine.Rule{}
	for _, r := range d.ruleset.Rules() {
		before[r.ID] = r
	}
	d.put(source("R0007.yaml", ruleText("R0007", 2)))
	d.rebuild()
	for _, r := range d.ruleset.Rules() {
		if same := before[r.ID] == r; same != (r.ID != "R0007") {
			t.Errorf("after an edit of R0007 the rule %s is the same: %v", r.ID, same)
		}
	}
}

// A rule that comes or goes since another one does has the number of that change, and
// not that of its own last one, which was told of before.
func TestNumbersOfChanges(t *testing.T) {
	d := newDefinitions(compileConfig())
	same := source("R0002.yaml", strings.Replace(ruleText("R0002", 2), "rule_r0002", "rule_r0001", 1))
	d.put(source("R0001.yaml", ruleText("R0001", 1)))
	d.put(same)
	d.rebuild()
	for i, s := range []struct {
		changes []store.RuleChange
		want    string
	}{
		{[]store.RuleChange{{Op: store.Delete, Source: source("R0001.yaml", ""), Rev: 7}}, "R0001 7, R0002 7, "},
		{[]store.RuleChange{{Source: source("R0001.yaml", ruleText("R0001", 1)), Rev: 8}}, "R0001 8, R0002 8, R0002 8, "}, // loaded, removed and refused
		{[]store.RuleChange{{Op: store.Delete, Source: source("R0001.yaml", ""), Rev: 9}, {Source: source("R0003.yaml", ruleText("R0003", 1)), Rev: 10}}, "R0001 9, R0002 10, R0003 10, "},
		{[]store.RuleChange{{Op: store.Delete, Source: source("R0003.yaml", "")}}, "R0003 0, "},
	} {
		d.take(s.changes)
		got := ""
		for _, c := range d.rebuild() {
			got += fmt.Sprintf("%s %d, ", c.RuleID, c.Rev)
		}
		if got != s.want {
			t.Errorf("step %d: changes %s want %s", i, got, s.want)
		}
	}
}
