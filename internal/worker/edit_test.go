package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/ingest"
	"ttpctl/internal/rounds"
	"ttpctl/internal/store"
)

// A noting ledger remembers the cursors of the last commit that was done.
type noting struct {
	store.Ledger
	cursor, state string
}

func (n *noting) Commit(ctx context.Context, c *store.Commit) ([]int, error) {
	fresh, err := n.Ledger.Commit(ctx, c)
	if err == nil && c.TagsCursor != "" {
		n.cursor = c.TagsCursor
	}
	if err == nil && c.State != nil {
		n.state = c.StateCursor
	}
	return fresh, err
}

// linesBefore returns how many lines of text lie before a cursor of a file.
func linesBefore(t *testing.T, text []byte, cursor string) int {
	t.Helper()
	if cursor == "" {
		return 0
	}
	offset, err := strconv.Atoi(cursor[strings.LastIndex(cursor, ":")+1:])
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(text[:offset], []byte("\n"))
}

// TestRuleEditedBetweenKills: a rule is edited, and matches other lines, each
// time that a run was killed. What had been judged is not judged again, whatever
// has to be read again for the state; what comes after it is judged by the edited
// rule.
func TestRuleEditedBetweenKills(t *testing.T) {
	t.Parallel()
	const events = 40_000
	var text bytes.Buffer
	for i := range events {
		fmt.Fprintf(&text, `{"source_kind":"command","source_id":"e%05d","attacker_ip":"203.0.113.9","payload":{"command_text":"fire-R0001 v%d"}}`+"\n", i, i%5)
	}
	files := fstest.MapFS{"events.jsonl": {Data: text.Bytes()}}
	edited := func(version int) *engine.Snapshot { // fires on the lines of three in five
		rule := strings.Replace(ruleText("R0001", version), `contains: "fire-R0001", ignore_case: true`, fmt.Sprintf(`pattern: "v[%d%d%d]"`, version%5, (version+1)%5, (version+3)%5), 1)
		rs, diags := engine.Compile([]engine.Source{source("R0001.yaml", rule)}, compileConfig())
		if len(rs.Rules()) != 1 {
			t.Fatal(diags)
		}
		return engine.NewSnapshot(rs, nil, time.Now())
	}
	rng := rand.New(rand.NewPCG(14, 2))
	for range rounds.Of(t, 1, 2) {
		db := openDB(t)
		var want []string
		judged, kills, parts, again, state := 0, 0, 0, 0, ""
		for version := 1; judged < events; version++ {
			snap := edited(version)
			ledger := &noting{Ledger: db.Ledger(), state: state}
			s := &Service{
				InForce: func() *engine.Snapshot { return snap }, Now: time.Now, Once: true,
				Ledger:  &mortal{ledger, 2 + rng.IntN(3), rng.IntN(2) == 0},
				Observe: func(n Note) { t.Errorf("told %+v", n) },
				// The state is saved with every batch, or stays behind what was judged.
				stateEvery: []time.Duration{time.Nanosecond, time.Hour}[version%2],
			}
			feeds := make(chan Feed, 1)
			feeds <- Feed{Source: "log", Input: ingest.Input{Name: "events.jsonl", FS: files}}
			close(feeds)
			err := s.Run(t.Context(), feeds)
			if err != nil && !errors.Is(err, errKilled) || kills > 200 {
				t.Fatalf("after %d kills: %v", kills, err)
			}
			upTo := max(judged, linesBefore(t, text.Bytes(), ledger.cursor))
			state = ledger.state
			if err == nil {
				upTo = events
			} else {
				kills++
			}
			if upTo > judged {
				parts++
			}
			if linesBefore(t, text.Bytes(), state) < upTo && err != nil {
				again++
			}
			for ; judged < upTo; judged++ {
				if v := judged % 5; v == version%5 || v == (version+1)%5 || v == (version+3)%5 {
					want = append(want, fmt.Sprintf("e%05d version %d", judged, version))
				}
			}
		}
		if parts < 3 || again == 0 {
			t.Errorf("%d versions judged something, %d times lines were read again for the state: want more", parts, again)
		}
		if diff := cmp.Diff(want, versions(t, storedTags(t, db))); diff != "" {
			t.Errorf("%d kills: tags differ (-want +stored):\n%.3000s", kills, diff)
		}
	}
}

// versions returns of each tag its event and the version of its rule, in order.
func versions(t *testing.T, tags []string) (all []string) {
	t.Helper()
	for _, text := range tags {
		var tag struct {
			SourceID string `json:"source_id"`
			Version  int    `json:"rule_version"`
		}
		if err := json.Unmarshal([]byte(text), &tag); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s version %d", tag.SourceID, tag.Version))
	}
	slices.Sort(all)
	return all
}
