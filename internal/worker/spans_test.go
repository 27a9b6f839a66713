package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
	"ttpctl/internal/trace"
)

// collected runs do with a tracer and returns its spans: each one's name behind
// those that it is a part of, and its attributes.
func collected(t *testing.T, do func(*trace.Tracer)) (all []string) {
	t.Helper()
	type span struct {
		SpanID, ParentSpanID, Name string
		Attributes                 []struct {
			Key   string
			Value struct{ StringValue string }
		}
	}
	var mu sync.Mutex
	spans := map[string]span{}
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var o struct {
			ResourceSpans []struct{ ScopeSpans []struct{ Spans []span } }
		}
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &o)
		}
		if err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, s := range o.ResourceSpans[0].ScopeSpans[0].Spans {
			spans[s.SpanID] = s
		}
	}))
	defer srv.Close()
	tracer := trace.New(trace.Config{Endpoint: srv.URL})
	do(tracer)
	tracer.Close(t.Context())
	for _, s := range spans {
		line := s.Name
		for p := s; p.ParentSpanID != ""; {
			p = spans[p.ParentSpanID]
			line = p.Name + " > " + line
		}
		for _, a := range s.Attributes {
			line += fmt.Sprintf(" %s=%s", a.Key, a.Value.StringValue)
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return all
}

// What is traced of an evaluation are ids of rules and techniques, whatever the
// event says.
func TestTracedEvaluation(t *testing.T) {
	db := openDB(t)
	putRule(t, db, "R0000", 1)
	putRule(t, db, "R0001", 1)
	f, _ := follow(t, db)
	const canary = "canary-7f3a"
	got := collected(t, func(tracer *trace.Tracer) {
		tagger := &Tagger{InForce: f.Engine().Snapshot, Now: time.Now, Tracer: tracer}
		ev := command(2)
		ev.SourceID, ev.AttackerUUID, ev.SessionID = canary, canary, event.Some(canary)
		text, _ := event.LookupField(event.KindCommand, "command_text")
		ev.Set(text, event.StringValue(canary+" fire-R0000 fire-R0001"))
		if tags := tagger.newEvaluator().Evaluate(nil, ev); len(tags) != 2 {
			t.Errorf("%d tags", len(tags))
		}
	})
	want := []string{
		"ttp.eval > ttp.lifter.engine", "ttp.eval > ttp.lifter.engine",
		"ttp.eval > ttp.lifter.engine > ttp.rule.fire rule_id=R0000 technique_id=T1082",
		"ttp.eval > ttp.lifter.engine > ttp.rule.fire rule_id=R0001 technique_id=T1082",
		"ttp.eval source_kind=command",
	}
	if diff := cmp.Diff(want, got); diff != "" || strings.Contains(fmt.Sprint(got), canary) {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}

func TestTracedChanges(t *testing.T) {
	db := openDB(t)
	got := collected(t, func(tracer *trace.Tracer) {
		f, err := Follow(t.Context(), Config{Rules: db.Rules(), States: db.States(), Compile: compileConfig(), Now: time.Now, Tracer: tracer})
		if err != nil {
			t.Fatal(err)
		}
		putRule(t, db, "R0000", 1)
		await(t, "R0000", func() bool { return f.Engine().Snapshot().Ruleset().Rule("R0000") != nil })
		setState(t, db.States(), "R0000", event.State{Mode: event.Disabled, Reason: "canary", SetBy: "canary"})
		await(t, "R0000 disabled", func() bool { return f.Engine().Snapshot().States()["R0000"].Mode == event.Disabled })
		f.Close()
	})
	want := []string{
		"ttp.rule.ingest", "ttp.rule.ingest > ttp.rule.publish", "ttp.rule.ingest > ttp.rule.validate",
		"ttp.rule.state.change > ttp.rule.publish", "ttp.rule.state.change rule_id=R0000",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}

// BenchmarkTracing evaluates an event that no rule fires on: with tracing off it
// costs no allocation.
func BenchmarkTracing(b *testing.B) {
	db := openDB(b)
	putRule(b, db, "R0000", 1)
	f, _ := follow(b, db)
	for name, tracer := range map[string]*trace.Tracer{"off": nil, "on": trace.New(trace.Config{Endpoint: "http://127.0.0.1:1"})} {
		b.Run(name, func(b *testing.B) {
			e := (&Tagger{InForce: f.Engine().Snapshot, Now: time.Now, Tracer: tracer}).newEvaluator()
			ev := command(0)
			b.ReportAllocs()
			for b.Loop() {
				e.Evaluate(nil, ev)
			}
		})
		tracer.Close(context.Background())
	}
}
