package main

import (
	"context"
	"crypto/rand"
	"os"
	"time"

	"github.com/spf13/cobra"

	"ttpctl/internal/engine"
	"ttpctl/internal/ingest"
	"ttpctl/internal/store"
	"ttpctl/internal/store/rulesdir"
	"ttpctl/internal/store/sqlite"
	"ttpctl/internal/worker"
)

// serveFlags are the flags of `ttpctl serve`.
type serveFlags struct {
	output     outputs
	origin     ruleOrigin
	input      inputFlags
	workers    int
	stdinName  string
	allowEmpty bool
}

// newServeCmd returns `ttpctl serve`.
func newServeCmd(a *app) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Tag events from stdin while rules and states change",
		Long: `Tag the events that come on stdin, until it ends. Rules and states are
followed: an edit in a --rules directory is in force within half a second, a
state set by ttpctl rule within one, and nothing is restarted. A broken edit
leaves the last good version in force, and is logged.

Tags are stored in the database, and those that were not stored before go to
stdout, one a line: a replay prints nothing. With --db none every tag is
printed, and no state can be set.

--store database takes the rules from the database; with --rules, what its
layers come to is mirrored into it.

Tags are appended to a file of -o one by one, and the file is synced to the disk
when serve ends. When the reader of stdout goes away, serve ends with exit code 4.

The first interrupt finishes what was read, and exits 0; the second stops at
once. While the database is locked, full, moved or deleted, the input waits, and
no event is lost.`,
		Example: "  tail -F cowrie.json | ttpctl serve --rules rules/ttp >> tags.jsonl",
		Args:    noArgs,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, "jsonl", "csv", "none")
	f.input.register(cmd)
	f.input.registerSources(cmd)
	fs.IntVar(&f.workers, "workers", 0, "goroutines that decode, and as many that evaluate (default one a processor)")
	fs.StringVar(&f.stdinName, "stdin-filename", "stdin", "`name` to report stdin by")
	fs.BoolVar(&f.allowEmpty, "allow-empty", false, "start even when no rule is usable, and wait for rules")
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		f.origin = a.ruleOrigin()
		return runServe(ctx, f, a.streams)
	})
	return cmd
}

// idleCheck is how often serve lets the time of silent input go on with the
// clock: input without an end has no line that would close what is over.
const idleCheck = time.Minute

// runServe tags stdin until it ends or ctx does.
func runServe(ctx context.Context, f serveFlags, s *streams) (err error) {
	list, err := f.output.choose(s, "jsonl")
	if err != nil {
		return err
	}
	if err := s.guard(list, append(f.input.files(), "-")...); err != nil {
		return err
	}
	if f.workers < 0 || f.workers > maxWorkers {
		return cannotRun("", "--workers: %d is outside [0, %d]", f.workers, maxWorkers)
	}
	cfg, err := f.input.config(ctx, s)
	if err != nil {
		return err
	}
	v := &serving{streams: s, origin: f.origin}
	defer func() { err = joinErrors(err, v.close()) }()
	if err := v.open(ctx); err != nil {
		return err
	}
	if n := len(v.snapshot().Ruleset().Rules()); n == 0 && !f.allowEmpty {
		return cannotRun("ttpctl validate says what is wrong with rules; --allow-empty starts all the same, and waits for some", "no usable rule: all input would pass untagged")
	}
	sinks, err := s.openAppended(list)
	if err != nil {
		return err
	}
	out, err := newTagOutputs(sinks, v.meta(), s)
	if err != nil {
		return err
	}
	p := &printer{out: out}
	tagger := &worker.Tagger{
		InForce: v.snapshot, Now: s.now, Following: true, Publish: p.print, Observe: func(n worker.Note) { logNote(s, n) },
	}
	if v.db != nil {
		tagger.Tags = v.db.Tags()
	}
	if cfg.HashKey, err = v.hashKey(ctx); err != nil {
		return err
	}
	clock := time.NewTicker(idleCheck)
	defer clock.Stop()
	cfg.Workers, cfg.Idle = f.workers, clock.C
	account, err := tagger.Run(ctx, []ingest.Input{{Name: f.stdinName, Reader: s.in}}, cfg)
	err = joinErrors(p.lost(err, tagger.Stats(), v.db != nil), out.finish(nil))
	v.summarize(&account, tagger.Stats())
	for _, e := range account.Errors {
		err = joinErrors(err, broke("input %s: %w", e.File, e.Err))
	}
	return err
}

// A serving is what serve follows: where rules and states come from, and what
// is in force.
type serving struct {
	*streams
	origin   ruleOrigin
	db       *sqlite.DB // nil with --db none
	follower *worker.Follower
	lease    *store.Holder  // nil without db
	closers  []func() error // called last first
}

// open opens everything. What it opened is closed by close, also after an
// error.
func (v *serving) open(ctx context.Context) error {
	file, err := dbFile(v.origin.db, v.streams)
	if err != nil {
		return err
	}
	if file != "" {
		err := v.patiently(ctx, func() (err error) { v.db, err = makeDB(ctx, file, v.streams); return err })
		if err != nil {
			return err
		}
		v.closers = append(v.closers, v.db.Close)
	}
	source, err := v.source(ctx)
	if err != nil {
		return err
	}
	if v.db != nil {
		v.lease = holdLease("serve", v.db, v.streams)
		v.closers = append(v.closers, v.lease.Close)
	}
	observer := &ruleObserver{log: v.log, recorder: v.lease}
	cfg := worker.Config{
		Rules: source, States: v.states(), Compile: compileConfig(v.streams, false), Now: v.now, Observe: observer.observe,
	}
	err = v.patiently(ctx, func() (err error) { v.follower, err = worker.Follow(ctx, cfg); return err })
	if err != nil {
		return err
	}
	v.closers = append(v.closers, func() error { v.follower.Close(); return nil })
	return nil
}

// hashKey returns the key under which passwords are hashed: the database's
// own, made once, so that hashes stay comparable across restarts. Without a
// database it is that of tag.
func (v *serving) hashKey(ctx context.Context) (key []byte, err error) {
	if v.db == nil {
		return nil, nil
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
	for _, name := range v.origin.rules.orPack() {
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
	if name == packLayer {
		return embeddedPack(packName), nil
	}
	info, err := os.Stat(name)
	if err == nil && !info.IsDir() {
		return nil, cannotRun("name the directory that it is in", "--rules %s: serve follows a directory, this is a file", name)
	}
	if err != nil {
		return nil, cannotRun("", "--rules %s: %w", name, reason(err))
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
	if len(v.origin.rules) == 0 {
		return v.db.Rules(), nil
	}
	layers, err := v.layers(ctx)
	if err != nil {
		return nil, err
	}
	opts := worker.MirrorOptions{
		Compile: compileConfig(v.streams, false),
		By:      loginName(v.streams), Into: v.db.Path(), Notify: func(n store.Notice) { logNotice(v.streams, n) },
	}
	var mirror *worker.Mirror
	err = v.patiently(ctx, func() (err error) { mirror, err = worker.NewMirror(ctx, layers, v.db.Rules(), opts); return err })
	if err != nil {
		return nil, err
	}
	run, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- mirror.Run(run) }()
	v.closers = append(v.closers, func() error { stop(); return <-done })
	return v.db.Rules(), nil
}

// snapshot returns what is in force.
func (v *serving) snapshot() *engine.Snapshot { return v.follower.Engine().Snapshot() }
