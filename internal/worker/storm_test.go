package worker

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
)

// A judged is what one evaluation came to, and which updates had been observed
// before and after it: it ran on one of those, or on the one after.
type judged struct {
	before, after int64
	tags          string
}

func describe(tags []event.Tag) string {
	s := ""
	for _, t := range tags {
		s += fmt.Sprintf("%s v%d %v; ", t.RuleID, t.RuleVersion, t.Confidence)
	}
	return s
}

// TestStorm edits rules and sets states as fast as the stores take them while
// every processor evaluates. The tags of each event must be those of one
// snapshot that was in force around it, and in the end what was written last
// is in force.
func TestStorm(t *testing.T) {
	t.Parallel()
	const rules = 12
	duration := time.Duration(rounds.Of(t, 1, 4)) * 500 * time.Millisecond
	db, states := openDB(t), store.NewMemoryStates(time.Now)
	defer states.Close()
	for i := range rules {
		putRule(t, db, ruleID(i), 1)
	}
	var seen atomic.Int64
	r := &recorder{}
	f, err := Follow(t.Context(), Config{
		Rules: db.Rules(), States: states, Compile: compileConfig(), Now: time.Now,
		Observe: func(u Update) { r.observe(u); seen.Add(1) },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var events, edits, sets atomic.Int64
	results := make([][]judged, runtime.GOMAXPROCS(0))
	var working sync.WaitGroup
	for w := range results {
		working.Go(func() { results[w] = judge(ctx, f.Engine(), &seen, &events, rules) })
	}
	var last lastWritten
	working.Go(func() { last.edit(ctx, t, db, rules, &edits) })
	working.Go(func() { last.set(ctx, t, states, rules, &sets) })
	begun := time.Now()
	await(t, "a storm", func() bool {
		return time.Since(begun) > duration && edits.Load() >= 20 && sets.Load() >= 20 && seen.Load() >= 10 && events.Load() >= 100
	})
	stop()
	working.Wait()
	await(t, "what was written last", func() bool { return last.inForce(f.Engine().Snapshot()) })
	f.Close()

	updates := r.all()
	want := make([]string, len(updates))
	for i, u := range updates {
		want[i] = describe(u.Snapshot.Scan(nil, command(rules), time.Now(), engine.NewScratch()))
	}
	for _, js := range results {
		for _, j := range js {
			first, end := max(j.before-1, 0), min(j.after+1, int64(len(want)))
			if !slices.Contains(want[first:end], j.tags) {
				t.Fatalf("tags %q, in force around them were %q", j.tags, want[first:end])
			}
		}
	}
	t.Logf("%d edits, %d states, %d updates, %d events", edits.Load(), sets.Load(), len(updates), events.Load())
}

// judge evaluates one event over and over. Neighbours that are equal are kept
// once, or memory would be the limit.
func judge(ctx context.Context, e *engine.Engine, seen, events *atomic.Int64, rules int) []judged {
	ev, sc := command(rules), engine.NewScratch()
	var all []judged
	var tags []event.Tag
	for ctx.Err() == nil {
		before := seen.Load()
		tags = e.Snapshot().Evaluate(tags[:0], ev, time.Now(), sc)
		events.Add(1)
		j := judged{before, seen.Load(), describe(tags)}
		if len(all) == 0 || all[len(all)-1] != j {
			all = append(all, j)
		}
		runtime.Gosched() // let the writers write: their time slices are rare otherwise
	}
	return all
}

// lastWritten is what was written last of each rule; 0 = deleted.
type lastWritten struct {
	mu       sync.Mutex
	versions map[string]int
	states   map[string]event.State
}

// pause is the time between two writes: the evaluators want the processors
// too.
const pause = time.Millisecond

func (l *lastWritten) edit(ctx context.Context, t *testing.T, db *sqlite.DB, rules int, n *atomic.Int64) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for version := 2; ctx.Err() == nil; version++ {
		id := ruleID(rand.IntN(rules))
		written := version
		if rand.IntN(4) == 0 {
			written = 0
			if _, err := db.Rules().Write(context.WithoutCancel(ctx), nil, []string{id}); err != nil {
				t.Error(err)
			}
		} else {
			r := store.StoredRule{ID: id, Version: version, Content: []byte(ruleText(id, version)), UpdatedBy: "storm"}
			if _, err := db.Rules().Write(context.WithoutCancel(ctx), []store.StoredRule{r}, nil); err != nil {
				t.Error(err)
			}
		}
		l.mu.Lock()
		if l.versions == nil {
			l.versions = map[string]int{}
		}
		l.versions[id] = written
		l.mu.Unlock()
		n.Add(1)
		<-tick.C
	}
}

func (l *lastWritten) set(ctx context.Context, t *testing.T, states store.StateStore, rules int, n *atomic.Int64) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for ctx.Err() == nil {
		id := ruleID(rand.IntN(rules))
		st := event.State{Mode: event.Mode(rand.IntN(3)), Reason: "storm", SetBy: "storm"}
		if st.Mode == event.Clipped {
			st.Max = float64(40+rand.IntN(40)) / 100
		}
		if err := states.SetState(context.WithoutCancel(ctx), id, st); err != nil {
			t.Error(err)
		}
		l.mu.Lock()
		if l.states == nil {
			l.states = map[string]event.State{}
		}
		l.states[id] = st
		l.mu.Unlock()
		n.Add(1)
		<-tick.C
	}
}

func (l *lastWritten) inForce(s *engine.Snapshot) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, version := range l.versions {
		r := s.Ruleset().Rule(id)
		if version == 0 && r != nil || version != 0 && (r == nil || r.Version != version) {
			return false
		}
	}
	now := s.States()
	for id, st := range l.states {
		if now[id].Mode != st.Mode || now[id].Max != st.Max {
			return false
		}
	}
	return true
}
