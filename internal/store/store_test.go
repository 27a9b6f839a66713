package store_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/fstest"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestEmbedded(t *testing.T) {
	t.Parallel()
	storetest.RuleSource(t, func(t *testing.T, initial map[string]string) storetest.RuleFixture {
		fsys := fstest.MapFS{"README.md": {Data: []byte("not a rule")}, "sub/R0009.yaml": {Data: []byte("below\n")}}
		for id, content := range initial {
			fsys[id+".yaml"] = &fstest.MapFile{Data: []byte(content)}
		}
		e, err := store.NewEmbedded("", fsys)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		return storetest.RuleFixture{Source: e, Name: store.SourceName, Close: e.Close}
	})
}

// The lowest of two layers changes; what is above it stays as it is.
func TestLayered(t *testing.T) {
	t.Parallel()
	storetest.RuleSource(t, func(t *testing.T, initial map[string]string) storetest.RuleFixture {
		below := newMemorySource(initial)
		above, err := store.NewEmbedded("above", fstest.MapFS{})
		if err != nil {
			t.Fatal(err)
		}
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
