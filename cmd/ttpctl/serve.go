package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"ttpctl/internal/ingest"
	"ttpctl/internal/publish"
	"ttpctl/internal/report/sessions"
	"ttpctl/internal/store"
	"ttpctl/internal/vitals"
	"ttpctl/internal/worker"
)

// serveFlags are the flags of `ttpctl serve`.
type serveFlags struct {
	output     outputs
	publish    publishFlags
	sources    sourceFlags
	listen     listenFlags
	nats       natsFlags
	origin     ruleOrigin
	input      inputFlags
	durability string
	trace      string
	workers    int
	grace      time.Duration
	allowEmpty bool
	// keepSessions is for how many days sessions are kept; 0 = they are not.
	keepSessions int
}

// newServeCmd returns `ttpctl serve`.
func newServeCmd(a *app) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Tag what sensors write, while rules and states change",
		Long: `Tag the logs that --follow names, as they are written and through every
rotation, or the events that come on stdin. Rules and states are followed, too:
an edit in a --rules directory is in force within half a second, a state set by
ttpctl rule within one, and nothing is restarted. A broken edit leaves the last
good version in force, and is logged.

Tags are stored in the database, and those that were not stored before are
published: to stdout, one a line, or wherever -o, --webhook and --syslog say. A
replay publishes nothing. How far each log was read is stored with the tags, and
so is what is open: serve can be killed at any moment, and goes on where it was.
What comes on stdin is kept in --spool until it was tagged, and so is what comes
over HTTP with --listen, which also answers for rules, states, tags, health and
metrics.

With --db none nothing is kept, every tag is published, and no state can be set.
--store database takes the rules from the database; with --rules, what its
layers come to is mirrored into it.

With --publish nats://... nothing is tagged here: what is read goes to partitions
in NATS JetStream, and serve --source nats://... tags it there, with -o nats://...
publishing what it stores. An attacker's events stay together and in order.

With --keep-sessions the sessions are kept, too, as they were typed and masked as in
a report: ttpctl report html and ttpctl sessions show them without the logs.

An output that is slow or gone holds up no other; what waits for it is kept in
the database and published when it is back, also after a restart.

The first interrupt finishes what was read, and exits 0; the second stops at
once. What is open then stays open for the next start; --once reads every source
to its end, closes what is open as ttpctl tag does, and exits. While the database
is locked, full, moved or deleted, the input waits, and no event is lost.`,
		Example: `  ttpctl serve --follow /var/log/cowrie/cowrie.json -o jsonl=/var/log/ttpctl/tags.jsonl
  tail -F cowrie.json | ttpctl serve --rules rules/ttp >> tags.jsonl`,
		Args: noArgs,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, "jsonl", "csv", "none", natsFormat)
	f.publish.register(cmd)
	f.sources.register(cmd)
	f.listen.register(cmd)
	f.nats.register(cmd)
	f.input.register(cmd)
	f.input.registerSources(cmd)
	fs.IntVar(&f.workers, "workers", 0, "goroutines that decode, and as many that evaluate, for each source (default one a processor)")
	fs.StringVar(&f.trace, "trace", "", "send OpenTelemetry spans to this `URL`, such as http://localhost:4318 (or OTEL_EXPORTER_OTLP_ENDPOINT)")
	fs.BoolVar(&f.allowEmpty, "allow-empty", false, "start even when no rule is usable, and wait for rules")
	fs.IntVar(&f.keepSessions, "keep-sessions", 0, "keep sessions as they were typed for so many `days` after their last line; 0 = tags only")
	fs.DurationVar(&f.grace, "grace", 10*time.Second, "how long outputs may take, at the end, for what was not published yet")
	enumVar(cmd, fs, &f.durability, "durability", "full", []string{"full", "normal"},
		"full syncs every transaction; with normal a power failure, not a crash, may take the last ones back")
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		f.origin, f.sources.listens = a.ruleOrigin(), f.listen.Addr != "" || f.nats.source != ""
		return runServe(ctx, f, a.streams)
	})
	return cmd
}

// runServe tags what its sources give until they end or ctx does.
func runServe(ctx context.Context, f serveFlags, s *streams) (err error) {
	list, err := f.output.choose(s, "jsonl")
	if err != nil {
		return err
	}
	if err := s.guard(list, append(f.input.files(), f.sources.reads()...)...); err != nil {
		return err
	}
	if f.workers < 0 || f.workers > maxWorkers {
		return cannotRun("", "--workers: %d is outside [0, %d]", f.workers, maxWorkers)
	}
	if err := sessions.CheckKeep(f.keepSessions, f.origin.db, f.nats.publish); err != nil {
		return err
	}
	v := &serving{streams: s, origin: f.origin, durability: f.durability, traceTo: f.trace}
	defer func() { err = joinErrors(err, v.close()) }()
	opening := !f.sources.once // what --once was asked for is not done
	defer func() {
		if opening && stopped(ctx, err) {
			s.log.Info("stopped before anything was read")
			err = nil
		}
	}()
	cfg, err := f.input.config(ctx, s)
	if err != nil {
		return err
	}
	if err := v.open(ctx); err != nil {
		return err
	}
	if n := len(v.snapshot().Ruleset().Rules()); n == 0 && !f.allowEmpty {
		return cannotRun("ttpctl validate says what is wrong with rules; --allow-empty starts all the same, and waits for some", "no usable rule: all input would pass untagged")
	}
	web, err := f.listen.open(&f.sources, v)
	if err != nil {
		return err
	}
	if err := v.openNATS(&f.nats); err != nil {
		return err
	}
	partitions, err := f.nats.partitions(ctx, v)
	if err != nil {
		return err
	}
	var all []worker.Feed // of a process that shares nothing
	if v.db == nil {
		all, partitions = partitions, nil
	}
	feeds, err := f.sources.open(ctx, cfg, web, all, v)
	if err != nil {
		return err
	}
	publisher, err := f.publisher(ctx, list, web, v)
	if err != nil {
		return err
	}
	defer reopenOnHangUp(s, publisher.Reopen, web.reload)()
	if cfg.HashKey, err = v.hashKey(ctx, cfg.HashKey); err != nil {
		return err
	}
	cfg.Workers, cfg.KeepOpen = f.workers, !f.sources.once && v.db != nil
	limiter := publish.NewLimiter(f.publish.maxTags, s.now)
	if slices.ContainsFunc(list, func(o output) bool { return o.format == natsFormat }) {
		limiter.Bury()
	}
	service := v.service(cfg, publisher, limiter)
	service.Once = f.sources.once
	if f.keepSessions > 0 {
		v.keepSessions(f.keepSessions, service)
	}
	if f.nats.publish != "" {
		service.Forward = worker.NewForward(v.outbox(), f.publish.outboxMax)
	}
	if f.nats.route {
		if err := f.routes(ctx, cfg, web, v); err != nil {
			return joinErrors(err, f.closeOutputs(publisher, s))
		}
	}
	opening = false
	web.watch(service, publisher, limiter)
	web.start(f.grace)
	defer s.tellManager(ctx)()
	err = v.work(ctx, service, publisher, feeds, partitions)
	err = joinErrors(err, f.closeOutputs(publisher, s))
	v.summarize(service.Account(), service.Stats())
	for _, e := range service.Account().Errors {
		err = joinErrors(err, broke("input %s: %w", e.File, e.Err))
	}
	return err
}

// stopped reports whether err is that ctx ended: of what serve was asked to do
// nothing was begun then, and nothing is left to drain.
func stopped(ctx context.Context, err error) bool {
	cause := context.Cause(ctx)
	return cause != nil && (errors.Is(err, cause) || errors.Is(err, context.Canceled))
}

// service returns what tags the sources.
func (v *serving) service(cfg ingest.Config, p *publish.Publisher, limiter *publish.Limiter) *worker.Service {
	return &worker.Service{
		InForce: v.snapshot, Now: v.now, Ledger: limiter.Ledger(v.ledger()), Owner: thisProcess(),
		Ingest: cfg, Resumed: p.Add, Committed: func(c *worker.Committed) { p.Committed(c.Source) },
		Observe: vitals.Log{Log: v.log}.Note, Tracer: v.tracer,
	}
}

// keepSessions has service keep sessions as they were typed, for so many days.
func (v *serving) keepSessions(days int, service *worker.Service) {
	noter := sessions.NewKeeper(sessions.Options{})
	service.Record, service.Typed = func() worker.Recorder { return noter.Recorder() }, sessions.Lines
	v.background(func(ctx context.Context) error {
		store.ForgetSessions(ctx, v.db.Sessions(), days, v.now, func(n store.Notice) { logNotice(v.streams, n) })
		return nil
	})
}
