package vitals

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/api"
	"ttpctl/internal/attack"
	"ttpctl/internal/bus"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/lifters"
	"ttpctl/internal/metrics"
	"ttpctl/internal/publish"
	"ttpctl/internal/store"
	"ttpctl/internal/worker"
)

const ruleText = `rule_id: R0001
rule_version: 1
name: fires
description: a rule of the tests
applies_to: [command]
match: {contains: wget}
emits:
  - {tactic: TA0011, technique_id: T1105, confidence: 0.9}
`

// A world is what Vitals ask in the tests.
type world struct {
	rules  []engine.Source
	broken int
	err    error // of the database
}

func (w *world) snapshot() *engine.Snapshot {
	rs, _ := engine.Compile(w.rules, engine.Config{Catalogue: attack.Load(), Builders: lifters.Builders()})
	return engine.NewSnapshot(rs, event.States{"R0001": {Mode: event.Disabled}}, time.Now())
}

func (w *world) Writable(context.Context) error       { return w.err }
func (w *world) Count(context.Context) (int64, error) { return 4, w.err }
func (w *world) Depth() (bytes, lines int64)          { return 200, 2 }
func (w *world) Waiting(context.Context) ([]store.Backlog, error) {
	return []store.Backlog{{Output: "webhook", Source: "a", Messages: 3}}, w.err
}

func newVitals(w *world) (*Vitals, *metrics.Metrics) {
	m := metrics.New(metrics.Build{})
	w.rules = []engine.Source{{Name: "R0001.yaml", Data: []byte(ruleText)}}
	return New(Config{
		Metrics: m, Now: time.Now, InForce: w.snapshot, Broken: func() int { return w.broken },
		Database: w, Letters: w, Outbox: w, Spool: w, Bus: &bus.Bus{},
	}), m
}

// Each thing that can be wrong is told, without the paths of errors, and is over
// when it is over.
func TestChecks(t *testing.T) {
	w := &world{}
	v, _ := newVitals(w)
	check := func(name, reason string) {
		t.Helper()
		want := []api.Check{{Name: "rules", OK: true}, {Name: "database", OK: true}, {Name: "sources", OK: true}}
		for i := range want {
			if want[i].Name == name {
				want[i].OK, want[i].Reason = false, reason
			}
		}
		if diff := cmp.Diff(want, v.Checks(t.Context())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
	}
	check("", "")
	w.broken = 2
	check("rules", "rule files that do not compile: 2")
	rules := w.rules
	w.broken, w.rules = 0, nil
	check("rules", "no rule is in force")
	w.rules = rules
	for class, reason := range map[store.Class]string{
		store.Locked: "it is locked", store.Full: "there is no room left", store.Gone: "its file is gone", store.Unusable: "it cannot be written",
	} {
		w.err = &store.Error{Path: "/secret", Class: class}
		check("database", reason)
		v.Note(worker.Note{Kind: worker.StoreWaits, Err: w.err})
		w.err = nil
		check("database", reason)
		v.Note(worker.Note{Kind: worker.StoreResumed})
		check("", "")
	}
	v.Note(worker.Note{Kind: worker.SourceFailed, Source: "b.log", Err: errors.New("/secret")})
	v.Note(worker.Note{Kind: worker.SourceFailed, Source: "a.log", Err: errors.New("/secret")})
	check("sources", "cannot be read: a.log, b.log")
	v.Delivered("a.log", &ingest.Batch{})
	check("sources", "cannot be read: b.log")
}

func TestCounts(t *testing.T) {
	w := &world{broken: 1}
	v, m := newVitals(w)
	v.Note(worker.Note{Kind: worker.StoreWaits, Err: errors.New("locked")})
	v.Note(worker.Note{Kind: worker.RuleBroke, Panic: engine.Panic{RuleID: "R0001"}})
	v.Published(publish.Note{Kind: publish.Stuck, Output: "webhook"})
	v.Published(publish.Note{Kind: publish.Lost, Output: "webhook", Messages: 5})
	told := v.cfg.Bus.Subscribe("ttp.rule.*.*")
	v.Updated(worker.Update{Changes: []worker.Change{{Op: worker.Loaded, RuleID: "R0001"}}})
	v.Updated(worker.Update{Changes: []worker.Change{{Op: worker.StateSet, RuleID: "R0001", State: store.StateChange{State: event.State{Mode: event.Clipped, Max: 0.4, Reason: "r"}}}}})
	for _, want := range []string{
		`ttp.rule.reloaded.R0001 {"rule_id":"R0001"}`,
		`ttp.rule.state.R0001 {"rule_id":"R0001","state":"clipped","confidence_max":0.4,"expires_at":null,"reason":"r","set_by":""}`,
	} {
		if e, err := told.Next(t.Context()); err != nil || e.Subject+" "+string(e.Data) != want {
			t.Errorf("the bus is told %s %s, %v, want %s", e.Subject, e.Data, err, want)
		}
	}
	v.Updated(worker.Update{Changes: []worker.Change{{Op: worker.Refused}}})
	v.Committed(&worker.Committed{Tags: []event.Tag{{RuleID: "R0001", Technique: "T1105"}}, Fresh: []int{0}, ReadAt: time.Now()})
	v.Committed(&worker.Committed{})
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		"ttpctl_store_waiting 1", `ttpctl_rule_panics_total{rule_id="R0001"} 1`, `ttpctl_publish_failures_total{output="webhook"} 1`,
		`ttpctl_outbox_lost_total{output="webhook"} 5`, `ttpctl_reloads_total{result="taken"} 1`, `ttpctl_reloads_total{result="refused"} 1`,
		`ttpctl_tags_total{rule_id="R0001",technique_id="T1105"} 1`, "ttpctl_commit_latency_seconds_count 1", `ttpctl_outbox_messages{output="webhook"} 3`,
		"ttpctl_dead_letters 4", "ttpctl_spool_bytes 200", `ttpctl_rules{state="disabled"} 1`, "ttpctl_rule_files_refused 1",
	} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
}
