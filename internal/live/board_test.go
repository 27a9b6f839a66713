package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ttpctl/internal/attack"
	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/lifters"
	"ttpctl/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A table is stored tags that take their time to be read.
type table struct {
	cost time.Duration // a tag

	mu    sync.Mutex
	n     int         // tags
	late  int         // number of the one that is not stored yet; 0 = all are
	fail  error       // of every reading, which takes nine seconds then
	reads []time.Time // of more than new tags
	most  []int       // tags of these
}

func (s *table) add(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n += n
}

// Each yields the tags, the newest first.
func (s *table) Each(ctx context.Context, _ store.Filter, limit int, yield func(*store.StoredTag) error) error {
	s.mu.Lock()
	n, late, fail := s.n, s.late, s.fail
	if limit != mostNews {
		s.reads, s.most = append(s.reads, time.Now()), append(s.most, limit)
	}
	s.mu.Unlock()
	for seq := n; seq > max(0, n-limit) && fail == nil; seq-- {
		if seq == late {
			continue
		}
		if limit != mostNews {
			time.Sleep(s.cost)
		}
		err := yield(&store.StoredTag{Seq: int64(seq), Tag: event.Tag{
			SourceKind: "command", SourceID: fmt.Sprint(seq), AttackerIP: "203.0.113.9", AttackerUUID: "u", Tactic: "TA0011", Technique: "T1105",
			Confidence: 0.9, RuleID: "R0001", Evidence: []byte(`{"matched":"wget"}`), ObservedAt: "2026-11-22T10:00:00Z",
		}})
		if err != nil {
			return err
		}
	}
	if fail != nil {
		time.Sleep(9 * time.Second)
	}
	return fail
}

func boardOf(t *testing.T, s *table, change func(*Config)) *Board {
	t.Helper()
	rs, diags := engine.Compile([]engine.Source{{Name: "R0001.yaml", Data: []byte(`rule_id: R0001
rule_version: 3
name: fires_on_wget
description: a rule of the tests
applies_to: [command]
match: {contains: wget}
emits:
  - {tactic: TA0011, technique_id: T1105, confidence: 0.9}
`)}}, engine.Config{Catalogue: attack.Load(), Builders: lifters.Builders()})
	if len(rs.Rules()) != 1 {
		t.Fatal(diags)
	}
	cfg := Config{Tags: s, InForce: func() *engine.Snapshot { return engine.NewSnapshot(rs, nil, time.Now()) }, Catalogue: attack.Load(), Now: time.Now}
	if change != nil {
		change(&cfg)
	}
	return New(cfg)
}

// run runs b until stop is called.
func run(b *Board) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { b.Run(ctx); close(done) }()
	return func() { cancel(); <-done }
}

func page(t *testing.T, b *Board, admin bool) string {
	t.Helper()
	p, err := b.Page(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	return string(p.Body)
}

// What is stored comes to viewers; who takes his time is told the last of it at
// once.
func TestNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &table{n: 3}
		b := boardOf(t, s, nil)
		defer run(b)()
		if text := page(t, b, false); !strings.Contains(text, `id="n-tags">3<`) || strings.Contains(text, ">Switch<") {
			t.Error("the first page does not count three tags, or shows a reader what he may not do")
		}
		if text := page(t, b, true); !strings.Contains(text, ">Switch<") {
			t.Error("an admin finds nothing to switch a rule with")
		}
		v := b.Watch()
		defer v.Close()
		first, err := v.Next(t.Context())
		if err != nil || first.Rev == "" || len(first.Hits) != 0 {
			t.Errorf("the first news are %+v, %v, want the page", first, err)
		}
		s.add(2)
		n, err := v.Next(t.Context())
		if err != nil || len(n.Hits) != 2 || n.Tags != 5 || n.Hits[0].Technique != "T1105" {
			t.Errorf("of two tags come %+v, %v", n, err)
		}
		if n.Rev == "" {
			n, err = v.Next(t.Context())
		}
		if err != nil || n.Rev == "" || n.Rev == first.Rev || !strings.Contains(page(t, b, false), `id="n-tags">5<`) {
			t.Errorf("behind them comes %+v, %v, want a page of five", n, err)
		}
		for range 5 {
			s.add(mostHits)
			time.Sleep(2 * time.Second)
		}
		time.Sleep(time.Minute)
		if n, err = v.Next(t.Context()); err != nil || len(n.Hits) != mostHits || n.Tags != 5+5*mostHits || n.Rev == "" {
			t.Errorf("to who was away come %d hits of %d tags and %q, %v", len(n.Hits), n.Tags, n.Rev, err)
		}
		s.add(2 * mostNews)
		if n, err = v.Next(t.Context()); err != nil || len(n.Hits) != mostHits || n.Tags != 0 {
			t.Errorf("of a flood come %d hits and %d tags, %v, want no count", len(n.Hits), n.Tags, err)
		}
		time.Sleep(time.Minute)
		if n, err = v.Next(t.Context()); err != nil || n.Rev == "" {
			t.Errorf("behind a flood comes %+v, %v, want its page", n, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if n, err := v.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("of nothing comes %+v, %v", n, err)
		}
	})
}

// A report is put together so seldom that it costs a twentieth of the time, whatever
// comes meanwhile, and of no more tags than can be read in time.
func TestRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &table{n: 1_000_000, cost: 600 * time.Microsecond}
		b := boardOf(t, s, nil)
		defer run(b)()
		if text := page(t, b, false); !strings.Contains(text, "the 12,500 that were stored last are shown") {
			t.Error("the page does not say what it leaves out")
		}
		v := b.Watch()
		defer v.Close()
		for range 600 {
			s.add(1)
			time.Sleep(time.Second)
		}
		var busy time.Duration
		for _, n := range s.most[3:] {
			busy += time.Duration(n) * s.cost
		}
		if len(s.reads) < 4 || s.most[0] != 50_000 || s.most[1] != 25_000 || s.most[2] != 12_500 || busy > 600*time.Second/15 {
			t.Errorf("in ten minutes reports of %v tags took %v", s.most, busy)
		}
	})
}

// kept are sessions of one line each.
type kept int

func (k kept) Each(_ context.Context, _ string, yield func(*store.KeptLines) error) error {
	for i := range int(k) {
		if err := yield(&store.KeptLines{Session: fmt.Sprint("s", i), Lines: []byte("{}\n")}); err != nil {
			return err
		}
	}
	return nil
}

// Sessions that were kept are read as long as they are few enough.
func TestKept(t *testing.T) {
	for n, want := range map[kept]bool{10: false, mostKept: false, mostKept + 1: true} {
		b := boardOf(t, &table{n: 3}, func(c *Config) { c.Sessions = n })
		r, err := b.read(t.Context(), b.cfg.InForce())
		if err != nil || b.manyKept != want || r.tags != 3 {
			t.Errorf("of %d kept sessions: too many is %v, %v", n, b.manyKept, err)
		}
	}
}

// typed is one session of so many bytes.
type typed int

func (n typed) Each(_ context.Context, _ string, yield func(*store.KeptLines) error) error {
	line := []byte(`{"text":"` + strings.Repeat("x", 4000) + "\"}\n")
	for range int(n) / len(line) / 64 {
		if err := yield(&store.KeptLines{Session: "s", Lines: bytes.Repeat(line, 64)}); err != nil {
			return err
		}
	}
	return nil
}

// A few sessions may be large, too.
func TestKeptLarge(t *testing.T) {
	for n, want := range map[typed]bool{mostTyped: false, 2 * mostTyped: true} {
		b := boardOf(t, &table{n: 3}, func(c *Config) { c.Sessions = n })
		if r, err := b.read(t.Context(), b.cfg.InForce()); err != nil || b.manyKept != want || r.tags != 3 {
			t.Errorf("of %d bytes of kept sessions: too many is %v, %v", n, b.manyKept, err)
		}
	}
}

// A transaction may end behind one that has higher numbers: its tags show all the same.
func TestStragglers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &table{n: 3}
		b := boardOf(t, s, nil)
		defer run(b)()
		page(t, b, false)
		v := b.Watch()
		defer v.Close()
		set := func(n, late int) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.n, s.late = n, late
		}
		set(5, 4)
		time.Sleep(straggle / 2)
		if text := page(t, b, false); !strings.Contains(text, `id="n-tags">4<`) {
			t.Error("a tag that is stored does not show")
		}
		set(5, 0)
		time.Sleep(2 * straggle)
		if text := page(t, b, false); !strings.Contains(text, `id="n-tags">5<`) {
			t.Error("a tag that was stored behind one with a higher number does not show")
		}
		reads := len(s.reads)
		time.Sleep(anew / 2)
		if len(s.reads) != reads {
			t.Errorf("of nothing new come %d reports", len(s.reads)-reads)
		}
	})
}

// Where all tags went, those that come are new, though their numbers are not.
func TestPruned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &table{n: 9}
		b := boardOf(t, s, nil)
		defer run(b)()
		page(t, b, false)
		v := b.Watch()
		defer v.Close()
		s.add(-9)
		time.Sleep(anew + time.Minute)
		s.add(2)
		time.Sleep(10 * time.Second)
		if text := page(t, b, false); !strings.Contains(text, `id="n-tags">2<`) {
			t.Error("two tags that came after all were pruned do not show")
		}
	})
}

// Nobody looks: nothing is read, and nothing is kept.
func TestNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &table{n: 3}
		b := boardOf(t, s, nil)
		defer run(b)()
		time.Sleep(time.Hour)
		if len(s.reads) != 0 {
			t.Errorf("%d reports for nobody", len(s.reads))
		}
		page(t, b, false)
		s.add(1)
		time.Sleep(time.Hour)
		if len(s.reads) > 3 || !b.empty() {
			t.Errorf("%d reports for who looked once; the last is kept: %v", len(s.reads), !b.empty())
		}
		if text := page(t, b, false); !strings.Contains(text, `id="n-tags">4<`) {
			t.Error("who comes back sees an old page")
		}
	})
}

// What cannot be read is told once, and the page stays; scores come once a rule.
func TestFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &table{n: 3, fail: errors.New("the disk is gone")}
		var warned []error
		scored := 0
		b := boardOf(t, s, func(c *Config) {
			c.Warn = func(err error) { warned = append(warned, err) }
			c.Score = func(context.Context, []string, *engine.Ruleset) ([]corpus.RuleScore, error) {
				scored++
				return nil, nil
			}
		})
		defer run(b)()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if _, err := b.Page(ctx, false); !errors.Is(err, ErrNotReady) {
			t.Errorf("a page without tags: %v", err)
		}
		if len(warned) != 1 || !errors.Is(warned[0], s.fail) {
			t.Errorf("warned of %v", warned)
		}
		s.mu.Lock()
		s.fail = nil
		s.mu.Unlock()
		mended := time.Now()
		for _, err := b.Page(t.Context(), false); err != nil; _, err = b.Page(t.Context(), false) {
			time.Sleep(time.Second)
		}
		if took := time.Since(mended); took > time.Minute {
			t.Errorf("the page came %v after the disk was back", took)
		}
		s.add(1)
		time.Sleep(30 * time.Second)
		if text := page(t, b, false); !strings.Contains(text, `id="n-tags">4<`) || scored != 1 {
			t.Errorf("scored %d times", scored)
		}
	})
}
