package worker

import (
	"context"
	"sync"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/store"
)

// A Tagger runs inputs through the rules in force: it evaluates their events,
// stores the tags and publishes them, and accounts for all of it. tag is one on
// a fixed snapshot, serve one on an engine whose snapshot changes. Its fields
// are set before Run and not changed afterwards; it runs once.
type Tagger struct {
	// InForce returns what the next event is judged under.
	InForce func() *engine.Snapshot
	// Now is the instant of an evaluation: it decides which states have expired.
	Now func() time.Time
	// Filter chooses what is wanted. Tags of events outside its range are not
	// made; all others are stored, and those that it keeps published.
	Filter event.Filter

	Tags store.Tags // nil = nothing is stored
	// Following is how serve stores: a database that is locked or full holds the
	// input up until ctx ends, and only tags that were not stored before are
	// published, after they were. Otherwise a database that cannot be written
	// ends the run, and what is published does not depend on it.
	Following bool

	// Publish is given tags in order, from one goroutine. It keeps nothing of
	// them.
	Publish func(tags []event.Tag) error
	// Observe is told what an operator should know while the run goes on, from
	// one goroutine at a time. nil = nobody listens.
	Observe func(Note)

	mu         sync.Mutex
	evaluators []*evaluator
	telling    sync.Mutex // one call of Observe at a time

	// Of the goroutine that delivers, until Run has returned.
	saver saver
	stage *engine.Stage // nil until a rule needs it
	stats Stats
	notes notebook
}

// Stats are what a Tagger counted besides the account of its input.
type Stats struct {
	Published  int64 // tags
	New        int64 // tags stored
	Duplicates int64 // tags that were stored before
	Outside    int64 // events outside the filter's range
	LeftOut    int64 // tags that the filter does not keep
	BelowFloor int64 // tags not made: their confidence was below event.Floor
	Panics     int64 // rules that broke on an event
	CutShort   int64 // commands whose shell view left something out
	Forgotten  int64 // sessions and attackers whose sequences were dropped early
}

// quietAfter is how long nothing must have come for what waits to be stored and
// published: a burst shares transactions, and a single event waits this long.
const quietAfter = 10 * time.Millisecond

// Run reads inputs until they end or ctx does, and finishes what it has read.
// The error is that of storing or publishing.
func (t *Tagger) Run(ctx context.Context, inputs []ingest.Input, cfg ingest.Config) (ingest.Account, error) {
	t.saver = saver{tags: t.Tags, hold: t.Following, note: t.note}
	if t.Tags != nil {
		cfg.Quiet, cfg.QuietAfter = func() error { return t.flush(ctx) }, quietAfter
	}
	a, err := ingest.Run(ctx, inputs, cfg, t.newEvaluator, func(b *ingest.Batch) error {
		t.noteBatch(b)
		return t.deliver(ctx, t.inOrder(b))
	})
	if flushed := t.flush(ctx); err == nil {
		err = flushed
	}
	return a, err
}

// Stats returns what Run counted; it is called after Run.
func (t *Tagger) Stats() Stats {
	st := t.stats
	if t.stage != nil {
		st.Forgotten = int64(t.stage.Evicted())
	}
	for _, e := range t.evaluators {
		st.Outside += e.outside
		st.BelowFloor += int64(e.BelowFloor)
		st.Panics += int64(e.PanicCount)
		st.CutShort += int64(e.CutShort)
	}
	return st
}

// An evaluator judges events on one goroutine.
type evaluator struct {
	*engine.Judge
	tagger  *Tagger
	outside int64
}

func (t *Tagger) newEvaluator() ingest.Evaluator {
	e := &evaluator{Judge: engine.NewJudge(nil, time.Time{}), tagger: t}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.evaluators = append(t.evaluators, e)
	return e
}

// Evaluate implements [ingest.Evaluator].
func (e *evaluator) Evaluate(dst []event.Tag, ev *event.Event) []event.Tag {
	t := e.tagger
	if !t.Filter.Covers(ev) {
		e.outside++
		return dst
	}
	before := e.PanicCount
	e.Under(t.InForce(), t.Now())
	dst = e.Judge.Evaluate(dst, ev)
	if e.PanicCount > before {
		t.notePanics(e.TakePanics())
	}
	return dst
}

// Seen implements [ingest.Witness]: what sequences are made of.
func (e *evaluator) Seen(before any) any {
	seen, ok := before.(*[]engine.Sighting)
	if !ok {
		seen = &[]engine.Sighting{}
	}
	*seen = e.TakeSightings(*seen)
	return seen
}

// inOrder returns the tags of a batch with those of the sequences that its
// events complete.
func (t *Tagger) inOrder(b *ingest.Batch) []event.Tag {
	seen, ok := b.Seen.(*[]engine.Sighting)
	if !ok || len(*seen) == 0 {
		return b.Tags
	}
	if t.stage == nil {
		t.stage = engine.NewStage()
	}
	return t.stage.Run(b.Tags, *seen)
}

// deliver takes the tags of one batch.
func (t *Tagger) deliver(ctx context.Context, tags []event.Tag) error {
	if t.Tags != nil && t.saver.add(tags) {
		if err := t.flush(ctx); err != nil {
			return err
		}
	}
	if t.Tags != nil && t.Following {
		return nil // published once they are stored
	}
	return t.publish(tags)
}

// flush stores what waits and, when following, publishes what was new.
func (t *Tagger) flush(ctx context.Context) error {
	if t.Tags == nil || len(t.saver.waiting) == 0 {
		return nil
	}
	in, err := t.saver.store(ctx)
	if err != nil {
		return err
	}
	t.stats.New += int64(len(in.New))
	t.stats.Duplicates += int64(in.Duplicates)
	if t.Following {
		err = t.publish(t.saver.fresh(in))
	}
	t.saver.clear()
	return err
}

// publish gives the tags that the filter keeps to Publish. It reorders tags.
func (t *Tagger) publish(tags []event.Tag) error {
	kept := t.Filter.Keep(tags)
	t.stats.LeftOut += int64(len(tags) - len(kept))
	t.stats.Published += int64(len(kept))
	return t.Publish(kept)
}
