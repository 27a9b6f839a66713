package worker

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/lifters"
	"ttpctl/internal/rounds"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
)

func TestMain(m *testing.M) {
	rounds.Roomy()
	rounds.InMemory()
	goleak.VerifyTestMain(m)
}

// ruleText returns a rule that fires on commands containing its id in lower
// case.
func ruleText(id string, version int) string {
	return fmt.Sprintf(`rule_id: %[1]s
rule_version: %[2]d
name: rule_%[3]s
description: a rule of the worker's tests
applies_to: [command]
match: {contains: "fire-%[1]s", ignore_case: true}
emits:
  - {tactic: TA0007, technique_id: T1082, confidence: 0.9}
`, id, version, strings.ToLower(id))
}

func ruleID(i int) string { return fmt.Sprintf("R%04d", i) }

func source(name, text string) engine.Source { return engine.Source{Name: name, Data: []byte(text)} }

// compileConfig is kept for the life of a Follower: the same builders make the
// same origin, without which nothing is reused.
func compileConfig() engine.Config {
	return engine.Config{Catalogue: attack.Load(), Builders: lifters.Builders()}
}

// command returns an event that fires the rules of ids 0 to n-1.
func command(n int) *event.Event {
	text := ""
	for i := range n {
		text += "fire-" + ruleID(i) + " "
	}
	ev := &event.Event{SourceID: "e1", AttackerUUID: "a1"}
	ev.SetKind("command")
	id, _ := event.LookupField(event.KindCommand, "command_text")
	ev.Set(id, event.StringValue(text))
	return ev
}

func openDB(t testing.TB) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "ttpctl.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func putRule(t testing.TB, db *sqlite.DB, id string, version int) {
	t.Helper()
	r := store.StoredRule{ID: id, Version: version, Content: []byte(ruleText(id, version)), UpdatedBy: "test"}
	if _, err := db.Rules().Write(t.Context(), []store.StoredRule{r}, nil); err != nil {
		t.Fatal(err)
	}
}

// A recorder keeps what a Follower tells.
type recorder struct {
	mu      sync.Mutex
	updates []Update
}

func (r *recorder) observe(u Update) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.updates = append(r.updates, u)
}

func (r *recorder) all() []Update {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.updates[:len(r.updates):len(r.updates)]
}

// await polls until ok holds.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited a minute in vain: %s", what)
		}
	}
}
