// Package vitals says how a serve does: it listens to those who work, and
// answers readiness checks and scrapes with what they told.
//
// The model: a [Vitals] is told of notes, batches, commits and updates, counts
// them in [metrics.Metrics], and remembers what is not well at the moment. The
// rest it asks for, through the interfaces of a [Config].
//
// Invariant: it never holds up who tells it something: it asks the database only
// when it is asked itself, and for a bounded time.
//
// For example:
//
//	v := vitals.New(vitals.Config{Metrics: m, InForce: snapshot, Database: db})
//	service.Observe, service.Committed = v.Note, v.Committed
//	api.Config{Checks: v.Checks, Metrics: m.Handler()}
package vitals

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"ttpctl/internal/api"
	"ttpctl/internal/bus"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/fleet"
	"ttpctl/internal/ingest"
	"ttpctl/internal/jetstream"
	"ttpctl/internal/metrics"
	"ttpctl/internal/publish"
	"ttpctl/internal/store"
	"ttpctl/internal/worker"
)

// A Config is what Vitals ask.
type Config struct {
	Metrics  *metrics.Metrics
	Now      func() time.Time
	InForce  func() *engine.Snapshot
	Broken   func() int // rule files whose content is not taken
	Database Database
	Letters  Letters
	Outbox   Outbox
	Spool    Spool
	Bus      *bus.Bus      // is told what changes in force
	Fleet    *fleet.Member // nil = nothing is shared with other processes
}

// A Database may be written or not.
type Database interface {
	Writable(ctx context.Context) error
}

// Letters are the dead letters that are stored.
type Letters interface {
	Count(ctx context.Context) (int64, error)
}

// An Outbox holds what outputs have not passed on: a part of [store.Outbox].
type Outbox interface {
	Waiting(ctx context.Context) ([]store.Backlog, error)
}

// A Spool holds what was taken in and is not judged.
type Spool interface {
	Depth() (bytes, lines int64)
}

// Vitals are those of one serve. They are safe for concurrent use.
type Vitals struct {
	cfg Config

	mu        sync.Mutex
	waits     error            // why the store waits, nil = it does not
	failed    map[string]error // sources that cannot be read
	publisher *publish.Publisher
	limiter   *publish.Limiter
	nats      func(context.Context) []jetstream.Stats // nil = there is no connection
}

// New returns Vitals of which all is well, and has them asked at scrapes.
func New(cfg Config) *Vitals {
	v := &Vitals{cfg: cfg, failed: map[string]error{}}
	cfg.Metrics.Sampled(v.sample)
	return v
}

// Publishing says who publishes.
func (v *Vitals) Publishing(p *publish.Publisher, l *publish.Limiter) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.publisher, v.limiter = p, l
}

// Streaming says who knows how the connections to NATS do.
func (v *Vitals) Streaming(nats func(context.Context) []jetstream.Stats) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.nats = nats
}

// Note takes what a service told.
func (v *Vitals) Note(n worker.Note) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch n.Kind {
	case worker.StoreWaits:
		v.waits = n.Err
		v.cfg.Metrics.StoreWaits(true)
	case worker.StoreResumed:
		v.waits = nil
		v.cfg.Metrics.StoreWaits(false)
	case worker.SourceFailed:
		v.failed[n.Source] = n.Err
	case worker.RuleBroke:
		v.cfg.Metrics.Panicked(n.Panic.RuleID)
	}
}

// Published takes what a publisher told.
func (v *Vitals) Published(n publish.Note) {
	switch n.Kind {
	case publish.Stuck:
		v.cfg.Metrics.PublishFailed(n.Output)
	case publish.Lost:
		v.cfg.Metrics.Lost(n.Output, n.Messages)
	}
}

// Updated takes what a follower told.
func (v *Vitals) Updated(u worker.Update) {
	refused := slices.ContainsFunc(u.Changes, func(c worker.Change) bool { return c.Op == worker.Refused })
	states := func(c worker.Change) bool { return c.Op == worker.StateSet }
	if len(u.Changes) == 0 || !slices.ContainsFunc(u.Changes, states) {
		v.cfg.Metrics.Reloaded(!refused, v.cfg.Now())
	}
	for i := range u.Changes {
		v.cfg.Bus.Publish(MessageOf(&u.Changes[i]))
	}
}

// Delivered takes a batch that was judged: its source can be read.
func (v *Vitals) Delivered(source string, b *ingest.Batch) {
	v.cfg.Metrics.Delivered(b.Account())
	v.Carried(source, b)
	if at := b.Latest(); !at.IsZero() {
		v.cfg.Metrics.Lagged(source, max(0, v.cfg.Now().Sub(at)))
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.failed, source)
}

// Carried takes a batch of a source, and counts it if it came over NATS.
func (v *Vitals) Carried(source string, b *ingest.Batch) {
	if a := b.Account(); jetstream.IsSource(source) {
		v.cfg.Metrics.Carried(source, a.Direct+a.Absorbed+a.Ignored, a.Rejected)
	}
}

// Committed takes a commit.
func (v *Vitals) Committed(c *worker.Committed) {
	latency := time.Duration(0)
	if !c.ReadAt.IsZero() {
		latency = max(0, v.cfg.Now().Sub(c.ReadAt))
	}
	v.cfg.Metrics.Committed(c.Tags, c.Fresh, latency)
}

// askWithin bounds how long a check waits for the database.
const askWithin = time.Second

// Checks returns what must be well for events to be judged.
func (v *Vitals) Checks(ctx context.Context) []api.Check {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	return []api.Check{v.checkRules(), v.checkDatabase(ctx), v.checkSources()}
}

func (v *Vitals) checkRules() api.Check {
	n, broken := len(v.cfg.InForce().Ruleset().Rules()), v.cfg.Broken()
	switch {
	case n == 0:
		return bad("rules", "no rule is in force")
	case broken > 0:
		return bad("rules", fmt.Sprintf("rule files that do not compile: %d", broken))
	}
	return api.Check{Name: "rules", OK: true}
}

// checkDatabase asks for the write lock, unless the service waits for the
// database already. What is wrong is said by class: the error names paths.
func (v *Vitals) checkDatabase(ctx context.Context) api.Check {
	v.mu.Lock()
	err := v.waits
	v.mu.Unlock()
	if err == nil {
		err = v.cfg.Database.Writable(ctx)
	}
	switch store.ClassOf(err) {
	case store.Locked, store.Retry:
		return bad("database", "it is locked")
	case store.Full:
		return bad("database", "there is no room left")
	case store.Gone:
		return bad("database", "its file is gone")
	}
	if err != nil {
		return bad("database", "it cannot be written")
	}
	return api.Check{Name: "database", OK: true}
}

func (v *Vitals) checkSources() api.Check {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.failed) > 0 {
		return bad("sources", "cannot be read: "+strings.Join(slices.Sorted(maps.Keys(v.failed)), ", "))
	}
	return api.Check{Name: "sources", OK: true}
}

func bad(name, reason string) api.Check { return api.Check{Name: name, Reason: reason} }

// sample answers a scrape.
func (v *Vitals) sample(ctx context.Context) metrics.Sample {
	s := metrics.Sample{Rules: map[event.Mode]int{}, RefusedFiles: v.cfg.Broken()}
	s.SpoolBytes, s.SpoolLines = v.cfg.Spool.Depth()
	now, states := v.cfg.Now(), v.cfg.InForce().States()
	for _, r := range v.cfg.InForce().Ruleset().Rules() {
		s.Rules[states[r.ID].At(now).Mode]++
	}
	// A database that cannot be read at the moment leaves these at nothing: the
	// gauge of the store that waits, and readiness, say why.
	backlogs, _ := v.cfg.Outbox.Waiting(ctx)
	for _, b := range backlogs {
		s.Outbox = append(s.Outbox, metrics.Messages{Output: b.Output, Number: b.Messages})
	}
	s.DeadLetters, _ = v.cfg.Letters.Count(ctx)
	if v.cfg.Fleet != nil {
		if st, looks := v.cfg.Fleet.Status(); looks {
			s.Fleet = &metrics.Fleet{Workers: st.Workers, Held: st.Held, Ownerless: st.Ownerless, Claims: st.Events}
		}
	}
	v.mu.Lock()
	nats := v.nats
	v.mu.Unlock()
	if nats != nil {
		s.NATS = sampledNATS(nats(ctx))
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.publisher != nil {
		for _, st := range v.publisher.Statuses() {
			s.Published = append(s.Published, metrics.Messages{Output: st.Output, Number: st.Sent})
		}
		s.Suppressed = v.limiter.Suppressed()
	}
	return s
}

// sampledNATS returns what connections told as metrics have it.
func sampledNATS(all []jetstream.Stats) (out []metrics.NATS) {
	for _, st := range all {
		n := metrics.NATS{
			Server: st.Server, Connected: st.Connected, Reconnects: st.Reconnects, Lost: st.Lost,
			Published: st.Published, Acknowledged: st.Acknowledged, Duplicates: st.Duplicates, Failed: st.Failed, TooLarge: st.TooLarge,
		}
		for _, s := range st.Sources {
			n.Sources = append(n.Sources, metrics.NATSSource(s))
		}
		out = append(out, n)
	}
	return out
}
