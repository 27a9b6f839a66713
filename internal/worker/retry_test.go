package worker

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/ingest"
	"ttpctl/internal/store"
)

// A letter that is processed is forgotten and its tags are stored; any other
// stays, with the reason.
func TestRetry(t *testing.T) {
	const event = `{"source_kind":"command","source_id":"e1","attacker_uuid":"a1","payload":{"command_text":"fire-R0001"}}`
	db := openDB(t)
	p, err := db.Ledger().Resume(t.Context(), "s", "owner")
	if err != nil {
		t.Fatal(err)
	}
	c := &store.Commit{Source: "s", Epoch: p.Epoch}
	for _, body := range []string{event, "not json", event + strings.Repeat(" ", store.DeadLetterBody), "  "} {
		c.Dead = append(c.Dead, store.DeadLetter{Where: "dir/events.jsonl:7", Reason: "old", Body: []byte(body)})
	}
	if _, err := db.Ledger().Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	rules, diags := engine.Compile([]engine.Source{source("R0001.yaml", ruleText("R0001", 1))}, compileConfig())
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	snapshot := engine.NewSnapshot(rules, nil, time.Now())
	for id, want := range map[int64]store.Retried{
		1: {ID: 1, Processed: true, Tags: 1}, 2: {ID: 2, Reason: "not a JSON object"},
		3: {ID: 3, Reason: "only its beginning was kept"}, 4: {ID: 4, Reason: "it is empty"},
	} {
		tagger := &Tagger{InForce: func() *engine.Snapshot { return snapshot }, Now: time.Now, Tags: db.Tags()}
		got, err := Retry(t.Context(), db.DeadLetters(), id, tagger, ingest.Config{Fields: rules.Needs()})
		if err != nil || got != want {
			t.Errorf("Retry(%d) = %+v, %v, want %+v", id, got, err, want)
		}
		if _, err := db.DeadLetters().Letter(t.Context(), id); errors.Is(err, fs.ErrNotExist) != want.Processed {
			t.Errorf("Letter(%d) after Retry: %v", id, err)
		}
	}
	tagger := &Tagger{InForce: func() *engine.Snapshot { return snapshot }, Now: time.Now, Tags: db.Tags()}
	if _, err := Retry(t.Context(), db.DeadLetters(), 1, tagger, ingest.Config{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Retry() of a letter that is gone: %v, want %v", err, fs.ErrNotExist)
	}
}
