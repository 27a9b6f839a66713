package worker

import (
	"context"
	"sync"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/store"
	"ttpctl/internal/trace"
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

	// Tags is where tags are stored, nil = nowhere; what is published does not
	// depend on it. A database that cannot be written ends the run.
	Tags store.Tags
	// Journal is how serve stores: exact through any crash, with a database that
	// is locked or full holding the input up. What is published comes out of its
	// outbox. nil = there is no ledger.
	Journal *Journal

	// Forward has events brought to others instead of judged; it goes with a
	// Journal. nil = they are judged.
	Forward *Forward

	// Publish is given tags in order, from one goroutine. It keeps nothing of
	// them. Without use where there is a Journal.
	Publish func(tags []event.Tag) error
	// Record makes what notes the events of each goroutine that evaluates, and
	// Recorded is given what was noted of a batch, in order, from one goroutine, before
	// the batch is stored or published. It keeps nothing of it. nil = nothing is noted.
	Record   func() Recorder
	Recorded func(any)
	// Delivered is told of each batch, in order, from one goroutine, and keeps
	// nothing of it. nil = nobody is.
	Delivered func(*ingest.Batch)
	// Observe is told what an operator should know while the run goes on, from
	// one goroutine at a time. nil = nobody listens.
	Observe func(Note)
	Tracer  *trace.Tracer // of evaluations; nil = off
	// Profiler counts what rules cost; nil = off.
	Profiler *engine.Profiler

	mu         sync.Mutex
	evaluators []*evaluator
	carriers   []*carrier
	telling    sync.Mutex // one call of Observe at a time

	// Of the goroutine that delivers, until Run has returned.
	saver     saver
	stages    map[string]*engine.Stage // by log, while it lasts and once a rule needs it
	order     engine.Scratch           // what came of sequences besides tags
	forgotten int                      // sessions and attackers, of those that have ended
	stats     Stats
	notes     notebook
}

// A Recorder notes events on one goroutine.
type Recorder interface {
	// Record notes an event that is judged, and keeps nothing of it but its texts.
	Record(ev *event.Event)
	// Take returns what was noted since it was last called. Before is what it
	// returned of an earlier batch, to be made use of again; nil = nothing.
	Take(before any) any
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

// add adds what another run counted.
func (st *Stats) add(o Stats) {
	st.Published += o.Published
	st.New += o.New
	st.Duplicates += o.Duplicates
	st.Outside += o.Outside
	st.LeftOut += o.LeftOut
	st.BelowFloor += o.BelowFloor
	st.Panics += o.Panics
	st.CutShort += o.CutShort
	st.Forgotten += o.Forgotten
}

// quietAfter is how long nothing must have come for what waits to be stored: a
// burst shares transactions, and a single event waits this long.
const quietAfter = 10 * time.Millisecond

// Run reads inputs until they end or ctx does, and finishes what it has read.
// With a Journal there is one input, which is read on from where it stands. The
// error is that of storing or publishing.
func (t *Tagger) Run(ctx context.Context, inputs []ingest.Input, cfg ingest.Config) (ingest.Account, error) {
	t.saver, t.stages = saver{tags: t.Tags}, map[string]*engine.Stage{}
	if j := t.Journal; j != nil {
		j.note, j.forward = t.note, t.Forward
		stage, err := j.begin(&inputs[0], &cfg)
		if err != nil {
			return ingest.Account{}, err
		}
		if stage != nil {
			t.stages[inputs[0].Log] = stage
		}
	}
	if t.Tags != nil || t.Journal != nil {
		cfg.Quiet, cfg.QuietAfter = func() error { return t.flush(ctx) }, quietAfter
	}
	a, err := ingest.Run(ctx, inputs, cfg, t.newEvaluator, func(b *ingest.Batch) error { return t.deliver(ctx, b) })
	if flushed := t.flush(ctx); err == nil {
		err = flushed
	}
	return a, err
}

// Stats returns what Run counted; it is called after Run.
func (t *Tagger) Stats() Stats {
	st := t.stats
	st.Forgotten = int64(t.forgotten)
	for _, stage := range t.stages {
		st.Forgotten += int64(stage.Evicted())
	}
	st.BelowFloor += int64(t.order.BelowFloor)
	st.Panics += int64(t.order.PanicCount)
	for _, c := range t.carriers {
		st.Outside += c.outside
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
	tagger   *Tagger
	recorder Recorder // nil = events are not noted
	outside  int64
}

func (t *Tagger) newEvaluator() ingest.Evaluator {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Forward != nil {
		c := &carrier{tagger: t, session: -1}
		t.carriers = append(t.carriers, c)
		return c
	}
	e := &evaluator{Judge: engine.NewJudge(nil, time.Time{}), tagger: t}
	e.Profile(t.Profiler.Profile())
	e.EventsStay = true
	if t.Record != nil {
		e.recorder = t.Record()
	}
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
	if e.recorder != nil {
		e.recorder.Record(ev)
	}
	before := e.PanicCount
	snapshot := t.InForce()
	e.Under(snapshot, t.Now())
	if t.Tracer != nil {
		dst = e.traced(dst, ev, snapshot.Ruleset())
	} else {
		dst = e.Judge.Evaluate(dst, ev)
	}
	if e.PanicCount > before {
		t.notePanics(e.TakePanics())
	}
	return dst
}

// A witnessed is what an evaluator had to say of a batch besides its tags.
type witnessed struct {
	sightings []engine.Sighting // what sequences are made of
	recorded  any               // what its Recorder noted
}

// Seen implements [ingest.Witness].
func (e *evaluator) Seen(before any) any {
	seen, ok := before.(*witnessed)
	if !ok {
		seen = &witnessed{}
	}
	seen.sightings = e.TakeSightings(seen.sightings)
	if e.recorder != nil {
		seen.recorded = e.recorder.Take(seen.recorded)
	}
	return seen
}

// inOrder returns the tags of a batch with those of the sequences that its
// events complete.
func (t *Tagger) inOrder(b *ingest.Batch) []event.Tag {
	stage := t.stages[b.Log]
	if b.Ends && stage != nil {
		t.forgotten += stage.Evicted()
		delete(t.stages, b.Log)
	}
	seen, ok := b.Seen.(*witnessed)
	if !ok || len(seen.sightings) == 0 {
		return b.Tags
	}
	if stage == nil {
		stage = engine.NewStage()
		t.stages[b.Log] = stage
	}
	before := t.order.PanicCount
	tags := t.order.InOrder(stage, b.Tags, seen.sightings)
	if t.order.PanicCount > before {
		t.notePanics(t.order.TakePanics())
	}
	return tags
}

// deliver takes one batch.
func (t *Tagger) deliver(ctx context.Context, b *ingest.Batch) error {
	tags := t.inOrder(b)
	if !b.Judged {
		t.noteBatch(b)
		if seen, ok := b.Seen.(*witnessed); ok && t.Recorded != nil {
			t.Recorded(seen.recorded)
		}
		if t.Delivered != nil {
			t.Delivered(b)
		}
	}
	due := false
	switch {
	case t.Journal != nil:
		due = t.Journal.add(b, tags, t.stages[b.Log])
	case t.Tags != nil:
		due = t.saver.add(tags)
	}
	if due {
		if err := t.flush(ctx); err != nil {
			return err
		}
	}
	if t.Journal != nil {
		return nil
	}
	return t.publish(tags)
}

// flush stores what waits.
func (t *Tagger) flush(ctx context.Context) (err error) {
	var in store.Inserted
	if t.Journal != nil {
		in, err = t.Journal.flush(ctx)
	} else {
		in, err = t.saver.flush(ctx)
	}
	t.stats.New += int64(len(in.New))
	t.stats.Duplicates += int64(in.Duplicates)
	return err
}

// publish gives the tags that the filter keeps to Publish. It reorders tags.
func (t *Tagger) publish(tags []event.Tag) error {
	kept := t.Filter.Keep(tags)
	t.stats.LeftOut += int64(len(tags) - len(kept))
	t.stats.Published += int64(len(kept))
	return t.Publish(kept)
}
