package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/lines"
	"ttpctl/internal/store"
	"ttpctl/internal/trace"
)

// A Feed is what a Service reads in one order, with state of its own: a log with
// its rotations, or what comes over one way and is kept in segments.
type Feed struct {
	Source string // its name in the ledger, for ever
	Input  ingest.Input
	Format string                   // of its lines; "" = as Service.Ingest says
	Ack    func(lines.Cursor) error // what lies before a cursor is not needed any more; nil = nothing is kept
}

// A Service runs a [Tagger] with a [Journal] for each feed, all at once, into
// one ledger. Its fields are set before Run and not changed afterwards.
type Service struct {
	InForce func() *engine.Snapshot
	Now     func() time.Time
	Ledger  store.Ledger
	Owner   string       // who commits, for people
	Filter  event.Filter // what is tagged; see Tagger
	// Ingest is how every feed is read. With KeepOpen, what is open when feeds end
	// stays open for the next run.
	Ingest ingest.Config
	// StateVersion says in which of StateVersions states are written; see Journal.
	StateVersion func() int
	// Forward has events brought to others instead of judged; nil = they are judged.
	Forward *Forward
	// Record makes what notes the events of sessions that are kept, and Typed returns
	// their lines of what it noted of a batch. nil = no sessions are kept.
	Record func() Recorder
	Typed  func(noted any) []store.SessionLines
	// Once ends a feed that cannot be read with its error, rather than try again.
	Once bool
	// Resumed is told of a source before its first commit, each time that it is gone
	// on with; its error is one of storing. nil = nobody is.
	Resumed func(ctx context.Context, source string) error
	// Committed and Delivered are told what happens, from many goroutines.
	// nil = nobody is.
	Committed func(*Committed)
	Delivered func(source string, b *ingest.Batch)
	Observe   func(Note)    // from one goroutine at a time; see Tagger
	Tracer    *trace.Tracer // nil = off

	stateEvery time.Duration // see Journal
	formats    []stateFormat // likewise

	mu      sync.Mutex
	account ingest.Account
	stats   Stats
}

const (
	// idleCheck is how often the time of silent input goes on with the clock: input
	// without an end has no line that would close what is over.
	idleCheck = time.Minute
	// reopenFirst and reopenMost are how long to wait before a feed that could not
	// be read is tried again: twice as long each time.
	reopenFirst = time.Second
	reopenMost  = time.Minute
)

// Run reads the feeds that come until they, or ctx, have ended, and finishes
// what it has read. It returns the first error of storing, which ends all.
func (s *Service) Run(ctx context.Context, feeds <-chan Feed) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		for {
			select {
			case f, more := <-feeds:
				if !more {
					return nil
				}
				g.Go(func() error { return s.Follow(ctx, f) })
			case <-ctx.Done():
				return nil
			}
		}
	})
	return g.Wait()
}

// Account returns what all runs counted; it is called after Run.
func (s *Service) Account() *ingest.Account { return &s.account }

// Stats returns what all taggers counted; it is called after Run.
func (s *Service) Stats() Stats { return s.stats }

// Follow reads one feed until it, or ctx, has ended, again from where it stands
// whenever it could not be read, and finishes what it has read. Its error is one of
// storing: store.ErrFenced when another process has resumed the source. It may be
// called for several feeds at once.
func (s *Service) Follow(ctx context.Context, f Feed) error {
	for wait := reopenFirst; ; wait = min(2*wait, reopenMost) {
		begun := time.Now()
		failed, err := s.read(ctx, f)
		switch {
		case errors.Is(err, store.ErrReplaced) && ctx.Err() == nil:
			failed = err // it goes on in the database that there is now
		case err != nil || failed == nil || s.Once || ctx.Err() != nil:
			return err
		}
		s.tell(Note{Kind: SourceFailed, Source: f.Source, Err: failed})
		if time.Since(begun) > reopenMost {
			wait = reopenFirst
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// read runs a tagger over f from where it stands. failed is why f was not read
// to its end; err ends the service.
func (s *Service) read(ctx context.Context, f Feed) (failed, err error) {
	j := &Journal{Ledger: s.Ledger, StateEvery: s.stateEvery, StateVersion: s.StateVersion, note: s.tell, formats: s.formats}
	err = j.insist(ctx, func(ctx context.Context) (err error) {
		if j.Position, err = s.Ledger.Resume(ctx, f.Source, s.Owner); err == nil && s.Resumed != nil {
			err = s.Resumed(ctx, f.Source)
		}
		return err
	})
	if ctx.Err() != nil {
		return nil, nil // nothing was read
	}
	if err != nil {
		return nil, err
	}
	j.Committed = func(c *Committed) { s.committed(&f, c) }
	clock := time.NewTicker(idleCheck)
	defer clock.Stop()
	cfg := s.Ingest
	cfg.Idle = clock.C
	if f.Format != "" {
		cfg.Format = f.Format
	}
	t := &Tagger{InForce: s.InForce, Now: s.Now, Filter: s.Filter, Forward: s.Forward, Journal: j, Observe: s.tell, Tracer: s.Tracer}
	if s.Typed != nil {
		t.Record, t.Recorded = s.Record, func(noted any) { j.keep(s.Typed(noted)) }
	}
	if s.Delivered != nil {
		t.Delivered = func(b *ingest.Batch) { s.Delivered(f.Source, b) }
	}
	a, err := t.Run(ctx, []ingest.Input{f.Input}, cfg)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account.Add(&a, &s.Ingest)
	s.stats.add(t.Stats())
	for _, e := range a.Errors {
		failed = errors.Join(failed, e)
	}
	return failed, err
}

// committed has what lies before a saved state forgotten.
func (s *Service) committed(f *Feed, c *Committed) {
	if c.StateCursor != "" && f.Ack != nil {
		if err := f.Ack(c.StateCursor); err != nil {
			s.tell(Note{Kind: NotForgotten, Source: f.Source, Err: err})
		}
	}
	if s.Committed != nil {
		s.Committed(c)
	}
}

// tell passes a note on, one at a time.
func (s *Service) tell(n Note) {
	if s.Observe == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Observe(n)
}
