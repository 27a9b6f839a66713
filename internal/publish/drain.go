package publish

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"ttpctl/internal/store"
)

const (
	// batch is how many messages are sent at once.
	batch = 500
	// noteEvery is how often the positions of outputs are stored, at most: each
	// time is a transaction.
	noteEvery = 100 * time.Millisecond
	// firstWait and longestWait are between which an output that fails is left
	// alone.
	firstWait   = time.Second
	longestWait = time.Minute
)

// A drain brings the messages of all sources to one output.
type drain struct {
	p    *Publisher
	out  Output
	wake chan struct{} // holds a token when a source was put

	mu    sync.Mutex
	queue []string        // sources that may have messages, each once
	begun map[string]bool // sources whose numbers may have begun anew
	left  map[string]bool // sources that another process publishes
	sent  int64
	err   error // why it is stuck

	// Of the goroutine.
	passed map[string]int64 // what was sent of each source
	noted  map[string]int64 // of these, what is still to be noted
	settle time.Time        // when they were noted last
	wait   time.Duration    // before the next attempt
}

func newDrain(p *Publisher, out Output) *drain {
	return &drain{p: p, out: out, wake: make(chan struct{}, 1), begun: map[string]bool{}, left: map[string]bool{}, passed: map[string]int64{}, noted: map[string]int64{}, wait: firstWait}
}

// put has source looked at.
func (d *drain) put(source string) {
	d.mu.Lock()
	delete(d.left, source)
	d.mu.Unlock()
	d.putAgain(source)
}

// putAgain has source looked at, unless another process publishes it now.
func (d *drain) putAgain(source string) {
	d.mu.Lock()
	if !d.left[source] && !slices.Contains(d.queue, source) {
		d.queue = append(d.queue, source)
	}
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// begin has source looked at from where the outbox says that the output is.
func (d *drain) begin(source string) {
	d.mu.Lock()
	d.begun[source] = true
	d.mu.Unlock()
	d.p.marks.forget(d.out.Name(), source)
	d.put(source)
}

// remove has source not looked at.
func (d *drain) remove(source string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left[source] = true
	d.queue = slices.DeleteFunc(d.queue, func(s string) bool { return s == source })
}

// take returns the source whose turn it is.
func (d *drain) take() (source string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queue) == 0 {
		return "", false
	}
	source = d.queue[0]
	d.queue = slices.Delete(d.queue, 0, 1)
	if d.begun[source] {
		delete(d.begun, source)
		delete(d.passed, source)
		delete(d.noted, source)
		d.p.marks.forget(d.out.Name(), source) // those noted since begin
	}
	return source, true
}

func (d *drain) status() Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Status{Output: d.out.Name(), Sent: d.sent, Err: d.err}
}

// run sends until the Publisher ends and all is sent, an attempt fails then, or
// ctx ends.
func (d *drain) run(ctx context.Context) {
	defer d.note(ctx)
	for ctx.Err() == nil {
		source, ok := d.take()
		if !ok {
			if !d.idle(ctx) {
				return
			}
			continue
		}
		more, err := d.pass(ctx, source)
		if err == nil && time.Since(d.settle) >= noteEvery {
			err = d.note(ctx)
		}
		if more || err != nil {
			d.putAgain(source)
		}
		if err != nil && !d.backOff(ctx, err) {
			return
		}
	}
}

// idle waits for news, and notes what was sent meanwhile. It reports whether
// there can be more.
func (d *drain) idle(ctx context.Context) bool {
	var due <-chan time.Time
	if len(d.noted) > 0 {
		due = time.After(noteEvery - time.Since(d.settle))
	}
	select {
	case <-d.wake:
		return true
	default:
	}
	select {
	case <-d.wake:
	case <-due:
		if err := d.note(ctx); err != nil {
			return d.backOff(ctx, err)
		}
	case <-d.p.ending:
		select {
		case <-d.wake: // what was committed last
		default:
			return false
		}
	case <-ctx.Done():
		return false
	}
	return true
}

// pass sends one batch of a source and reports whether more may follow.
func (d *drain) pass(ctx context.Context, source string) (more bool, err error) {
	ms, err := d.p.cfg.Outbox.Next(ctx, d.out.Name(), source, d.passed[source], batch)
	if err != nil || len(ms) == 0 {
		return false, err
	}
	n, sent, err := d.send(ctx, source, ms)
	if n == 0 && err == nil {
		err = io.ErrNoProgress
	}
	if n > 0 {
		d.passed[source], d.noted[source] = ms[n-1].Seq, ms[n-1].Seq
	}
	if sent > 0 {
		d.works(int64(sent))
	}
	return n < len(ms) || n == batch, err
}

// send sends what of ms the output takes, and returns how many of ms it is done
// with, from the first on, and how many were sent.
func (d *drain) send(ctx context.Context, source string, ms []store.Message) (n, sent int, err error) {
	takes := usual
	if t, ok := d.out.(interface{ Takes(store.Topic) bool }); ok {
		takes = t.Takes
	}
	other := func(m store.Message) bool { return !takes(m.Topic) }
	if !slices.ContainsFunc(ms, other) {
		n, err = d.out.Send(ctx, source, ms)
		return n, n, err
	}
	taken := slices.DeleteFunc(slices.Clone(ms), other)
	if len(taken) == 0 {
		return len(ms), 0, nil
	}
	sent, err = d.out.Send(ctx, source, taken)
	if sent == len(taken) {
		return len(ms), sent, err
	}
	return slices.IndexFunc(ms, func(m store.Message) bool { return m.Seq == taken[sent].Seq }), sent, err
}

// usual are the topics that every output takes.
func usual(t store.Topic) bool { return t == store.Tagged || t == store.Suppressed }

// works notes that the output took n messages.
func (d *drain) works(n int64) {
	d.mu.Lock()
	d.sent += n
	resumed := d.err != nil
	d.err = nil
	d.mu.Unlock()
	d.wait = firstWait
	if resumed {
		d.p.cfg.Observe(Note{Kind: Resumed, Output: d.out.Name()})
	}
}

// note hands over what was sent, once it is where it shall be: an output that
// can lose what it took says so, and is given it again.
func (d *drain) note(ctx context.Context) error {
	d.settle = time.Now()
	if len(d.noted) == 0 {
		return nil
	}
	if s, ok := d.out.(interface{ Sync(context.Context) error }); ok {
		if err := s.Sync(ctx); err != nil {
			d.again()
			return err
		}
	}
	for source, seq := range d.noted {
		d.p.marks.add(store.Mark{Output: d.out.Name(), Source: source, Seq: seq})
	}
	clear(d.noted)
	return nil
}

// again forgets what was sent and not noted: it is sent once more.
func (d *drain) again() {
	for source := range d.noted {
		delete(d.passed, source)
		d.putAgain(source)
	}
	clear(d.noted)
}

// backOff waits before the next attempt, longer each time, and reports whether
// there is to be one: at the end only one that was waiting tries once more.
func (d *drain) backOff(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	d.fails(err)
	select {
	case <-d.p.ending:
		return false
	default:
	}
	timer := time.NewTimer(d.delay(err))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.p.ending:
	case <-ctx.Done():
		return false
	}
	return true
}

// fails notes that an attempt failed.
func (d *drain) fails(err error) {
	d.mu.Lock()
	first := d.err == nil
	d.err = err
	d.mu.Unlock()
	if first {
		d.p.cfg.Observe(Note{Kind: Stuck, Output: d.out.Name(), Err: err})
	}
}

// delay returns how long to wait after err: as long as the receiver says, else
// from three quarters to five quarters of a time that doubles.
func (d *drain) delay(err error) time.Duration {
	wait := d.wait
	d.wait = min(2*d.wait, longestWait)
	if told, ok := errors.AsType[*waitError](err); ok {
		wait = max(told.wait, firstWait)
	}
	return time.Duration(float64(wait) * (0.75 + d.p.cfg.Random()/2))
}
