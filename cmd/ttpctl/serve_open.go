package main

import (
	"context"
	"crypto/rand"
	"os"
	"sync/atomic"
	"time"

	"ttpctl/internal/bus"
	"ttpctl/internal/carry"
	"ttpctl/internal/collector"
	"ttpctl/internal/engine"
	"ttpctl/internal/fleet"
	"ttpctl/internal/hint"
	"ttpctl/internal/store"
	"ttpctl/internal/store/rulesdir"
	"ttpctl/internal/trace"
	"ttpctl/internal/vitals"
	"ttpctl/internal/worker"
)

// A serving is what serve follows: where rules and states come from, and what
// is in force.
type serving struct {
	*streams
	origin     ruleOrigin
	durability string
	traceTo    string              // --trace
	db         store.Database      // nil with --db none
	memory     *store.MemoryLedger // nil with a database
	bus        *bus.Bus            // nil without --listen
	over       *carry.Over
	follower   *worker.Follower
	lease      *store.Holder                       // nil without db
	fleet      *fleet.Member                       // likewise
	tracer     *trace.Tracer                       // nil = off
	updated    atomic.Pointer[func(worker.Update)] // is told of updates too; nil = nobody
	closers    []func() error                      // called last first
}

// background runs fn until it ends, or close ends its context and waits for it.
func (v *serving) background(fn func(ctx context.Context) error) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- fn(ctx) }()
	v.closers = append(v.closers, func() error { stop(); return <-done })
}

// open opens everything. What it opened is closed by close, also after an
// error.
func (v *serving) open(ctx context.Context) error {
	collector.PreferHuge()
	file, err := dbFile(v.origin.db, v.streams)
	if err != nil {
		return err
	}
	if file == "" {
		v.memory = store.NewMemoryLedger(v.now)
	} else if err := v.openDB(ctx, file); err != nil {
		return err
	}
	if err := v.openTracer(); err != nil {
		return err
	}
	if v.db != nil {
		v.lease = holdLease("serve", v.db, v.streams)
		v.closers = append(v.closers, v.lease.Close)
		v.fleet = joinFleet(v.db, v.lease.ID(), v.streams)
		v.closers = append(v.closers, v.fleet.Close)
	}
	source, err := v.source(ctx)
	if err != nil {
		return err
	}
	observer := &vitals.RuleLog{Log: v.log, Recorder: v.lease}
	cfg := worker.Config{
		Rules: source, States: v.states(), Compile: runConfig(v.streams, false), Now: v.now, Tracer: v.tracer,
		Observe: func(u worker.Update) {
			observer.Updated(u)
			if told := v.updated.Load(); told != nil {
				(*told)(u)
			}
		},
	}
	err = v.patiently(ctx, func() (err error) { v.follower, err = worker.Follow(ctx, cfg); return err })
	if err != nil {
		return err
	}
	v.closers = append(v.closers, func() error { v.follower.Close(); return nil })
	return nil
}

// traceWithin is how long the last spans may take to be sent.
const traceWithin = 2 * time.Second

// openTracer begins to send spans when --trace or OpenTelemetry's variables say
// where to.
func (v *serving) openTracer() error {
	cfg, on, err := trace.FromEnv(func(name string) string {
		if name == "OTEL_EXPORTER_OTLP_ENDPOINT" && v.traceTo != "" {
			return v.traceTo
		}
		return v.getenv(name)
	})
	if err != nil {
		return cannotRun("for example http://localhost:4318", "--trace: %w", err)
	}
	if !on {
		return nil
	}
	cfg.Version = readBuild().Version
	cfg.Failed = func(err error) { v.log.Warn("spans cannot be sent", "err", err) }
	v.tracer = trace.New(cfg)
	v.closers = append(v.closers, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), traceWithin)
		defer cancel()
		v.tracer.Close(ctx)
		return nil
	})
	return nil
}

func (v *serving) openDB(ctx context.Context, file string) error {
	opts := dbOptions(v.streams)
	opts.Durable = v.durability == "full"
	err := v.patiently(ctx, func() (err error) { v.db, err = makeDBWith(ctx, file, opts, v.streams); return err })
	if err == nil {
		v.closers = append(v.closers, v.db.Close)
	}
	return err
}

// hashKey returns the key under which passwords are hashed: the database's
// own, made once, so that hashes stay comparable across restarts. Without a
// database it is that of tag; one that is given goes before either.
func (v *serving) hashKey(ctx context.Context, given []byte) (key []byte, err error) {
	if v.db == nil || given != nil {
		return given, nil
	}
	fresh := make([]byte, 32)
	rand.Read(fresh) // never fails
	err = v.patiently(ctx, func() (err error) { key, err = v.db.Key(ctx, "password-hash", fresh); return err })
	return key, err
}

func (v *serving) close() error {
	var errs []error
	for i := len(v.closers) - 1; i >= 0; i-- {
		errs = append(errs, v.closers[i]())
	}
	return joinErrors(errs...)
}

// states returns the operator's states. Without a database nobody sets any.
func (v *serving) states() store.StateStore {
	if v.db != nil {
		return v.db.States()
	}
	states := store.NewMemoryStates(v.now)
	v.closers = append(v.closers, states.Close)
	return states
}

// source opens where the rules come from.
func (v *serving) source(ctx context.Context) (store.RuleSource, error) {
	if v.origin.store == "database" {
		return v.tableSource(ctx)
	}
	return v.layers(ctx)
}

// layers opens the layers of --rules.
func (v *serving) layers(ctx context.Context) (store.RuleSource, error) {
	var layers []store.RuleSource
	for _, name := range v.origin.rules.OrPack() {
		layer, err := v.layer(ctx, name)
		if err != nil {
			return nil, err
		}
		v.closers = append(v.closers, layer.Close)
		layers = append(layers, layer)
	}
	if len(layers) == 1 {
		return layers[0], nil
	}
	all, err := store.NewLayered(ctx, layers...)
	if err != nil {
		return nil, err
	}
	v.closers = append(v.closers, all.Close)
	return all, nil
}

// A ruleLayer is one layer of --rules while serve follows it.
type ruleLayer interface {
	store.RuleSource
	Close() error
}

func (v *serving) layer(ctx context.Context, name string) (ruleLayer, error) {
	if name == rulesdir.PackLayer {
		return v.packSource(rulesdir.PackName), nil
	}
	info, err := os.Stat(name)
	if err == nil && !info.IsDir() {
		return nil, cannotRun("name the directory that it is in", "--rules %s: serve follows a directory, this is a file", name)
	}
	if err != nil {
		return nil, cannotRun("", "--rules %s: %w", name, hint.PathReason(err))
	}
	dir, err := rulesdir.Open(ctx, name, rulesdir.Options{
		Now: v.now, Notify: func(n store.Notice) { logNotice(v.streams, n) }, FollowLinks: v.followLinks,
	})
	if err != nil {
		return nil, cannotRun("", "--rules: %w", err)
	}
	return dir, nil
}

// tableSource returns the definitions in the database; with --rules it keeps
// them what its layers say.
func (v *serving) tableSource(ctx context.Context) (store.RuleSource, error) {
	if v.db == nil {
		return nil, cannotRun("leave one of them out", "--store database with --db none: there are no rules")
	}
	written := func() bool {
		all, err := v.db.Rules().All(ctx)
		return err != nil || len(all) > 0 // who follows them says what is wrong
	}
	if len(v.origin.rules) == 0 {
		return v.db.Rules(), v.fleet.AwaitOther(ctx, rulesClaim, written)
	}
	layers, err := v.layers(ctx)
	if err != nil {
		return nil, err
	}
	begun := make(chan error, 1)
	v.background(func(ctx context.Context) error { return v.mirror(ctx, layers, begun) })
	return v.db.Rules(), v.fleet.AwaitHolder(ctx, rulesClaim, begun, written)
}

// snapshot returns what is in force.
func (v *serving) snapshot() *engine.Snapshot { return v.follower.Engine().Snapshot() }
