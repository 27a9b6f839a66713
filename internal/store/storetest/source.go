package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ttpctl/internal/engine"
	"ttpctl/internal/store"
)

// A RuleFixture is one RuleSource under the suite. Rules are named by id;
// content is any text that ends in a newline.
type RuleFixture struct {
	Source store.RuleSource
	Name   func(id string) string
	Put    func(t *testing.T, id, content string) // nil = the source never changes
	Remove func(t *testing.T, id string)
	Close  func() error
}

type newRuleFixture = func(t *testing.T, initial map[string]string) RuleFixture

// asMap returns sources by name.
func asMap(sources []engine.Source) map[string]string {
	m := map[string]string{}
	for _, s := range sources {
		m[s.Name] = string(s.Data)
	}
	return m
}

// apply does to m what c says.
func apply(m map[string]string, c store.RuleChange) {
	if c.Op == store.Delete {
		delete(m, c.Source.Name)
	} else {
		m[c.Source.Name] = string(c.Source.Data)
	}
}

// RuleSource runs the suite of [store.RuleSource] over sources that fixture
// makes.
func RuleSource(t *testing.T, fixture func(t *testing.T, initial map[string]string) RuleFixture) {
	cases := map[string]func(*testing.T, newRuleFixture){
		"load": testSourceLoad, "cancel": testSourceCancel, "close": testSourceClose,
	}
	if fixture(t, nil).Put != nil {
		maps.Copy(cases, map[string]func(*testing.T, newRuleFixture){
			"five edits": testSourceFiveEdits, "last content": testSourceLastContent, "delete": testSourceDelete,
			"slow subscriber": testSourceSlow, "no gap": testSourceNoGap,
		})
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fixture)
		})
	}
}

func watch(t *testing.T, src store.RuleSource) (map[string]string, *store.Subscription[store.RuleChange]) {
	t.Helper()
	sources, sub, err := src.Watch(t.Context())
	if err != nil {
		t.Fatalf("Watch() error = %v", err)
	}
	t.Cleanup(sub.Close)
	if !slices.IsSortedFunc(sources, store.ByName) {
		t.Errorf("Watch() = %v, want name order", sources)
	}
	return asMap(sources), sub
}

func testSourceLoad(t *testing.T, fixture newRuleFixture) {
	f := fixture(t, map[string]string{"R0002": "two\n", "R0001": "one\n", "R0010": "ten, \x00 \xff odd bytes\r\n\n"})
	got, _ := watch(t, f.Source)
	want := map[string]string{
		f.Name("R0001"): "one\n", f.Name("R0002"): "two\n", f.Name("R0010"): "ten, \x00 \xff odd bytes\r\n\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Watch() sources (-want +got):\n%s", diff)
	}
}

func testSourceCancel(t *testing.T, fixture newRuleFixture) {
	f := fixture(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	_, sub := watch(t, f.Source)
	errs := make(chan error)
	go func() {
		_, err := sub.Next(ctx)
		errs <- err
	}()
	cancel()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("Next(cancelled) error = %v, want %v", err, context.Canceled)
	}
	if _, _, err := f.Source.Watch(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Watch(cancelled) error = %v, want %v", err, context.Canceled)
	}
}

func testSourceClose(t *testing.T, fixture newRuleFixture) {
	f := fixture(t, nil)
	_, one := watch(t, f.Source)
	_, other := watch(t, f.Source)
	errs := make(chan error)
	for _, sub := range []*store.Subscription[store.RuleChange]{one, one, other} {
		go func() {
			_, err := sub.Next(t.Context())
			errs <- err
		}()
	}
	one.Close()
	for range 2 {
		if err := <-errs; !errors.Is(err, store.ErrClosed) {
			t.Errorf("Next() of a closed subscription: %v, want %v", err, store.ErrClosed)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-errs; !errors.Is(err, store.ErrClosed) {
		t.Errorf("Next() of a closed source: %v, want %v", err, store.ErrClosed)
	}
	if _, _, err := f.Source.Watch(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Watch() of a closed source: %v, want %v", err, store.ErrClosed)
	}
}

func testSourceFiveEdits(t *testing.T, fixture newRuleFixture) {
	initial := map[string]string{}
	for i := range 5 {
		initial[fmt.Sprintf("R%04d", i)] = "old\n"
	}
	f := fixture(t, initial)
	_, sub := watch(t, f.Source)
	want := map[string]string{}
	for i := range 5 {
		id := fmt.Sprintf("R%04d", i)
		f.Put(t, id, "new "+id+"\n")
		want[f.Name(id)] = "new " + id + "\n"
	}
	got := map[string]string{}
	for range 5 {
		c := Next(t, sub)
		if _, twice := got[c.Source.Name]; twice || c.Op != store.Put {
			t.Errorf("Next() = %v %s, want one put of each rule", c.Op, c.Source.Name)
		}
		apply(got, c)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	Quiet(t, sub, 200*time.Millisecond)
}

func testSourceLastContent(t *testing.T, fixture newRuleFixture) {
	f := fixture(t, map[string]string{"R0001": "0\n"})
	_, sub := watch(t, f.Source)
	const edits = 20
	for i := range edits {
		f.Put(t, "R0001", fmt.Sprintf("%d\n", i+1))
	}
	last := fmt.Sprintf("%d\n", edits)
	for n := 1; ; n++ {
		c := Next(t, sub)
		if string(c.Source.Data) == last {
			break
		}
		if n == edits {
			t.Fatalf("%d changes, the last %q, want %q among them", n, c.Source.Data, last)
		}
	}
	Quiet(t, sub, 200*time.Millisecond)
}

func testSourceDelete(t *testing.T, fixture newRuleFixture) {
	f := fixture(t, map[string]string{"R0001": "one\n", "R0002": "two\n"})
	_, sub := watch(t, f.Source)
	f.Remove(t, "R0001")
	want := store.RuleChange{Op: store.Delete, Source: engine.Source{Name: f.Name("R0001")}}
	if diff := cmp.Diff(want, Next(t, sub), cmpopts.IgnoreFields(store.RuleChange{}, "Rev")); diff != "" {
		t.Errorf("change after removal (-want +got):\n%s", diff)
	}
	f.Put(t, "R0001", "again\n")
	want = store.RuleChange{Op: store.Put, Source: engine.Source{Name: f.Name("R0001"), Data: []byte("again\n")}}
	if diff := cmp.Diff(want, Next(t, sub), cmpopts.IgnoreFields(store.RuleChange{}, "Rev")); diff != "" {
		t.Errorf("change after return (-want +got):\n%s", diff)
	}
}

// One subscriber takes nothing until the end; the others and the writer must
// not notice, and it must find the last content of each rule.
func testSourceSlow(t *testing.T, fixture newRuleFixture) {
	f := fixture(t, map[string]string{"R0001": "0\n", "R0002": "0\n"})
	_, slow := watch(t, f.Source)
	_, quick := watch(t, f.Source)
	for i := range 5 {
		for _, id := range []string{"R0001", "R0002"} {
			content := fmt.Sprintf("%d\n", i+1)
			f.Put(t, id, content)
			if c := Next(t, quick); c.Source.Name != f.Name(id) || string(c.Source.Data) != content {
				t.Fatalf("Next() = %s %q, want %s %q", c.Source.Name, c.Source.Data, f.Name(id), content)
			}
		}
	}
	// The two watch apart: the last change may reach the slow one a little after
	// the quick one, while the change before it waits. No more than that waits.
	last := map[string]string{}
	for n := 0; last[f.Name("R0001")] != "5\n" || last[f.Name("R0002")] != "5\n"; n++ {
		if n == 3 {
			t.Fatalf("%d changes waited, the last of each %q, want one for each rule, and one that came meanwhile", n, last)
		}
		c := Next(t, slow)
		last[c.Source.Name] = string(c.Source.Data)
	}
	Quiet(t, slow, 100*time.Millisecond)
}

// Whoever watches while a rule changes ends with its last content.
func testSourceNoGap(t *testing.T, fixture newRuleFixture) {
	f := fixture(t, map[string]string{"R0001": "start\n"})
	type follower struct {
		seen map[string]string
		sub  *store.Subscription[store.RuleChange]
	}
	var followers []follower
	for i := range 10 {
		f.Put(t, "R0001", fmt.Sprintf("%d\n", i))
		for range 5 {
			seen, sub := watch(t, f.Source)
			followers = append(followers, follower{seen, sub})
		}
	}
	f.Put(t, "R0001", "end\n")
	for i, fw := range followers {
		for fw.seen[f.Name("R0001")] != "end\n" {
			apply(fw.seen, Next(t, fw.sub))
		}
		if len(fw.seen) != 1 {
			t.Errorf("follower %d ends with %v", i, fw.seen)
		}
	}
}
