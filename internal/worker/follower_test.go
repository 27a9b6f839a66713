package worker

import (
	"fmt"
	"testing"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
)

// follow returns a Follower over db, and what it tells.
func follow(t testing.TB, db *sqlite.DB) (*Follower, *recorder) {
	t.Helper()
	r := &recorder{}
	f, err := Follow(t.Context(), Config{
		Rules: db.Rules(), States: db.States(), Compile: compileConfig(), Now: time.Now, Observe: r.observe,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f, r
}

func setState(t testing.TB, states store.StateStore, id string, st event.State) {
	t.Helper()
	if err := states.SetState(t.Context(), id, st); err != nil {
		t.Fatal(err)
	}
}

func TestFollow(t *testing.T) {
	db := openDB(t)
	putRule(t, db, "R0000", 1)
	putRule(t, db, "R0001", 1)
	setState(t, db.States(), "R0001", event.State{Mode: event.Disabled, Reason: "r", SetBy: "b"})
	f, r := follow(t, db)
	sc := engine.NewScratch()
	fired := func() map[string]float64 {
		got := map[string]float64{}
		for _, tag := range f.Engine().Snapshot().Evaluate(nil, command(3), time.Now(), sc) {
			got[tag.RuleID] = tag.Confidence
		}
		return got
	}
	if got := fired(); len(got) != 1 || got["R0000"] != 0.9 {
		t.Errorf("with R0001 disabled at the start, fired %v, want R0000 at 0.9", got)
	}
	setState(t, db.States(), "R0000", event.State{Mode: event.Clipped, Max: 0.5, Reason: "r", SetBy: "b"})
	await(t, "R0000 clipped", func() bool { return fired()["R0000"] == 0.5 })
	before := f.Engine().Snapshot().Ruleset()
	setState(t, db.States(), "R0001", event.State{})
	await(t, "R0001 enabled", func() bool { return fired()["R0001"] == 0.9 })
	if f.Engine().Snapshot().Ruleset() != before {
		t.Error("a change of state made another ruleset, want the same one")
	}
	putRule(t, db, "R0002", 1)
	await(t, "R0002 added", func() bool { return fired()["R0002"] == 0.9 })
	if _, err := db.Rules().Write(t.Context(), nil, []string{"R0000"}); err != nil {
		t.Fatal(err)
	}
	await(t, "R0000 deleted", func() bool { _, ok := fired()["R0000"]; return !ok })
	f.Close()
	var ops []Op
	for _, u := range r.all()[1:] {
		for _, c := range u.Changes {
			ops = append(ops, c.Op)
		}
	}
	if len(ops) != 4 || ops[0] != StateSet || ops[1] != StateSet || ops[2] != Loaded || ops[3] != Removed {
		t.Errorf("told %v after the first update, want StateSet, StateSet, Loaded, Removed", ops)
	}
}

// A file that does not compile counts as broken until it is mended or gone.
func TestFollowBroken(t *testing.T) {
	db := openDB(t)
	f, _ := follow(t, db)
	put := func(text string) {
		t.Helper()
		r := store.StoredRule{ID: "R0001", Version: 1, Content: []byte(text), UpdatedBy: "test"}
		if _, err := db.Rules().Write(t.Context(), []store.StoredRule{r}, nil); err != nil {
			t.Fatal(err)
		}
	}
	broken := func(n int) { t.Helper(); await(t, fmt.Sprint(n, " broken"), func() bool { return f.Broken() == n }) }
	broken(0)
	put("rule_id: R0001\n")
	broken(1)
	put(ruleText("R0001", 1))
	broken(0)
	put("rule_id: R0001\n")
	broken(1)
	if _, err := db.Rules().Write(t.Context(), nil, []string{"R0001"}); err != nil {
		t.Fatal(err)
	}
	broken(0)
}

// A state of a rule that comes later waits for it, and an expiry ends by
// itself.
func TestFollowExpiry(t *testing.T) {
	t.Parallel()
	db := openDB(t)
	f, r := follow(t, db)
	until := time.Now().Add(300 * time.Millisecond)
	setState(t, db.States(), "R0000", event.State{Mode: event.Disabled, ExpiresAt: until, Reason: "r", SetBy: "b"})
	putRule(t, db, "R0000", 1)
	await(t, "R0000 in force", func() bool { return f.Engine().Snapshot().Ruleset().Rule("R0000") != nil })
	await(t, "R0000 disabled", func() bool { return f.Engine().Snapshot().States()["R0000"].Mode == event.Disabled })
	await(t, "R0000 reverted", func() bool { return f.Engine().Snapshot().States()["R0000"].Mode == event.Enabled })
	last := r.all()[len(r.all())-1].Changes
	if c := last[len(last)-1]; c.Op != StateSet || c.State.State.SetBy != store.ExpiredBy || time.Now().Before(until) {
		t.Errorf("the last change is %+v at %v, want the revert after %v", c, time.Now(), until)
	}
}

// Changes that come while a snapshot is being made wait, all of them, and go
// into the next one together.
func TestFollowTakesWhatWaits(t *testing.T) {
	const rules = 8
	db, states := openDB(t), store.NewMemoryStates(time.Now)
	defer states.Close()
	r, busy, release := &recorder{}, make(chan bool, 1), make(chan bool)
	f, err := Follow(t.Context(), Config{
		Rules: db.Rules(), States: states, Compile: compileConfig(), Now: time.Now,
		Observe: func(u Update) {
			r.observe(u)
			if len(r.all()) == 2 {
				busy <- true
				<-release
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	setState(t, states, "R9999", event.State{Mode: event.Disabled})
	<-busy
	for i := range rules {
		putRule(t, db, ruleID(i), 1)
		setState(t, states, ruleID(i), event.State{Mode: event.Disabled})
	}
	await(t, "the changes to wait", func() bool { return len(f.rules) == rules && len(f.changes) == rules })
	close(release)
	await(t, "all of them in force", func() bool {
		s := f.Engine().Snapshot()
		return len(s.Ruleset().Rules()) == rules && len(s.States()) == rules+1
	})
	if n := len(r.all()); n != 3 {
		t.Errorf("%d updates, want 3: the first, the one that was slow, one for all that waited", n)
	}
}
