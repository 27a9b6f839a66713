package ingest

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// runKeeping runs text with state from before, keeps open what is open, and
// returns the state.
func runKeeping(t *testing.T, cfg Config, state []byte, text string) ([]string, []byte) {
	t.Helper()
	cfg.State, cfg.KeepOpen, cfg.Workers = state, true, 1
	cfg.WantState = func(*Batch) bool { return true }
	rec := &recorder{}
	left := state
	a, err := Run(t.Context(), []Input{{Name: "in", Reader: strings.NewReader(text)}}, cfg, rec.evaluator, func(b *Batch) error {
		left = bytes.Clone(b.State)
		return nil
	})
	if err != nil || a.Events != len(rec.events) {
		t.Fatalf("Run() = %+v, %v", a, err)
	}
	return rec.events, left
}

// manySessions returns a Cowrie log of sessions of all sorts, interleaved.
func manySessions(n int) []string {
	rng := rand.New(rand.NewPCG(8, 8))
	at := time.Date(2026, 3, 18, 13, 0, 0, 0, time.UTC)
	var lines []string
	for i := range n {
		at = at.Add(time.Duration(rng.IntN(30)) * time.Second)
		if rng.IntN(100) == 0 {
			at = at.Add(25 * time.Hour)
		}
		day := cowrieDay()
		l := day[rng.IntN(len(day))]
		l = strings.ReplaceAll(l, `"session":"s"`, fmt.Sprintf(`"session":"s%d"`, i/20+rng.IntN(3)))
		l = strings.ReplaceAll(l, "203.0.113.9", fmt.Sprint("198.51.100.", rng.IntN(3)))
		l = strings.ReplaceAll(l, `"root"`, fmt.Sprintf(`"root%d"`, rng.IntN(4)))
		begin := strings.Index(l, "2026-03-18T13:28:")
		lines = append(lines, l[:begin]+at.Format("2006-01-02T15:04:05Z")+l[begin+len("2026-03-18T13:28:00Z"):])
	}
	return lines
}

// TestCowrieCutAndResume cuts logs at every line: the two halves, the second
// with the state of the first, must give what the whole gives.
func TestCowrieCutAndResume(t *testing.T) {
	for _, lines := range [][]string{cowrieDay(), manySessions(300)} {
		cfg := Config{Format: "cowrie"}
		whole := strings.Join(lines, "\n")
		want, _ := runText(t, cfg, whole)
		for cut := range lines {
			got, state := runKeeping(t, cfg, nil, strings.Join(lines[:cut], "\n"))
			rest := cfg
			rest.State = state
			more, _ := runText(t, rest, strings.Join(lines[cut:], "\n"))
			if diff := cmp.Diff(want, append(got, more...)); diff != "" {
				t.Fatalf("cut before line %d: events differ (-whole +cut):\n%s", cut+1, diff)
			}
		}
	}
}

// Each batch can carry the state behind it.
func TestStateOfEachBatch(t *testing.T) {
	var visits []string
	for i := range 3000 {
		visits = append(visits, accessLine(i*(1+i%7), fmt.Sprintf("GET /%d HTTP/1.1", i), "200 7"))
	}
	for format, lines := range map[string][]string{"cowrie": manySessions(5000), "access": visits} {
		checkStates(t, format, []byte("\ufeff"+strings.Join(lines, "\r\n")+"\n"))
	}
}

func checkStates(t *testing.T, format string, text []byte) {
	type stop struct {
		end    int64
		state  []byte
		events int
	}
	var stops []stop
	rec := &recorder{}
	cfg := Config{Format: format, Workers: 1, WantState: func(b *Batch) bool { return b.End%2 == 0 }}
	_, err := Run(t.Context(), []Input{{Name: "in", Reader: bytes.NewReader(text)}}, cfg, rec.evaluator, func(b *Batch) error {
		if (b.State != nil) != (b.End%2 == 0 && b.End > 0) {
			t.Errorf("the batch up to %d has a state of %d bytes", b.End, len(b.State))
		}
		if b.State != nil {
			stops = append(stops, stop{b.End, bytes.Clone(b.State), b.account.Events})
		}
		return nil
	})
	if err != nil || len(stops) == 0 {
		t.Fatalf("Run() = %v, %d batches with state", err, len(stops))
	}
	for _, s := range stops[:min(len(stops), 6)] {
		if s.end != int64(len(text)) && text[s.end-1] != '\n' {
			t.Errorf("a batch ends at %d, in the middle of a line", s.end)
		}
		rest := &recorder{}
		_, err := Run(t.Context(), []Input{{Name: "in", Reader: bytes.NewReader(text), Skip: s.end}}, Config{Format: format, Workers: 1, State: s.state}, rest.evaluator, func(*Batch) error { return nil })
		if err != nil {
			t.Fatalf("Run() = %v", err)
		}
		tail := rec.events[len(rec.events)-len(rest.events):]
		if diff := cmp.Diff(tail, rest.events); diff != "" {
			t.Errorf("a run from %d gives other events (-whole +rest):\n%.2000s", s.end, diff)
		}
	}
}

func TestBadState(t *testing.T) {
	_, state := runKeeping(t, Config{Format: "cowrie"}, nil, strings.Join(cowrieDay()[:10], "\n"))
	for name, b := range map[string][]byte{"empty": {}, "cut": state[:len(state)-1], "more": append(bytes.Clone(state), 1), "no state": []byte("hello")} {
		if _, err := Run(t.Context(), nil, Config{State: b}, newTagEach, func(*Batch) error { return nil }); err == nil {
			t.Errorf("%s: Run() = nil, want an error", name)
		}
	}
}

// Input without an end: what is silent is closed by the reader's clock.
func TestIdle(t *testing.T) {
	pr, pw := io.Pipe()
	idle := make(chan time.Time)
	events := make(chan string, 100)
	done := make(chan error)
	go func() {
		_, err := Run(t.Context(), []Input{{Name: "live", Reader: pr}}, Config{Format: "cowrie", Workers: 1, Idle: idle}, newTagEach, func(b *Batch) error {
			for _, tag := range b.Tags {
				events <- tag.SourceID
			}
			return nil
		})
		done <- err
	}()
	io.WriteString(pw, cowrieLine("login.failed", "s", 1, `,"username":"a","password":"b"`)+"\n")
	if id := <-events; id != "s#auth@2026-03-18T13:28:01Z.0" {
		t.Errorf("first event %s, want the login", id)
	}
	at := time.Date(2026, 3, 18, 13, 28, 1, 0, time.UTC)
	idle <- at.Add(300 * time.Second)
	idle <- at.Add(301 * time.Second)
	if id := <-events; id != "auth:d:s@2026-03-18T13:28:01Z:" {
		t.Errorf("second event %s, want the episode", id)
	}
	pw.Close()
	if err := <-done; err != nil {
		t.Errorf("Run() = %v", err)
	}
	close(events)
	var rest []string
	for id := range events {
		rest = append(rest, id)
	}
	if diff := cmp.Diff([]string{"s", "authday:d:2026-03-18::" + goldenAttacker}, rest); diff != "" {
		t.Errorf("the end gives other events (-want +got):\n%s", diff)
	}
}
