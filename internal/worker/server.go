package worker

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/store"
)

// retryEvery is the time between two attempts to store tags.
const retryEvery = time.Second

// A Server runs events through an engine while its snapshot changes. Its
// fields are set before Run and not changed afterwards; it runs once.
type Server struct {
	Engine *engine.Engine
	Tags   store.Tags // nil = nothing is stored, and every tag is published
	// Publish is given the new tags of one batch, in order, from one
	// goroutine. It keeps nothing of them.
	Publish func(tags []event.Tag) error
	Now     func() time.Time
	Log     *slog.Logger

	mu         sync.Mutex
	evaluators []*evaluator
	broken     map[brokenRule]bool // told

	// Of the goroutine that delivers, until Run has returned.
	stats    Stats
	rejected int
	unread   [event.NumKinds]bool // kinds told: no rule reads them
	unknown  map[string]bool      // kinds told: this build does not know them
	waiting  bool                 // the last attempt to store failed
}

type brokenRule struct {
	id   string
	kind event.Kind
}

// Bounds of the log, which grows with what strangers send.
const (
	rejectionsLogged = 64
	rejectionsEvery  = 1000 // beyond those, one in so many
	unknownLogged    = 64
	nameLogged       = 128 // bytes
)

// Stats are what a Server counted besides the account of its input.
type Stats struct {
	New        int64 // tags published
	Duplicates int64 // tags that were stored before
	BelowFloor int64 // tags not made: their confidence was below event.Floor
	Panics     int64 // rules that broke on an event
}

// Run reads inputs until they end or ctx does, and finishes what it has read.
// The error is that of storing or publishing.
//
// A database that is locked or full holds the input up, and is tried again
// until ctx ends; then once more.
func (s *Server) Run(ctx context.Context, inputs []ingest.Input, cfg ingest.Config) (ingest.Account, error) {
	cfg.Fields = nil // all: a rule that comes later may read them
	return ingest.Run(ctx, inputs, cfg, s.newEvaluator, func(b *ingest.Batch) error {
		s.note(b)
		return s.deliver(ctx, b.Tags)
	})
}

// Stats returns what Run counted; it is called after Run.
func (s *Server) Stats() Stats {
	st := s.stats
	for _, e := range s.evaluators {
		st.BelowFloor += int64(e.scratch.BelowFloor)
		st.Panics += int64(e.scratch.PanicCount)
	}
	return st
}

// An evaluator judges events on one goroutine.
type evaluator struct {
	server  *Server
	scratch *engine.Scratch
}

func (s *Server) newEvaluator() ingest.Evaluator {
	e := &evaluator{s, engine.NewScratch()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.evaluators = append(s.evaluators, e)
	return e
}

// Evaluate implements [ingest.Evaluator].
func (e *evaluator) Evaluate(dst []event.Tag, ev *event.Event) []event.Tag {
	before := e.scratch.PanicCount
	dst = e.server.Engine.Snapshot().Evaluate(dst, ev, e.server.Now(), e.scratch)
	if e.scratch.PanicCount > before {
		e.server.notePanics(e.scratch.TakePanics())
	}
	return dst
}

// notePanics logs each rule once that broke on events of a kind.
func (s *Server) notePanics(panics []engine.Panic) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range panics {
		key := brokenRule{p.RuleID, p.Kind}
		if s.broken[key] {
			continue
		}
		if s.broken == nil {
			s.broken = map[brokenRule]bool{}
		}
		s.broken[key] = true
		s.Log.Warn("a rule broke on an event and was skipped for it", "rule", p.RuleID, "kind", p.Kind.String(), "panic", p.Value)
	}
}

func (s *Server) deliver(ctx context.Context, tags []event.Tag) error {
	if s.Tags == nil {
		s.stats.New += int64(len(tags))
		return s.Publish(tags)
	}
	if len(tags) == 0 {
		return nil
	}
	in, err := s.store(ctx, tags)
	if err != nil {
		return err
	}
	s.stats.Duplicates += int64(in.Duplicates)
	s.stats.New += int64(len(in.New))
	fresh := tags[:0]
	for _, i := range in.New {
		fresh = append(fresh, tags[i])
	}
	return s.Publish(fresh)
}

// store inserts tags, however long that takes.
func (s *Server) store(ctx context.Context, tags []event.Tag) (store.Inserted, error) {
	for {
		// What was read is finished, also after ctx has ended.
		in, err := s.Tags.Insert(context.WithoutCancel(ctx), tags)
		if s.waiting && err == nil {
			s.waiting = false
			s.Log.Info("tags are stored again")
		}
		if err == nil || ctx.Err() != nil || !errors.Is(err, store.ErrLocked) && !errors.Is(err, store.ErrFull) {
			return in, err
		}
		if !s.waiting {
			s.waiting = true
			s.Log.Error("tags cannot be stored, the input waits", "err", err)
		}
		select {
		case <-time.After(retryEvery):
		case <-ctx.Done():
		}
	}
}

// note logs lines that were rejected, and once each the kinds that nobody
// reads.
func (s *Server) note(b *ingest.Batch) {
	for _, r := range b.Rejections {
		s.rejected++
		if s.rejected <= rejectionsLogged || s.rejected%rejectionsEvery == 0 {
			s.Log.Warn("line rejected", "file", r.File, "line", r.Line, "reason", r.Reason, "so_far", s.rejected)
		}
	}
	a, needs := b.Account(), s.Engine.Snapshot().Ruleset().Needs()
	for _, k := range event.Kinds() {
		if a.Kinds[k] > 0 && !s.unread[k] && !needs.Kind(k) {
			s.unread[k] = true
			s.Log.Warn("no rule in force reads this kind of event", "kind", k.String())
		}
	}
	for _, name := range a.UnknownKinds.Names() {
		s.noteUnknown(name)
	}
}

func (s *Server) noteUnknown(name string) {
	name = strings.ToValidUTF8(name[:min(len(name), nameLogged)], "")
	if s.unknown[name] || len(s.unknown) >= unknownLogged {
		return
	}
	if s.unknown == nil {
		s.unknown = map[string]bool{}
	}
	s.unknown[strings.Clone(name)] = true
	s.Log.Info("events of an unknown kind pass through unhandled", "kind", name)
}
