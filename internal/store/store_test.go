package store_test

import (
	"context"
	"slices"
	"testing"
	"testing/fstest"

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
		e, err := store.NewEmbedded(fsys)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		return storetest.RuleFixture{Source: e, Name: store.SourceName, Close: e.Close}
	})
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
