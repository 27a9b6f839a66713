package worker

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/ingest"
	"ttpctl/internal/lines"
	"ttpctl/internal/rounds"
	"ttpctl/internal/store"
	"ttpctl/internal/worker/workertest"
)

// A halting source gives the lines of a text a few at a time, and waits before
// some of them as a sensor that is slow to write does.
type halting struct {
	lines   []string
	rng     *rand.Rand
	longest time.Duration // that it waits
	waited  int
}

func (h *halting) Live() bool                              { return true }
func (h *halting) Ack(context.Context, lines.Cursor) error { return nil }
func (h *halting) Close() error                            { return nil }

func (h *halting) Next(_ context.Context, b *lines.Block) error {
	if len(h.lines) == 0 {
		return io.EOF
	}
	if h.rng.IntN(3) == 0 {
		h.waited++
		time.Sleep(time.Duration(h.rng.Int64N(int64(h.longest))))
	}
	n := min(len(h.lines), 1+h.rng.IntN(20))
	for _, l := range h.lines[:n] {
		b.Lines = append(b.Lines, lines.Line{Start: len(b.Text), End: len(b.Text) + len(l) - 1})
		b.Text = append(b.Text, l...)
	}
	h.lines = h.lines[n:]
	return nil
}

var (
	sensorField = regexp.MustCompile(`"sensor": *"[^"]*"`)
	timeField   = regexp.MustCompile(`"timestamp": *"([^"]+)"`)
)

// shifted returns the lines of a log as another sensor wrote them, whose clock
// is off.
func shifted(t *testing.T, text, sensor string, by time.Duration) (all []string) {
	for line := range strings.Lines(text) {
		stamp := timeField.FindStringSubmatch(line)[1]
		at, err := time.Parse(time.RFC3339Nano, stamp)
		if err != nil {
			t.Fatal(err)
		}
		line = strings.Replace(line, stamp, at.Add(by).Format("2006-01-02T15:04:05.000000Z"), 1)
		all = append(all, sensorField.ReplaceAllString(line, fmt.Sprintf(`"sensor": %q`, sensor)))
	}
	return all
}

// threeSensors returns a log of three sensors: one goes right, one is an hour
// behind, and one catches up with another day.
func threeSensors(t *testing.T, rng *rand.Rand) (all []string) {
	busy := workertest.BusyLog(t, "../../testdata/logs/cowrie.json", 2)
	queues := [][]string{shifted(t, busy, "right", 0), shifted(t, busy, "hour", -time.Hour), shifted(t, busy, "day", -24*time.Hour)}
	for len(queues) > 0 {
		i := rng.IntN(len(queues))
		n := min(len(queues[i]), 1+rng.IntN(30))
		all = append(all, queues[i][:n]...)
		if queues[i] = queues[i][n:]; len(queues[i]) == 0 {
			queues = slices.Delete(queues, i, i+1)
		}
	}
	return all
}

// freshTags runs a Service over one input and returns the tags that it stored.
func freshTags(t *testing.T, snap *engine.Snapshot, in ingest.Input, now func() time.Time) (all []string, late int) {
	var mu sync.Mutex
	s := &Service{
		InForce: func() *engine.Snapshot { return snap }, Now: now, Ledger: store.NewMemoryLedger(now), Once: true,
		Committed: func(c *Committed) {
			mu.Lock()
			defer mu.Unlock()
			for _, i := range c.Fresh {
				all = append(all, string(c.Tags[i].AppendJSON(nil)))
			}
		},
		Observe: func(n Note) { t.Errorf("told %+v", n) },
	}
	feeds := make(chan Feed, 1)
	feeds <- Feed{Source: "log", Input: in, Format: "cowrie"}
	close(feeds)
	if err := s.Run(t.Context(), feeds); err != nil {
		t.Error(err)
	}
	slices.Sort(all)
	return all, s.Account().Late
}

// TestClockChangesNothing: old lines of sensors that lag, written with pauses of
// up to four minutes, while the clock jumps an hour to and fro, come to what they
// come to in one go, as tag reads them. Longer pauses close what goes on.
func TestClockChangesNothing(t *testing.T) {
	snap := packSnapshot(t)
	for seed := range uint64(rounds.Of(t, 1, 2)) {
		all := threeSensors(t, rand.New(rand.NewPCG(seed, 1)))
		files := fstest.MapFS{"cowrie.json": {Data: []byte(strings.Join(all, ""))}}
		want, _ := freshTags(t, snap, ingest.Input{Name: "cowrie.json", FS: files}, time.Now)
		haltingFor := func(longest time.Duration) (got []string, late int) {
			synctest.Test(t, func(t *testing.T) {
				h := &halting{lines: all, rng: rand.New(rand.NewPCG(seed, 2)), longest: longest}
				rng, mu := rand.New(rand.NewPCG(seed, 3)), sync.Mutex{}
				jumping := func() time.Time {
					mu.Lock()
					defer mu.Unlock()
					return time.Now().Add(time.Duration(rng.IntN(3)-1) * time.Hour).Round(0)
				}
				begun := time.Now()
				opener := func(*ingest.Input, lines.SourceOptions) (lines.Source, error) { return h, nil }
				got, late = freshTags(t, snap, ingest.Input{Name: "cowrie.json", Opener: opener}, jumping)
				if h.waited < 10 || time.Since(begun) < 20*time.Minute {
					t.Errorf("waited %d times, %v in all: the clock hardly went on", h.waited, time.Since(begun))
				}
			})
			return got, late
		}
		got, late := haltingFor(4 * time.Minute)
		if diff := cmp.Diff(want, got); diff != "" || late > 0 || len(want) < 100 {
			t.Errorf("seed %d: %d tags, %d late lines; tags differ (-in one go +halting):\n%.3000s", seed, len(want), late, diff)
		}
		if _, late := haltingFor(4 * time.Hour); late == 0 {
			t.Errorf("seed %d: pauses of hours make no line late: the clock closes nothing", seed)
		}
	}
}
