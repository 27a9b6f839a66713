package publish

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"ttpctl/internal/store"
)

// A Config says what a Publisher drains into what.
type Config struct {
	Outbox  store.Outbox
	Outputs []Output
	// Max is how many messages of a source the outbox may hold, 0 = any number.
	// The oldest go then, and outputs that had not passed them lose them.
	Max int
	// Unread returns the sources that nobody reads any more. What is left of them
	// goes to the outputs that have the names that theirs had. It is asked now and
	// then; nil = there are none.
	Unread func(ctx context.Context) ([]string, error)
	// Observe is told what an operator should know. It is called from several
	// goroutines and must not block; nil = nobody wants to know.
	Observe func(Note)
	// Random spreads the attempts of outputs that fail: numbers in [0, 1).
	// nil = those of math/rand.
	Random func() float64
}

// A Note is something that an operator should know of an output.
type Note struct {
	Kind     NoteKind
	Output   string
	Err      error  // of Stuck
	Source   string // of Lost
	Messages int64  // of Lost: how many
}

// A NoteKind says what happened to an output.
type NoteKind uint8

// What can happen to an output.
const (
	Stuck   NoteKind = iota + 1 // it fails, and is tried again; told once
	Resumed                     // it works again
	Lost                        // messages went that it had not passed
)

// A Publisher drains an outbox into outputs until Close. It is safe for
// concurrent use.
type Publisher struct {
	cfg    Config
	drains []*drain
	marks  *marks
	ending chan struct{} // closed: what is there is drained, and then it ends
	cancel context.CancelFunc
	wg     sync.WaitGroup
	once   sync.Once
}

// New starts to publish. No two outputs have one name. The outputs are the
// Publisher's from now on, and closed by its Close; after an error they stay
// the caller's.
func New(cfg Config) (*Publisher, error) {
	if cfg.Random == nil {
		cfg.Random = rand.Float64
	}
	if cfg.Observe == nil {
		cfg.Observe = func(Note) {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Publisher{cfg: cfg, ending: make(chan struct{}), cancel: cancel}
	p.marks = newMarks(p)
	names := map[string]bool{}
	for _, out := range cfg.Outputs {
		if names[out.Name()] {
			cancel()
			return nil, fmt.Errorf("two outputs are called %s", out.Name())
		}
		names[out.Name()] = true
		p.drains = append(p.drains, newDrain(p, out))
	}
	for _, d := range p.drains {
		p.wg.Go(func() { d.run(ctx) })
	}
	p.marks.start()
	return p, nil
}

// names returns the names of the outputs.
func (p *Publisher) names() []string {
	names := make([]string, len(p.drains))
	for i, d := range p.drains {
		names[i] = d.out.Name()
	}
	return names
}

// Add publishes what comes of source, and what is left of it in the outbox. It
// is called whenever the source was resumed, before its first commit: what is
// committed before it has an output is not kept for one, and in another database
// the numbers of its messages are others.
func (p *Publisher) Add(ctx context.Context, source string) error {
	if err := p.cfg.Outbox.Outputs(ctx, source, p.names()); err != nil {
		return err
	}
	for _, d := range p.drains {
		d.begin(source)
	}
	return nil
}

// Committed says that there may be more of source in the outbox. It never
// blocks.
func (p *Publisher) Committed(source string) {
	for _, d := range p.drains {
		d.put(source)
	}
}

// Remove leaves what there is of source to the process that reads it now, until Add
// or Committed: what two send comes twice, and an output that fails would be told of
// for what is not this one's any more. What is being sent goes out. It never blocks.
func (p *Publisher) Remove(source string) {
	for _, d := range p.drains {
		d.remove(source)
	}
}

// Reopen opens anew the files of the outputs that have one, as after a
// rotation.
func (p *Publisher) Reopen() error {
	var errs []error
	for _, d := range p.drains {
		if r, ok := d.out.(interface{ Reopen() error }); ok {
			errs = append(errs, r.Reopen())
		}
	}
	return errors.Join(errs...)
}

// Status is how one output does.
type Status struct {
	Output string
	Sent   int64 // messages, since the start
	Err    error // why it is stuck, nil = it is not
}

// Statuses returns how the outputs do, in their order.
func (p *Publisher) Statuses() []Status {
	all := make([]Status, len(p.drains))
	for i, d := range p.drains {
		all[i] = d.status()
	}
	return all
}

// finalNote is how long the last positions may take to be stored.
const finalNote = 5 * time.Second

// Close publishes what is in the outbox until ctx ends, but waits for no output
// that fails; notes how far each has come, and closes them.
func (p *Publisher) Close(ctx context.Context) error {
	var err error
	p.once.Do(func() { err = p.close(ctx) })
	return err
}

func (p *Publisher) close(ctx context.Context) error {
	p.marks.adopt(ctx) // a short run may not have come to it
	close(p.ending)
	stop := context.AfterFunc(ctx, p.cancel)
	p.wg.Wait()
	stop()
	p.cancel()
	final, cancel := context.WithTimeout(context.WithoutCancel(ctx), finalNote)
	defer cancel()
	errs := []error{p.marks.close(final)}
	for _, d := range p.drains {
		errs = append(errs, d.out.Close())
	}
	return errors.Join(errs...)
}
