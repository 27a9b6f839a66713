package worker

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/lines"
	"ttpctl/internal/store"
)

// A Journal keeps in a ledger what a Tagger does to one source: tags, the cursor
// behind their lines, and now and then all that readers, aggregates and sequences
// remember. A run that is killed is gone on
// with from there, as if nothing had happened. Its fields are set before the
// run of its Tagger, to which it belongs from then on.
type Journal struct {
	Ledger store.Ledger
	// Position is where Ledger.Resume says that the source stands.
	Position store.Position
	// StateEvery is the least time between two states that are saved; 0 = 5 s.
	StateEvery time.Duration
	// StateVersion says in which of StateVersions states are written now; nil = in the
	// newest.
	StateVersion func() int
	// Committed is told of each commit, which it must not keep. nil = nobody is.
	Committed func(*Committed)

	note    func(Note)
	formats []stateFormat   // nil = those of this program
	forward *Forward        // nil = events are judged
	events  []store.Message // that wait to be forwarded
	sent    int64           // events forwarded before these
	typed   []store.SessionLines
	typing  int // bytes of typed
	commit  store.Commit
	tags    []event.Tag
	since   time.Time     // when the first thing that waits for a commit was read
	took    time.Duration // by the last commit
	part    bool          // the last batch goes on in the next
	stuck   bool          // the last attempt failed
	asked   time.Time     // WantState: when a state was last asked for

	size atomic.Int64 // of the last state
}

// Committed is a commit that was done.
type Committed struct {
	Source      string
	Tags        []event.Tag
	Fresh       []int        // of Tags, those that were not stored before
	TagsCursor  lines.Cursor // "" = as before
	StateCursor lines.Cursor // "" = as before; what lies before it is not needed any more
	ReadAt      time.Time    // when the oldest of the lines was read
}

const (
	// stateEvery is for a small state; one is saved as much less often as it is
	// larger than stateBytes.
	stateEvery = 5 * time.Second
	stateBytes = 1 << 20
	// commitWithin is how long a tag waits for its transaction while lines keep
	// coming, or, up to commitIdle, several times as long as the last one took:
	// larger ones cost less. A cursor without a tag waits for commitIdle.
	commitWithin = 100 * time.Millisecond
	commitTimes  = 4
	commitIdle   = time.Second
	// commitTags is how many tags do not wait for more: who else writes waits for
	// the transaction, and a kill has them judged again.
	commitTags = 4096
	// commitTyped is how many bytes of sessions do not wait for more.
	commitTyped = 4 << 20
	// maxDead is how many lines that were set aside are committed at once.
	maxDead = 1000
)

// begin makes cfg and in go on from the position, and returns the stage, nil
// when there is nothing for it to remember.
func (j *Journal) begin(in *ingest.Input, cfg *ingest.Config) (*engine.Stage, error) {
	p := &j.Position
	j.commit = store.Commit{Source: p.Source, Epoch: p.Epoch, Number: 1}
	in.From, in.Judged = lines.Cursor(p.StateCursor), lines.Cursor(p.TagsCursor)
	cfg.WantState = j.wantState
	if j.formats == nil {
		j.formats = stateFormats()
	}
	if p.State == nil {
		return nil, nil
	}
	readers, sequences, err := splitState(j.formats, p.State)
	if err != nil {
		return nil, fmt.Errorf("the state that %s was left in cannot be read by this version: %w", p.Source, err)
	}
	cfg.State = readers
	if sequences == nil {
		return nil, nil
	}
	stage := engine.NewStage()
	return stage, stage.UnmarshalState(sequences)
}

// wantState asks for a state every so often, and at once for the first of a
// source: where it began must be known also to who comes after a kill.
func (j *Journal) wantState(b *ingest.Batch) bool {
	every := j.StateEvery
	if every == 0 {
		every = stateEvery
	}
	if b.ReadAt.Sub(j.asked) < every+every*time.Duration(j.size.Load())/stateBytes {
		return false
	}
	first := j.asked.IsZero()
	j.asked = b.ReadAt
	return !first || j.Position.StateCursor == ""
}

// add takes in what came of a batch, and reports whether it is time to commit.
// Of lines that were judged before only the state is wanted.
func (j *Journal) add(b *ingest.Batch, tags []event.Tag, stage *engine.Stage) (due bool) {
	j.part = b.Part
	if j.since.IsZero() && !b.Judged {
		j.since = b.ReadAt
	}
	if !b.Judged {
		for i := range tags {
			j.tags = append(j.tags, cloneTag(&tags[i]))
		}
		if j.forward != nil {
			j.carry(b.Seen)
		}
		j.bury(b)
		if b.End != "" {
			j.commit.TagsCursor = string(b.End)
		}
	}
	if b.State != nil {
		j.commit.State, j.commit.StateCursor = j.format().join(b.State, stage), string(b.End)
		j.size.Store(int64(len(j.commit.State)))
	}
	return j.due()
}

// format returns how states are written now.
func (j *Journal) format() stateFormat {
	version := 0 // the newest
	if j.StateVersion != nil {
		version = j.StateVersion()
	}
	return formatOf(j.formats, version)
}

func (j *Journal) due() bool {
	if j.part {
		return false
	}
	if len(j.tags)+len(j.events) >= commitTags || j.typing >= commitTyped || len(j.commit.Dead) >= maxDead || j.commit.State != nil {
		return true
	}
	waits := commitIdle
	if len(j.tags)+len(j.events) > 0 {
		waits = min(commitIdle, max(commitWithin, commitTimes*j.took))
	}
	return !j.since.IsZero() && time.Since(j.since) >= waits
}

// keep takes in lines of sessions, of the batch that is added next.
func (j *Journal) keep(all []store.SessionLines) {
	j.typed = append(j.typed, all...)
	for i := range all {
		for _, l := range all[i].Lines {
			j.typing += len(l.Text)
		}
	}
}

// bury sets the lines aside that could not be used.
func (j *Journal) bury(b *ingest.Batch) {
	for _, r := range b.Rejections {
		text := b.Rejected(r)
		j.commit.Dead = append(j.commit.Dead, store.DeadLetter{
			Source: j.commit.Source, Where: fmt.Sprintf("%s:%d", r.File, r.Line), Reason: r.Reason,
			Body: []byte(text[:min(len(text), store.DeadLetterBody)]),
		})
	}
}

// empty reports whether there is nothing to commit.
func (j *Journal) empty() bool {
	c := &j.commit
	return len(j.tags) == 0 && len(j.events) == 0 && len(j.typed) == 0 && c.TagsCursor == "" && c.State == nil && len(c.Dead) == 0
}

// flush commits what waits, also after ctx has ended: what was read is
// finished. A database that is locked or full is waited for.
func (j *Journal) flush(ctx context.Context) (in store.Inserted, err error) {
	if j.part || j.empty() {
		return in, nil
	}
	c := &j.commit
	c.Tags, c.Sessions = j.tags, j.typed
	if len(j.events) > 0 {
		if err := j.insist(ctx, func(context.Context) error { return j.forward.room(ctx, c.Source) }); err != nil {
			return in, err
		}
		events := j.events
		c.Publish, c.Last = func([]int) []store.Message { return events }, j.Position.Seq+j.sent+int64(len(events))
	}
	begun := time.Now()
	err = j.insist(ctx, func(ctx context.Context) (err error) { in.New, err = j.Ledger.Commit(ctx, c); return err })
	j.took = time.Since(begun)
	if err != nil {
		return in, err
	}
	for i := range c.Tags {
		if c.Tags[i].BelowFloor() {
			in.BelowFloor++
		}
	}
	in.Duplicates = len(c.Tags) - len(in.New) - in.BelowFloor
	if j.Committed != nil {
		j.Committed(&Committed{
			Source: c.Source, Tags: c.Tags, Fresh: in.New, ReadAt: j.since,
			TagsCursor: lines.Cursor(c.TagsCursor), StateCursor: lines.Cursor(c.StateCursor),
		})
	}
	j.clear()
	return in, nil
}

// clear forgets what was committed.
func (j *Journal) clear() {
	j.sent += int64(len(j.events))
	clear(j.tags)
	clear(j.events)
	j.events = j.events[:0]
	clear(j.commit.Dead)
	clear(j.typed)
	j.typed, j.typing = j.typed[:0], 0
	j.tags, j.since = j.tags[:0], time.Time{}
	j.commit = store.Commit{Source: j.commit.Source, Epoch: j.commit.Epoch, Number: j.commit.Number + 1, Dead: j.commit.Dead[:0]}
}

// retryEvery is the time between two attempts to store tags.
const retryEvery = time.Second

// insist does something until the database is not in the way any more, and once
// more when ctx ends.
func (j *Journal) insist(ctx context.Context, do func(context.Context) error) error {
	for {
		err := do(context.WithoutCancel(ctx))
		if j.stuck && err == nil {
			j.stuck = false
			j.note(Note{Kind: StoreResumed})
		}
		if err == nil || ctx.Err() != nil || !store.ClassOf(err).Passes() {
			return err
		}
		if !j.stuck {
			j.stuck = true
			j.note(Note{Kind: StoreWaits, Err: err})
		}
		select {
		case <-time.After(retryEvery):
		case <-ctx.Done():
		}
	}
}
