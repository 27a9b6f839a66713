package worker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/store"
	"ttpctl/internal/store/rulesdir"
	"ttpctl/internal/store/storetest"
)

// A scripted RuleSource publishes what a test tells it to.
type scripted struct {
	hub     store.Hub[store.RuleChange]
	sources []engine.Source
}

func (s *scripted) Watch(context.Context) ([]engine.Source, *store.Subscription[store.RuleChange], error) {
	sub, err := s.hub.Subscribe([]string{"R0001.yaml", "R0001.yml", "R0002.yaml"})
	return s.sources, sub, err
}

func (s *scripted) put(name, text string) {
	s.hub.Publish(name, store.RuleChange{Op: store.Put, Source: engine.Source{Name: name, Data: []byte(text)}}, false)
}

func (s *scripted) remove(name string) {
	s.hub.Publish(name, store.RuleChange{Op: store.Delete, Source: engine.Source{Name: name}}, true)
}

func TestMirror(t *testing.T) {
	t.Parallel()
	db := openDB(t)
	src := &scripted{}
	for _, f := range []struct{ name, text string }{
		{"R0001.yaml", ruleText("R0001", 1)},
		{"R0001.yml", ruleText("R0001", 9)},
		{"R0003.yaml", "rule_id: [broken"},
	} {
		src.sources = append(src.sources, engine.Source{Name: f.name, Data: []byte(f.text)})
	}
	for _, id := range []string{"R0003", "R0004"} { // one of them still has a file
		if _, err := db.Rules().Write(t.Context(), []store.StoredRule{{ID: id, Version: 1, Content: []byte("old")}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	notices := make(chan store.Notice, 100)
	m, err := NewMirror(t.Context(), src, db.Rules(), MirrorOptions{Compile: compileConfig(), By: "mirror", Notify: func(n store.Notice) { notices <- n }})
	if err != nil {
		t.Fatal(err)
	}
	stored := func() []string {
		rules, err := db.Rules().All(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rules {
			got = append(got, fmt.Sprintf("%s v%d %s", r.ID, r.Version, r.Path))
		}
		return got
	}
	want := []string{"R0001 v1 R0001.yaml", "R0003 v1 "}
	if diff := cmp.Diff(want, stored()); diff != "" {
		t.Errorf("after reconciliation (-want +got):\n%s", diff)
	}
	for _, want := range []string{"R0001.yml", "R0003.yaml"} {
		if n := <-notices; n.Subject != want || n.Err == nil {
			t.Errorf("notice = %v, want one on %s", n, want)
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- m.Run(ctx) }()
	for _, step := range []struct {
		name string
		do   func()
		want []string
	}{
		{"new", func() { src.put("R0002.yaml", ruleText("R0002", 1)) }, []string{"R0001 v1 R0001.yaml", "R0002 v1 R0002.yaml", "R0003 v1 "}},
		{"edit", func() { src.put("R0001.yaml", ruleText("R0001", 2)) }, []string{"R0001 v2 R0001.yaml", "R0002 v1 R0002.yaml", "R0003 v1 "}},
		{"a broken edit, then another rule", func() {
			src.put("R0001.yaml", "]")
			src.put("R0002.yaml", ruleText("R0002", 2))
		}, []string{"R0001 v2 R0001.yaml", "R0002 v2 R0002.yaml", "R0003 v1 "}},
		{"the first of two goes", func() { src.remove("R0001.yaml") }, []string{"R0001 v9 R0001.yml", "R0002 v2 R0002.yaml", "R0003 v1 "}},
		{"both are gone", func() { src.remove("R0001.yml") }, []string{"R0002 v2 R0002.yaml", "R0003 v1 "}},
		{"a file says that it is another rule, which its name forbids", func() { src.put("R0002.yaml", ruleText("R0005", 1)) }, []string{"R0002 v2 R0002.yaml", "R0003 v1 "}},
		{"no version", func() { src.put("R0005.yaml", ruleText("R0005", 0)) }, []string{"R0002 v2 R0002.yaml", "R0003 v1 "}},
		{"mended", func() { src.put("R0003.yaml", ruleText("R0003", 5)) }, []string{"R0002 v2 R0002.yaml", "R0003 v5 R0003.yaml"}},
		{"broken, then gone", func() {
			src.put("R0002.yaml", "]")
			src.remove("R0002.yaml")
		}, []string{"R0003 v5 R0003.yaml"}},
	} {
		step.do()
		await(t, step.name, func() bool { return slices.Equal(stored(), step.want) })
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run(cancelled) = %v, want nil", err)
	}
}

// A directory's edits reach a watcher of the database.
func TestMirrorDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "R0001.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(ruleText("R0001", 1))
	src, err := rulesdir.Open(t.Context(), dir, rulesdir.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	db := openDB(t)
	m, err := NewMirror(t.Context(), src, db.Rules(), MirrorOptions{Compile: compileConfig(), By: "mirror"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- m.Run(t.Context()) }()
	_, sub, err := db.Rules().Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	write(ruleText("R0001", 2))
	if c := storetest.Next(t, sub); c.Source.Name != "R0001.yaml" || !strings.Contains(string(c.Source.Data), "rule_version: 2") {
		t.Errorf("Next() = %v %s, want the edit of R0001", c.Op, c.Source.Name)
	}
	src.Close()
	if err := <-done; err != nil {
		t.Errorf("Run() of a closed source = %v, want nil", err)
	}
}
