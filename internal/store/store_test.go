package store_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestMemoryLedger(t *testing.T) {
	t.Parallel()
	fixture := func(*testing.T) storetest.LedgerFixture {
		c := &storetest.Clock{}
		m := store.NewMemoryLedger(c.Now)
		return storetest.LedgerFixture{Ledger: m, Outbox: m, DeadLetters: m, Clock: c, Letters: store.DeadLettersKept}
	}
	storetest.Ledger(t, fixture)
	storetest.Outbox(t, fixture)
	storetest.DeadLetters(t, fixture)
}

func TestMemoryClaims(t *testing.T) {
	t.Parallel()
	storetest.Claims(t, func(*testing.T) [2]store.Claims {
		m := storetest.NewMemoryClaims()
		return [2]store.Claims{m, m}
	})
}

// A source waits in memory when every output is behind, and for one alone it
// does not.
func TestMemoryLedgerWaits(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	m := store.NewMemoryLedger(time.Now)
	p, err := m.Resume(ctx, "s", "owner")
	if err == nil {
		err = m.Outputs(ctx, "s", []string{"fast", "slow"})
	}
	if err != nil {
		t.Fatal(err)
	}
	c := &store.Commit{Source: "s", Epoch: p.Epoch, Publish: func([]int) []store.Message { return make([]store.Message, 60_000) }}
	for i, passes := range []bool{true, true, false} {
		_, err := m.Commit(ctx, c)
		if (err == nil) != passes || err != nil && !store.ClassOf(err).Passes() {
			t.Errorf("commit %d: error = %v, want one that passes by itself: %v", i, err, !passes)
		}
	}
	if err := m.Done(ctx, store.Mark{Output: "fast", Source: "s", Seq: 120_000}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Commit(ctx, c); err != nil {
		t.Errorf("a commit while one output alone is behind: %v", err)
	}
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	storetest.RuleSource(t, func(t *testing.T, initial map[string]string) storetest.RuleFixture {
		var sources []engine.Source
		for _, id := range slices.Sorted(maps.Keys(initial)) {
			sources = append(sources, engine.Source{Name: store.SourceName(id), Data: []byte(initial[id])})
		}
		e := store.NewEmbedded(sources)
		t.Cleanup(func() { e.Close() })
		return storetest.RuleFixture{Source: e, Name: store.SourceName, Close: e.Close}
	})
}

// The lowest of two layers changes; what is above it stays as it is.
func TestLayered(t *testing.T) {
	t.Parallel()
	storetest.RuleSource(t, func(t *testing.T, initial map[string]string) storetest.RuleFixture {
		below := newMemorySource(initial)
		above := store.NewEmbedded(nil)
		l, err := store.NewLayered(t.Context(), below, above)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return storetest.RuleFixture{Source: l, Name: store.SourceName, Put: below.put, Remove: below.remove, Close: l.Close}
	})
}

func TestLayeredLayers(t *testing.T) {
	t.Parallel()
	below, above := newMemorySource(map[string]string{"R0001": "one\n"}), newMemorySource(map[string]string{"R0002": "two\n"})
	l, err := store.NewLayered(t.Context(), below, above)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	sources, sub, err := l.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(sources) != 2 || sources[0].Layer != 0 || sources[1].Layer != 1 {
		t.Errorf("Watch() = %v, want R0001 in layer 0 and R0002 in layer 1", sources)
	}
	above.put(t, "R0003", "three\n")
	if c := storetest.Next(t, sub); c.Source.Name != "R0003.yaml" || c.Source.Layer != 1 {
		t.Errorf("Next() = %v, want R0003 in layer 1", c)
	}
}

// A memorySource is a RuleSource that tests write to.
type memorySource struct {
	mu    sync.Mutex
	files map[string]engine.Source
	hub   store.Hub[store.RuleChange]
}

func newMemorySource(rules map[string]string) *memorySource {
	m := &memorySource{files: map[string]engine.Source{}}
	for id, content := range rules {
		m.files[id] = engine.Source{Name: store.SourceName(id), Data: []byte(content)}
	}
	return m
}

func (m *memorySource) Watch(context.Context) ([]engine.Source, *store.Subscription[store.RuleChange], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sources := slices.SortedFunc(maps.Values(m.files), store.ByName)
	var names []string
	for _, src := range sources {
		names = append(names, src.Name)
	}
	sub, err := m.hub.Subscribe(names)
	return sources, sub, err
}

func (m *memorySource) put(_ *testing.T, id, content string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[id] = engine.Source{Name: store.SourceName(id), Data: []byte(content)}
	m.hub.Publish(store.SourceName(id), store.RuleChange{Op: store.Put, Source: m.files[id]}, false)
}

func (m *memorySource) remove(_ *testing.T, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, id)
	name := store.SourceName(id)
	m.hub.Publish(name, store.RuleChange{Op: store.Delete, Source: engine.Source{Name: name}}, true)
}

func TestMemoryStates(t *testing.T) {
	t.Parallel()
	storetest.StateStore(t, func(t *testing.T) storetest.StateFixture {
		c := &storetest.Clock{}
		m := store.NewMemoryStates(c.Now)
		t.Cleanup(func() { m.Close() })
		states := func(ctx context.Context) (event.States, error) {
			now, sub, err := m.Watch(ctx)
			if err == nil {
				sub.Close()
			}
			return now, err
		}
		return storetest.StateFixture{StateStore: m, States: states, Clock: c, Close: m.Close}
	})
}

func TestIsRuleFile(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"R0001.yaml", "R0001.yml", "a_b.yaml", "0.yml"} {
		if !store.IsRuleFile(name) {
			t.Errorf("IsRuleFile(%q) = false, want true", name)
		}
	}
	names := []string{"", ".yaml", ".R0001.yaml", "R0001.yaml~", ".R0001.yaml.swp", "4913", "R0001.yaml.bak", "#R0001.yaml#", "R0001 (1).yaml", "R-1.yaml", "R0001.yaaml", "R0001.YAML", "a/R0001.yaml", "R0001.yaml\n"}
	if i := slices.IndexFunc(names, store.IsRuleFile); i >= 0 {
		t.Errorf("IsRuleFile(%q) = true, want false", names[i])
	}
}
