package worker

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/trace"
)

// A Config is what a Follower follows.
type Config struct {
	Rules   store.RuleSource
	States  store.StateStore
	Compile engine.Config // Previous is the Follower's own
	Now     func() time.Time
	// Observe is told of every update, the first one included, in order and
	// from one goroutine at a time. Nil = nobody wants to know.
	Observe func(Update)
	Tracer  *trace.Tracer // of changes; nil = off
}

// An Update is what changed at one moment.
type Update struct {
	Snapshot *engine.Snapshot // in force from now on
	Changes  []Change
}

// An Op is what happened to a rule.
type Op uint8

// The operations.
const (
	Loaded   Op = iota // the rule is in force, with new bytes
	Removed            // the rule is not in force any more
	Refused            // a file's content is not taken; Diagnostics say why
	StateSet           // the operator, or the expiry, set the rule's state
)

// A Change is one change of one rule.
type Change struct {
	Op     Op
	RuleID string // "" of a Refused file from which no id can be read
	// Rule is in force after the change, of a Refused file its last good
	// version; nil = none. It is not set for StateSet.
	Rule        *engine.Rule
	File        string             // Refused: the file's name in its source
	Diagnostics engine.Diagnostics // Refused: its errors
	State       store.StateChange  // StateSet
	Rev         int64              // of all others: see store.RuleChange
}

// burst bounds the changes that one update takes in. A change beyond it waits
// in its mailbox, where it merges with later ones of its rule.
const burst = 256

// A Follower keeps an engine up to date with a rule source and a state store.
// It is safe for concurrent use.
type Follower struct {
	cfg    Config
	engine *engine.Engine
	defs   *definitions
	states event.States // of the goroutine that applies changes
	broken atomic.Int64

	ruleSub  *store.Subscription[store.RuleChange]
	stateSub *store.Subscription[store.StateChange]
	rules    chan store.RuleChange
	changes  chan store.StateChange

	stop    context.CancelFunc
	running sync.WaitGroup
}

// Follow loads rules and states, puts them in force and follows them until
// Close. ctx bounds the loading only. Rules that do not compile are left out
// and told to cfg.Observe.
func Follow(ctx context.Context, cfg Config) (*Follower, error) {
	if cfg.Observe == nil {
		cfg.Observe = func(Update) {}
	}
	f := &Follower{
		cfg: cfg, defs: newDefinitions(cfg.Compile),
		rules: make(chan store.RuleChange, burst), changes: make(chan store.StateChange, burst),
	}
	sources, ruleSub, err := cfg.Rules.Watch(ctx)
	if err != nil {
		return nil, err
	}
	states, stateSub, err := cfg.States.Watch(ctx)
	if err != nil {
		ruleSub.Close()
		return nil, err
	}
	f.ruleSub, f.stateSub, f.states = ruleSub, stateSub, maps.Clone(states)
	if f.states == nil {
		f.states = event.States{}
	}
	for _, src := range sources {
		f.defs.put(src)
	}
	changes := f.defs.rebuild()
	f.broken.Store(f.defs.broken())
	f.engine = engine.NewEngine(engine.NewSnapshot(f.defs.ruleset, maps.Clone(f.states), cfg.Now()))
	cfg.Observe(Update{f.engine.Snapshot(), changes})
	f.start()
	return f, nil
}

func (f *Follower) start() {
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	f.running.Go(func() { pump(ctx, f.ruleSub, f.rules) })
	f.running.Go(func() { pump(ctx, f.stateSub, f.changes) })
	f.running.Go(func() { f.apply(ctx) })
}

// Engine returns the engine that f keeps up to date.
func (f *Follower) Engine() *engine.Engine { return f.engine }

// Broken returns how many rule files there are whose content is not taken.
func (f *Follower) Broken() int { return int(f.broken.Load()) }

// Close stops following and waits until nothing of f runs any more. The
// snapshot stays in force.
func (f *Follower) Close() {
	f.stop()
	f.running.Wait()
	f.ruleSub.Close()
	f.stateSub.Close()
}

// pump moves changes from a mailbox to a channel, which a select can wait for.
// It ends with ctx, or with the store.
func pump[C any](ctx context.Context, sub *store.Subscription[C], to chan<- C) {
	for {
		c, err := sub.Next(ctx)
		if err != nil {
			return
		}
		select {
		case to <- c:
		case <-ctx.Done():
			return
		}
	}
}

// apply takes what has come in, as much of it as there is, and makes one
// snapshot of it.
func (f *Follower) apply(ctx context.Context) {
	for {
		var b batch
		select {
		case c := <-f.rules:
			b.rules = append(b.rules, c)
		case c := <-f.changes:
			b.states = append(b.states, c)
		case <-ctx.Done():
			return
		}
		b.drain(f.rules, f.changes)
		f.update(&b)
	}
}

// A batch is the changes of one update.
type batch struct {
	rules  []store.RuleChange
	states []store.StateChange
}

// drain takes what waits in the channels, and waits for nothing.
func (b *batch) drain(rules <-chan store.RuleChange, states <-chan store.StateChange) {
	for range len(rules) {
		b.rules = append(b.rules, <-rules)
	}
	for range len(states) {
		b.states = append(b.states, <-states)
	}
}

func (f *Follower) update(b *batch) {
	var changes []Change
	before := f.defs.ruleset
	f.defs.take(b.rules)
	span := f.begin(b)
	if len(b.rules) > 0 {
		validate := span.Child(trace.Validate)
		changes = f.defs.rebuild()
		validate.End()
		f.broken.Store(f.defs.broken())
	}
	for _, c := range b.states {
		f.setState(c)
		changes = append(changes, Change{Op: StateSet, RuleID: c.RuleID, State: c})
	}
	publish := span.Child(trace.Publish)
	snapshot := f.engine.Snapshot()
	switch now := f.cfg.Now(); {
	case f.defs.ruleset != before:
		snapshot = engine.NewSnapshot(f.defs.ruleset, maps.Clone(f.states), now)
	case len(b.states) > 0:
		snapshot = snapshot.WithStates(f.states, now)
	}
	f.engine.Swap(snapshot)
	if len(changes) > 0 {
		f.cfg.Observe(Update{snapshot, changes})
	}
	publish.End()
	span.End()
}

// begin begins the span of an update, which names a rule when one state is all
// that changed.
func (f *Follower) begin(b *batch) trace.Span {
	if len(b.rules) > 0 {
		return f.cfg.Tracer.Start(trace.Ingest)
	}
	span := f.cfg.Tracer.Start(trace.StateChange)
	if len(b.states) == 1 {
		span.Set(trace.RuleID, b.states[0].RuleID)
	}
	return span
}

// setState notes a state. Only those that do something are kept.
func (f *Follower) setState(c store.StateChange) {
	if c.State.Mode == event.Enabled {
		delete(f.states, c.RuleID)
	} else {
		f.states[c.RuleID] = c.State
	}
}
