package store

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
)

// ruleText is a rule file that parses.
func ruleText(id string, version int, pattern string) string {
	return fmt.Sprintf(`rule_id: %s
rule_version: %d
name: a_rule
description: a rule
applies_to: [command]
match: {pattern: '%s'}
emits:
  - {tactic: TA0007, technique_id: T1083, confidence: 0.85}
examples:
  match: ["find /"]
  no_match: ["ls"]
`, id, version, pattern)
}

// A scripted RuleSource publishes what a test tells it to.
type scripted struct {
	hub     hub[RuleChange]
	sources []engine.Source
}

func (s *scripted) Watch(context.Context) ([]engine.Source, *Subscription[RuleChange], error) {
	sub, err := s.hub.subscribe([]string{"R0001.yaml", "R0001.yml", "R0002.yaml"})
	return s.sources, sub, err
}

func (s *scripted) put(name, text string) {
	s.hub.publish(name, RuleChange{Put, engine.Source{Name: name, Data: []byte(text)}}, false)
}

func (s *scripted) remove(name string) {
	s.hub.publish(name, RuleChange{Delete, engine.Source{Name: name}}, true)
}

func TestMirror(t *testing.T) {
	db := tempDB(t)
	src := &scripted{}
	for _, f := range []struct{ name, text string }{
		{"R0001.yaml", ruleText("R0001", 1, "first")},
		{"R0001.yml", ruleText("R0001", 9, "second")},
		{"R0003.yaml", "rule_id: [broken"},
	} {
		src.sources = append(src.sources, engine.Source{Name: f.name, Data: []byte(f.text)})
	}
	for _, id := range []string{"R0003", "R0004"} { // one of them still has a file
		if _, err := db.Rules().Put(t.Context(), StoredRule{ID: id, Version: 1, Content: []byte("old")}); err != nil {
			t.Fatal(err)
		}
	}
	notices := make(chan Notice, 100)
	m, err := NewMirror(t.Context(), src, db, MirrorOptions{By: "mirror", Notify: func(n Notice) { notices <- n }})
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
	for _, want := range []string{"R0003.yaml", "R0001.yml"} {
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
		{"new", func() { src.put("R0002.yaml", ruleText("R0002", 1, "x")) }, []string{"R0001 v1 R0001.yaml", "R0002 v1 R0002.yaml", "R0003 v1 "}},
		{"edit", func() { src.put("R0001.yaml", ruleText("R0001", 2, "x")) }, []string{"R0001 v2 R0001.yaml", "R0002 v1 R0002.yaml", "R0003 v1 "}},
		{"a broken edit, then another rule", func() {
			src.put("R0001.yaml", "]")
			src.put("R0002.yaml", ruleText("R0002", 2, "x"))
		}, []string{"R0001 v2 R0001.yaml", "R0002 v2 R0002.yaml", "R0003 v1 "}},
		{"the first of two goes", func() { src.remove("R0001.yaml") }, []string{"R0001 v9 R0001.yml", "R0002 v2 R0002.yaml", "R0003 v1 "}},
		{"both are gone", func() { src.remove("R0001.yml") }, []string{"R0002 v2 R0002.yaml", "R0003 v1 "}},
		{"a file changes its rule", func() { src.put("R0002.yaml", ruleText("R0005", 1, "x")) }, []string{"R0003 v1 ", "R0005 v1 R0002.yaml"}},
		{"no version", func() { src.put("R0005.yaml", ruleText("R0006", 0, "x")) }, []string{"R0003 v1 ", "R0005 v1 R0002.yaml"}},
		{"mended", func() { src.put("R0003.yaml", ruleText("R0003", 5, "x")) }, []string{"R0003 v5 R0003.yaml", "R0005 v1 R0002.yaml"}},
	} {
		step.do()
		eventually(t, step.name, func() bool { return slices.Equal(stored(), step.want) })
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run(cancelled) = %v, want nil", err)
	}
}

// A directory's edits reach a watcher of the database in another process.
func TestMirrorDirectory(t *testing.T) {
	dir := followDir(t, map[string]string{"R0001.yaml": ruleText("R0001", 1, "one")})
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	m, err := NewMirror(t.Context(), dir.source, openDB(t, path, time.Now), MirrorOptions{By: "mirror"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- m.Run(t.Context()) }()
	_, sub := watch(t, openDB(t, path, time.Now).Rules())
	writeFile(t, dir.path("R0001.yaml"), ruleText("R0001", 2, "two"))
	if c := next(t, sub); c.Source.Name != "R0001.yaml" || !strings.Contains(string(c.Source.Data), "two") {
		t.Errorf("Next() = %v %s, want the edit of R0001", c.Op, c.Source.Name)
	}
	dir.source.Close()
	if err := <-done; err != nil {
		t.Errorf("Run() of a closed source = %v, want nil", err)
	}
}
