package worker

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
)

// TestTaggerCountsForgotten: sessions that sequences began in and that were
// forgotten for want of room are counted.
func TestTaggerCountsForgotten(t *testing.T) {
	const rule = `rule_id: R0001
rule_version: 1
name: fetch_then_run
description: a rule of the worker's tests
applies_to: [command]
match: {sequence: {over: session, within: {minutes: 90}, same: file, steps: [{effect: {fetches: any}}, {effect: {runs: any}}]}}
emits:
  - {tactic: TA0011, technique_id: T1105, confidence: 0.9}
`
	rs, diags := engine.Compile([]engine.Source{source("R0001.yaml", rule)}, compileConfig())
	if len(rs.Rules()) != 1 {
		t.Fatal(diags)
	}
	snap := engine.NewSnapshot(rs, nil, time.Now())
	long := strings.Repeat("x", 4000)
	for _, tt := range []struct {
		sessions int
		forgets  bool
	}{{100, false}, {6000, true}} {
		var in strings.Builder
		for i := range tt.sessions {
			fmt.Fprintf(&in, `{"source_kind":"command","source_id":"c%d","session_id":"s%d","attacker_uuid":"a1","payload":{"command_text":"wget http://192.0.2.1/%s"}}`+"\n", i, i, long)
		}
		tagger := Tagger{
			InForce: func() *engine.Snapshot { return snap }, Now: time.Now, Publish: func([]event.Tag) error { return nil },
		}
		if _, err := tagger.Run(t.Context(), []ingest.Input{{Name: "test", Reader: strings.NewReader(in.String())}}, ingest.Config{Format: "ttp"}); err != nil {
			t.Fatal(err)
		}
		if got := tagger.Stats().Forgotten; got > 0 != tt.forgets {
			t.Errorf("%d sessions: %d forgotten, want some: %v", tt.sessions, got, tt.forgets)
		}
	}
}
