package main

import (
	"context"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/report/explain"
)

// explainRules compiles rules with one pattern each on command_text, R0001
// first.
func explainRules(t *testing.T, patterns ...string) *engine.Ruleset {
	t.Helper()
	var srcs []engine.Source
	for i, p := range patterns {
		id := "R000" + string(rune('1'+i))
		srcs = append(srcs, engine.Source{Name: id + ".yaml", Data: []byte("rule_id: " + id + "\nrule_version: 1\nname: probe_" + string(rune('a'+i)) +
			"\ndescription: d\napplies_to: [command]\nmatch: {pattern: '" + p + "'}\nemits:\n  - {tactic: TA0006, technique_id: T1003, sub_technique_id: T1003.008, confidence: 0.95}\n")})
	}
	rs, diags := engine.Compile(srcs, engine.Config{Catalogue: attack.Load()})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return rs
}

// explainTo explains an input in a format.
func explainTo(t *testing.T, x *testExplainer, in explain.Input, format, color string) (string, error) {
	t.Helper()
	var b strings.Builder
	s := testStreams(&b, io.Discard, nil)
	s.color = color
	out, err := newExplainOutputs([]output{{format: format}}, x.snap, s)
	if err != nil {
		t.Fatal(err)
	}
	err = x.Run(context.Background(), []explain.Input{in}, out.write)
	if fault := out.finish(err); fault != nil {
		t.Fatal(fault)
	}
	return b.String(), err
}

// explainTable explains a command line to a table.
func explainTable(t *testing.T, x *testExplainer, line string, color string) string {
	t.Helper()
	got, err := explainTo(t, x, explain.Input{Text: line}, "table", color)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

type testExplainer struct {
	*explain.Explainer
	snap *engine.Snapshot
}

func newTestExplainer(rs *engine.Ruleset, states event.States, ask ...string) *testExplainer {
	now := testStreams(io.Discard, io.Discard, nil).now()
	snap := engine.NewSnapshot(rs, states, now)
	return &testExplainer{explain.New(snap, now, explain.Options{Kind: event.KindCommand, Ask: ask}), snap}
}

func TestExplainStates(t *testing.T) {
	rs := explainRules(t, "id", "id", "id", "id")
	x := newTestExplainer(rs, event.States{
		"R0001": {Mode: event.Clipped, Max: 0.5, Reason: "noisy \x1b[2J"},
		"R0002": {Mode: event.Disabled, Reason: "wrong"},
		"R0003": {Mode: event.Clipped, Max: 0.1},
	})
	got := explainTable(t, x, "id", "never")
	for _, want := range []string{
		`R0001 probe_a: fires, clipped to 0.5 (noisy \x1b[2J)` + "\n    TA0006 Credential Access, T1003.008 OS Credential Dumping: /etc/passwd and /etc/shadow, confidence 0.5\n",
		"R0002 probe_b: matches, but is disabled (wrong)\n    command_text: id\n                  ^^\n",
		"R0003 probe_c: matches, but with a confidence below 0.3\n",
		"R0004 probe_d: fires\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}

func TestExplainColours(t *testing.T) {
	got := explainTable(t, newTestExplainer(explainRules(t, "shadow"), nil), "cat /etc/shadow x", "always")
	if want := "command_text: cat /etc/\x1b[1;31mshadow\x1b[0m x\n"; !strings.Contains(got, want) || strings.Contains(got, "^") {
		t.Errorf("no %q, or carets, in:\n%q", want, got)
	}
}

func TestExplainEscapes(t *testing.T) {
	got := explainTable(t, newTestExplainer(explainRules(t, "faked"), nil, "R0001"), hostile+" | sh -c '"+hostile+"' > '"+hostile+"'", "never")
	if strings.ContainsAny(got, "\x1b\u009b\u202e") || strings.Contains(got, "\nfaked") {
		t.Errorf("hostile text reaches the terminal:\n%q", got)
	}
}

func TestExplainHugeLine(t *testing.T) {
	line := strings.Repeat("id;", 100_000)
	x := newTestExplainer(explainRules(t, "id;"), nil, "R0001")
	got := explainTable(t, x, line, "never")
	if len(got) > 64<<10 || !strings.Contains(got, "cut short") || !strings.Contains(got, "more commands") {
		t.Errorf("%d bytes, want at most 64 KiB that say what was cut:\n%.2000s", len(got), got)
	}
	data, err := explainTo(t, x, explain.Input{Text: line}, "json", "never")
	if err != nil || len(data) > 4*len(line) || !json.Valid([]byte(data)) {
		t.Errorf("JSON of %d bytes for a line of %d, valid %v, %v", len(data), len(line), json.Valid([]byte(data)), err)
	}
}

func TestExplainBoundsTheEventsOfASession(t *testing.T) {
	event := `{"source_kind":"session","source_id":"s","attacker_uuid":"a","payload":{"commands":["id"` + strings.Repeat(`,"id"`, 2*explain.MaxEvents) + `]}}`
	x := newTestExplainer(explainRules(t, "id"), nil)
	got, err := explainTo(t, x, explain.Input{Text: event, IsEvent: true}, "table", "never")
	if n := strings.Count(got, " event s"); n != explain.MaxEvents || worst(err) != classSetup || !strings.Contains(err.Error(), "left out") {
		t.Errorf("%d events explained, error %v; want %d and one that says so", n, err, explain.MaxEvents)
	}
}

func TestReadExplainInputs(t *testing.T) {
	read := func(text string) ([]explain.Input, error) {
		s := testStreams(io.Discard, io.Discard, nil)
		s.in = strings.NewReader(text)
		return explain.Read(context.Background(), s.in, "stdin")
	}
	got, err := read("\ufeffid\r\n\n  \n{\"a\":1}\nlast")
	want := []explain.Input{{Text: "id", Line: 1}, {Text: `{"a":1}`, IsEvent: true, Line: 4}, {Text: "last", Line: 5}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("inputs %+v, %v; want %+v", got, err, want)
	}
	for name, text := range map[string]string{"empty": "\n \n", "lines": strings.Repeat("id\n", explain.MaxEvents+1), "bytes": strings.Repeat("x", explain.MaxBytes+1)} {
		if in, err := read(text); worst(err) != classSetup {
			t.Errorf("%s: %d inputs and %v, want a usage error", name, len(in), err)
		}
	}
	if in, err := read(strings.Repeat("id\n", explain.MaxEvents)); err != nil || len(in) != explain.MaxEvents {
		t.Errorf("%d inputs and %v, want %d", len(in), err, explain.MaxEvents)
	}
}
