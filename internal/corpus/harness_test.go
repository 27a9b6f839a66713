package corpus

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/lines"
)

// ruleText returns a rule on command lines.
func ruleText(id, pattern string, confidence float64) engine.Source {
	return engine.Source{Name: id + ".yaml", Data: fmt.Appendf(nil, `rule_id: %s
rule_version: 1
name: r%s
description: A rule for tests.
applies_to: [command]
match: {pattern: '%s'}
emits:
  - {tactic: TA0007, technique_id: T1082, confidence: %v}
evidence_fields: [command_text]
`, id, id[1:], pattern, confidence)}
}

// snapshotOf compiles rules, which must be without errors.
func snapshotOf(t testing.TB, srcs ...engine.Source) *engine.Snapshot {
	t.Helper()
	rs, diags := engine.Compile(srcs, engine.Config{Catalogue: attack.Load()})
	for i := range diags {
		if diags[i].Severity == engine.Error {
			t.Fatalf("Compile: %v", diags[i].Error())
		}
	}
	return engine.NewSnapshot(rs, nil, time.Time{})
}

// corpusOf returns a corpus of the given lines.
func corpusOf(name, cohort string, rows ...string) Corpus {
	files := fstest.MapFS{name: &fstest.MapFile{Data: []byte(strings.Join(rows, "\n"))}}
	return Corpus{Input: lines.Input{Name: name, FS: files}, Cohort: cohort}
}

// commandRow returns a row of one command.
func commandRow(label, command string, expected ...string) string {
	b := append([]byte(`{"source_kind":"command","label":`), event.AppendQuoted(nil, label)...)
	b = append(b, `,"payload":{"command_text":`...)
	b = append(event.AppendQuoted(b, command), `},"expected_rule_ids":`...)
	return string(append(event.AppendStrings(b, expected), '}'))
}

// score is Score, which must work.
func score(t *testing.T, snap *engine.Snapshot, opt Options, corpora ...Corpus) *Report {
	t.Helper()
	r, err := Score(context.Background(), snap, corpora, opt)
	if err != nil {
		t.Fatalf("Score() = %v", err)
	}
	return r
}

// rule returns the score of one rule.
func (r *Report) rule(t *testing.T, id string) RuleScore {
	t.Helper()
	for _, s := range r.Rules {
		if s.RuleID == id {
			return s
		}
	}
	t.Fatalf("no score of %s", id)
	return RuleScore{}
}
