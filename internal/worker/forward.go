package worker

import (
	"context"
	"math"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// A Forward has the events of a source brought to others instead of judged: they
// go into the outbox as they are read, under numbers of the ledger's that no other
// event of the source ever has, and in one transaction with the cursor behind
// them. So a process that is killed loses none, and who receives one twice knows
// it by its number.
type Forward struct {
	outbox store.Outbox
	most   int64
}

// NewForward has what is forwarded wait in outbox: while more than most messages
// of a source do, it is not read on. 0 = any number.
func NewForward(outbox store.Outbox, most int) *Forward {
	if most <= 0 {
		most = math.MaxInt
	}
	return &Forward{outbox, int64(most)}
}

// waiting returns how many messages of source wait in the outbox.
func (f *Forward) waiting(ctx context.Context, source string) (n int64, err error) {
	all, err := f.outbox.Waiting(ctx)
	for _, b := range all {
		if b.Source == source {
			n = max(n, b.Messages)
		}
	}
	return n, err
}

// carried are the events of a batch, in the order in which they were judged.
type carried struct {
	text []byte
	ends []int // where each ends
}

// A carrier writes down events. It belongs to one goroutine.
type carrier struct {
	*carried
	tagger  *Tagger
	known   event.Anchors
	session int // where the session starts that was written last, -1 = it was another event
	last    event.Event
	outside int64
}

// Evaluate implements [ingest.Evaluator]: there are no tags. The commands of a
// session that are events only because of it are made again by who reads it.
func (c *carrier) Evaluate(dst []event.Tag, ev *event.Event) []event.Tag {
	if !c.tagger.Filter.Covers(ev) {
		c.outside++
		return dst
	}
	if c.carried == nil {
		c.carried = &carried{}
	}
	if ev.FannedOut {
		if c.session >= 0 {
			c.text = c.last.AppendJSON(c.text[:c.session], &c.known, false)
			c.ends[len(c.ends)-1] = len(c.text)
			c.session = -1
		}
		return dst
	}
	begin := len(c.text)
	c.session = -1
	if ev.Kind == event.KindSession {
		c.session = begin
		ev.CloneTo(&c.last)
	}
	c.text = ev.AppendJSON(c.text, &c.known, ev.Kind == event.KindSession)
	c.ends = append(c.ends, len(c.text))
	return dst
}

// Seen implements [ingest.Witness]: the events of the batch.
func (c *carrier) Seen(any) any {
	seen := c.carried
	c.carried, c.session = nil, -1
	c.last.Reset() // it holds pieces of the batch
	return seen
}

// carry takes in the events of a batch.
func (j *Journal) carry(seen any) {
	c, _ := seen.(*carried)
	if c == nil {
		return
	}
	begin := 0
	for _, end := range c.ends {
		j.events = append(j.events, store.Message{Topic: store.Forwarded, Body: c.text[begin:end:end]})
		begin = end
	}
}

// roomEvery is the time between two looks whether there is room in the outbox.
const roomEvery = 100 * time.Millisecond

// room waits until the outbox has room for more of the source, or ctx ends.
func (f *Forward) room(ctx context.Context, source string) error {
	for {
		n, err := f.waiting(ctx, source)
		if ctx.Err() != nil {
			return nil // what was read is stored all the same
		}
		if err != nil || n <= f.most {
			return err
		}
		select {
		case <-time.After(roomEvery):
		case <-ctx.Done():
		}
	}
}
