package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report"
)

const rule = `rule_id: R0900
rule_version: 1
name: fetcher
description: a program that fetches
applies_to: [command]
match: {pattern: 'wget\s'}
emits: [{tactic: TA0011, technique_id: T1105, confidence: 0.8}]
examples:
  match: ["wget http://192.0.2.1/x"]
  no_match: ["ls wget", "id"]
`

func snapshot(t *testing.T) *engine.Snapshot {
	t.Helper()
	rs, diags := engine.Compile([]engine.Source{{Name: "R0900.yaml", Data: []byte(rule)}}, engine.Config{Catalogue: attack.Load()})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return engine.NewSnapshot(rs, nil, time.Now())
}

var corpora = fstest.MapFS{
	"seed_commands.jsonl": {Data: []byte(`{"source_kind":"command","payload":{"command_text":"uname -a"}}
{"source_kind":"command","payload":{"command_text":"wget x"}}
{"source_kind":"email","payload":{"subject":"wget x"}}
garbage
`)},
	"notes.txt": {Data: []byte("no corpus")},
}

// Lines come from examples and corpora, and the rules say which of them match.
func TestDraw(t *testing.T) {
	got, err := Draw(snapshot(t), corpora)
	if err != nil || strings.Join(got.Matching, "|") != "wget http://192.0.2.1/x|wget x" || strings.Join(got.Harmless, "|") != "id|ls wget|uname -a" {
		t.Errorf("Draw = %q, %q, %v", got.Matching, got.Harmless, err)
	}
}

// A seed makes the same events, another makes others; the part that matches is the one
// asked for; distinct texts are distinct.
func TestWrite(t *testing.T) {
	texts := Texts{Matching: []string{"wget x"}, Harmless: []string{"id", "w \"\x01\xff"}}
	write := func(g Generated) []byte {
		var b bytes.Buffer
		if err := g.Write(&b, texts, nil); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	g := Generated{Count: 2000, Matching: 0.25, Seed: 1}
	one := write(g)
	if !bytes.Equal(one, write(g)) {
		t.Error("the same seed made other events")
	}
	g.Seed = 2
	if bytes.Equal(one, write(g)) {
		t.Error("another seed made the same events")
	}
	g.Distinct = true
	seen, matching := map[string]bool{}, 0
	for line := range bytes.Lines(write(g)) {
		var ev struct {
			Payload struct {
				Text string `json:"command_text"`
			} `json:"payload"`
		}
		if err := json.Unmarshal(line, &ev); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		seen[ev.Payload.Text] = true
		if strings.HasPrefix(ev.Payload.Text, "wget") {
			matching++
		}
	}
	if len(seen) != g.Count || matching < 400 || matching > 600 {
		t.Errorf("%d texts of %d events, %d match, want all distinct and about 500", len(seen), g.Count, matching)
	}
	stopped := make(chan struct{})
	close(stopped)
	var b bytes.Buffer
	if err := g.Write(&b, texts, stopped); err != nil || b.Len() > 0 {
		t.Errorf("%d bytes, %v, after the end, want none", b.Len(), err)
	}
}

func job(t *testing.T, events int) *Job {
	t.Helper()
	var b bytes.Buffer
	if err := (Generated{Count: events, Matching: 0.5}).Write(&b, Texts{[]string{"wget x"}, []string{"id"}}, nil); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return &Job{Snapshot: snapshot(t), Now: time.Now(), Inputs: []ingest.Input{{Name: name}}, Config: ingest.Config{Format: "ttp", Workers: 1}, Runs: 2}
}

// Every stage is measured on the same events; tags are made from the third on.
func TestMeasure(t *testing.T) {
	const events = 1000
	r, account, err := job(t, events).Measure(t.Context())
	if err != nil || account.Events != events {
		t.Fatalf("%d events, %v, want %d", account.Events, err, events)
	}
	for s := range numStages {
		for _, n := range r.Stages[s] {
			if n.Events != int64(r.Repeats*events) || (n.Tags > 0) != (s >= Tagging) || n.Wall <= 0 {
				t.Errorf("%v: %+v, want %d events, and tags only from tagging on", s, n, r.Repeats*events)
			}
		}
		if len(r.Stages[s]) != 2 {
			t.Errorf("%v ran %d times, want 2", s, len(r.Stages[s]))
		}
	}
	if c := r.Costs.Counts; c.Events != events || c.Recalled < events-10 || r.Start.First <= 0 || r.Memory.Heap <= 0 {
		t.Errorf("%d events profiled, %d recalled, first tag after %v, %+v", c.Events, c.Recalled, r.Start.First, r.Memory)
	}
	for format, wants := range map[string][]string{
		"table": {"decoding", "R0900", "An evaluation", "The process"}, "markdown": {"| STAGE |", "| R0900 |"}, "csv": {"rule_id,", "R0900,"},
		"json": {`"schema": "ttpctl.bench/v1"`, `"stage":`, `"memo_hit_rate": 0.99`, `"rule_id":`},
	} {
		var b strings.Builder
		if err := r.Shown(report.Meta{}, Options{Limit: 20}).Write(format, &b, report.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s lacks %q:\n%s", format, want, b.String())
			}
		}
	}
}

// What was measured before the end is there, in every format, also when that is hardly
// anything.
func TestMeasureInterrupted(t *testing.T) {
	for _, reads := range []int{0, 1, 4, 6} {
		j := job(t, 5000)
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		j.Config.OnRead = func(int) {
			if n++; n > reads {
				cancel()
			}
		}
		r, _, err := j.Measure(ctx)
		cancel()
		if err != nil {
			t.Errorf("after %d reads: %v", reads, err)
		}
		for _, format := range []string{"table", "markdown", "csv", "json"} {
			for _, list := range []string{Summary, Stages, Rules} {
				var b strings.Builder
				if err := r.Shown(report.Meta{}, Options{List: list}).Write(format, &b, report.TextOptions{}); err != nil || b.Len() == 0 {
					t.Errorf("after %d reads, %s of %s: %d bytes, %v", reads, format, list, b.Len(), err)
				}
			}
		}
		if len(r.Stages[Writing]) == 2 {
			t.Errorf("all was measured after %d reads, want an end before", reads)
		}
	}
}

// What cannot be read again is kept in a file that goes away: stdin whole, or events.
func TestKeep(t *testing.T) {
	texts := func() (Texts, error) { return Texts{Matching: []string{"wget x"}}, nil }
	g := &Generated{Count: 3, Matching: 1}
	for _, tt := range []struct {
		paths []string
		lines int
	}{{[]string{"-"}, 2}, {nil, 3}} {
		paths, drop, err := g.Keep(t.Context(), tt.paths, strings.NewReader("a\nb\n"), texts)
		if err != nil || len(paths) != 1 {
			t.Fatalf("Keep(%v) = %v, %v", tt.paths, paths, err)
		}
		if text, err := os.ReadFile(paths[0]); err != nil || bytes.Count(text, []byte("\n")) != tt.lines {
			t.Errorf("Keep(%v) keeps %q, %v, want %d lines", tt.paths, text, err, tt.lines)
		}
		if err := drop(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(paths[0]); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", paths[0], err)
		}
	}
	if paths, _, err := g.Keep(t.Context(), []string{"log"}, nil, nil); err != nil || paths[0] != "log" {
		t.Errorf("Keep of a log = %v, %v, want the log", paths, err)
	}
	g.Matching = 0.5
	_, drop, err := g.Keep(t.Context(), nil, nil, texts)
	if err == nil || drop() != nil {
		t.Errorf("events without a harmless line: %v, want an error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in, w := io.Pipe()
	defer w.Close()
	_, drop, err = g.Keep(ctx, []string{"-"}, in, texts)
	if !errors.Is(err, context.Canceled) || drop() != nil {
		t.Errorf("a stdin that nobody writes, interrupted: %v, want the interrupt", err)
	}
}

func TestMedian(t *testing.T) {
	if m := measuredOf([]float64{5, 1, 3, 2, 4}); m.median != 3 || m.half != 1 || m.spread() != 33.3 {
		t.Errorf("%+v, ±%v %%, want 3 ± 1, 33.3 %%", m, m.spread())
	}
	if m := measuredOf([]float64{7}); m.median != 7 || m.half != 0 {
		t.Errorf("%+v, want 7 ± 0", m)
	}
	if m := measuredOf(nil); m.spread() != 0 {
		t.Errorf("%+v of nothing", m)
	}
}

func TestStatusBytes(t *testing.T) {
	if got := statusBytes("Name:\tx\nVmHWM:\t   10 kB\nVmRSS:\t\t4 kB\n", "VmRSS:"); got != 4096 {
		t.Errorf("got %d, want 4096", got)
	}
	for _, text := range []string{"", "VmRSS:", "VmRSS: x kB"} {
		if got := statusBytes(text, "VmRSS:"); got != 0 {
			t.Errorf("got %d of %q, want 0", got, text)
		}
	}
}
