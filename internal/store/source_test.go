package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
)

// A ruleFixture is one RuleSource under the conformance suite. Rules are named
// by id; content is any text that ends in a newline.
type ruleFixture struct {
	source RuleSource
	name   func(id string) string
	put    func(t *testing.T, id, content string) // nil = the source never changes
	remove func(t *testing.T, id string)
	close  func() error
}

var ruleFixtures = map[string]func(t *testing.T, initial map[string]string) ruleFixture{
	"directory": directoryFixture,
	"embedded":  embeddedFixture,
	"database":  databaseRules,
}

func directoryFixture(t *testing.T, initial map[string]string) ruleFixture {
	root := t.TempDir()
	write := func(t *testing.T, id, content string) {
		writeFile(t, filepath.Join(root, id+".yaml"), content)
	}
	for id, content := range initial {
		write(t, id, content)
	}
	d, err := OpenDirectory(t.Context(), root, DirectoryOptions{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return ruleFixture{
		source: d,
		name:   func(id string) string { return filepath.Join(root, id+".yaml") },
		put:    write,
		remove: func(t *testing.T, id string) {
			if err := os.Remove(filepath.Join(root, id+".yaml")); err != nil {
				t.Error(err)
			}
		},
		close: d.Close,
	}
}

func embeddedFixture(t *testing.T, initial map[string]string) ruleFixture {
	fsys := fstest.MapFS{"README.md": {Data: []byte("not a rule")}, "sub/R0009.yaml": {Data: []byte("below\n")}}
	for id, content := range initial {
		fsys[id+".yaml"] = &fstest.MapFile{Data: []byte(content)}
	}
	e, err := NewEmbedded(fsys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return ruleFixture{source: e, name: func(id string) string { return id + ".yaml" }, close: e.Close}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Error(err)
	}
}

// asMap returns sources by name.
func asMap(sources []engine.Source) map[string]string {
	m := map[string]string{}
	for _, s := range sources {
		m[s.Name] = string(s.Data)
	}
	return m
}

// apply does to m what c says.
func apply(m map[string]string, c RuleChange) {
	if c.Op == Delete {
		delete(m, c.Source.Name)
	} else {
		m[c.Source.Name] = string(c.Source.Data)
	}
}

func TestRuleSource(t *testing.T) {
	for impl, fixture := range ruleFixtures {
		t.Run(impl, func(t *testing.T) {
			t.Parallel()
			t.Run("load", func(t *testing.T) { testSourceLoad(t, fixture) })
			t.Run("cancel", func(t *testing.T) { testSourceCancel(t, fixture) })
			t.Run("close", func(t *testing.T) { testSourceClose(t, fixture) })
			if impl == "embedded" {
				return
			}
			t.Run("five edits", func(t *testing.T) { testSourceFiveEdits(t, fixture) })
			t.Run("last content", func(t *testing.T) { testSourceLastContent(t, fixture) })
			t.Run("delete", func(t *testing.T) { testSourceDelete(t, fixture) })
			t.Run("slow subscriber", func(t *testing.T) { testSourceSlow(t, fixture) })
			t.Run("no gap", func(t *testing.T) { testSourceNoGap(t, fixture) })
		})
	}
}

type newRuleFixture = func(t *testing.T, initial map[string]string) ruleFixture

func watch(t *testing.T, src RuleSource) (map[string]string, *Subscription[RuleChange]) {
	t.Helper()
	sources, sub, err := src.Watch(t.Context())
	if err != nil {
		t.Fatalf("Watch() error = %v", err)
	}
	t.Cleanup(sub.Close)
	if !slices.IsSortedFunc(sources, compareNames) {
		t.Errorf("Watch() = %v, want name order", sources)
	}
	return asMap(sources), sub
}

func testSourceLoad(t *testing.T, fixture newRuleFixture) {
	f := fixture(t, map[string]string{"R0002": "two\n", "R0001": "one\n", "R0010": "ten, \x00 \xff odd bytes\r\n\n"})
	got, _ := watch(t, f.source)
	want := map[string]string{
		f.name("R0001"): "one\n", f.name("R0002"): "two\n", f.name("R0010"): "ten, \x00 \xff odd bytes\r\n\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Watch() sources (-want +got):\n%s", diff)
	}
}

func testSourceCancel(t *testing.T, fixture newRuleFixture) {
	f := fixture(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	_, sub := watch(t, f.source)
	errs := make(chan error)
	go func() {
		_, err := sub.Next(ctx)
		errs <- err
	}()
	cancel()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("Next(cancelled) error = %v, want %v", err, context.Canceled)
	}
	if _, _, err := f.source.Watch(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Watch(cancelled) error = %v, want %v", err, context.Canceled)
	}
}

func testSourceClose(t *testing.T, fixture newRuleFixture) {
	f := fixture(t, nil)
	_, one := watch(t, f.source)
	_, other := watch(t, f.source)
	errs := make(chan error)
	for _, sub := range []*Subscription[RuleChange]{one, one, other} {
		go func() {
			_, err := sub.Next(t.Context())
			errs <- err
		}()
	}
	one.Close()
	for range 2 {
		if err := <-errs; !errors.Is(err, ErrClosed) {
			t.Errorf("Next() of a closed subscription: %v, want %v", err, ErrClosed)
		}
	}
	if err := f.close(); err != nil {
		t.Fatal(err)
	}
	if err := <-errs; !errors.Is(err, ErrClosed) {
		t.Errorf("Next() of a closed source: %v, want %v", err, ErrClosed)
	}
	if _, _, err := f.source.Watch(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Watch() of a closed source: %v, want %v", err, ErrClosed)
	}
}

func testSourceFiveEdits(t *testing.T, fixture newRuleFixture) {
	initial := map[string]string{}
	for i := range 5 {
		initial[fmt.Sprintf("R%04d", i)] = "old\n"
	}
	f := fixture(t, initial)
	_, sub := watch(t, f.source)
	want := map[string]string{}
	for i := range 5 {
		id := fmt.Sprintf("R%04d", i)
		f.put(t, id, "new "+id+"\n")
		want[f.name(id)] = "new " + id + "\n"
	}
	got := map[string]string{}
	for range 5 {
		c := next(t, sub)
		if _, twice := got[c.Source.Name]; twice || c.Op != Put {
			t.Errorf("Next() = %v %s, want one put of each rule", c.Op, c.Source.Name)
		}
		apply(got, c)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	wantQuiet(t, sub, 200*time.Millisecond)
}

func testSourceLastContent(t *testing.T, fixture newRuleFixture) {
	f := fixture(t, map[string]string{"R0001": "0\n"})
	_, sub := watch(t, f.source)
	const edits = 20
	for i := range edits {
		f.put(t, "R0001", fmt.Sprintf("%d\n", i+1))
	}
	last := fmt.Sprintf("%d\n", edits)
	for n := 1; ; n++ {
		c := next(t, sub)
		if string(c.Source.Data) == last {
			break
		}
		if n == edits {
			t.Fatalf("%d changes, the last %q, want %q among them", n, c.Source.Data, last)
		}
	}
	wantQuiet(t, sub, 200*time.Millisecond)
}

func testSourceDelete(t *testing.T, fixture newRuleFixture) {
	f := fixture(t, map[string]string{"R0001": "one\n", "R0002": "two\n"})
	_, sub := watch(t, f.source)
	f.remove(t, "R0001")
	want := RuleChange{Delete, engine.Source{Name: f.name("R0001")}}
	if diff := cmp.Diff(want, next(t, sub)); diff != "" {
		t.Errorf("change after removal (-want +got):\n%s", diff)
	}
	f.put(t, "R0001", "again\n")
	want = RuleChange{Put, engine.Source{Name: f.name("R0001"), Data: []byte("again\n")}}
	if diff := cmp.Diff(want, next(t, sub)); diff != "" {
		t.Errorf("change after return (-want +got):\n%s", diff)
	}
}

// One subscriber takes nothing until the end; the others and the writer must
// not notice, and it must find the last content of each rule.
func testSourceSlow(t *testing.T, fixture newRuleFixture) {
	f := fixture(t, map[string]string{"R0001": "0\n", "R0002": "0\n"})
	_, slow := watch(t, f.source)
	_, quick := watch(t, f.source)
	for i := range 5 {
		for _, id := range []string{"R0001", "R0002"} {
			content := fmt.Sprintf("%d\n", i+1)
			f.put(t, id, content)
			if c := next(t, quick); c.Source.Name != f.name(id) || string(c.Source.Data) != content {
				t.Fatalf("Next() = %s %q, want %s %q", c.Source.Name, c.Source.Data, f.name(id), content)
			}
		}
	}
	for _, id := range []string{"R0001", "R0002"} {
		if c := next(t, slow); c.Source.Name != f.name(id) || string(c.Source.Data) != "5\n" {
			t.Errorf("slow Next() = %s %q, want %s %q", c.Source.Name, c.Source.Data, f.name(id), "5\n")
		}
	}
	wantQuiet(t, slow, 100*time.Millisecond)
}

// Whoever watches while a rule changes ends with its last content.
func testSourceNoGap(t *testing.T, fixture newRuleFixture) {
	f := fixture(t, map[string]string{"R0001": "start\n"})
	type follower struct {
		seen map[string]string
		sub  *Subscription[RuleChange]
	}
	var followers []follower
	for i := range 10 {
		f.put(t, "R0001", fmt.Sprintf("%d\n", i))
		for range 5 {
			seen, sub := watch(t, f.source)
			followers = append(followers, follower{seen, sub})
		}
	}
	f.put(t, "R0001", "end\n")
	for i, fw := range followers {
		for fw.seen[f.name("R0001")] != "end\n" {
			apply(fw.seen, next(t, fw.sub))
		}
		if len(fw.seen) != 1 {
			t.Errorf("follower %d ends with %v", i, fw.seen)
		}
	}
}
