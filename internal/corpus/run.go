package corpus

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"ttpctl/internal/lines"
)

// A Corpus is one file of rows.
type Corpus struct {
	lines.Input
	Cohort string // whose rules its rows speak of; of no known cohort: all rules
	Seed   bool   // written by us: the labels are exact, the gate is the point estimate
}

// A ReadError is a corpus that could not be read to its end.
type ReadError struct {
	Name string
	Err  error
}

// Error returns `name: reason`.
func (e *ReadError) Error() string { return e.Name + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *ReadError) Unwrap() error { return e.Err }

// A job is a block on its way: worked on by any worker, taken in order.
type job[T any] struct {
	block *block
	out   T
	ready chan struct{}
}

// inOrder reads the corpora, has workers turn blocks into Ts and gives these to
// take in input order. newWork makes the function of one goroutine. Blocks in
// flight are bounded, so a slow take slows the reading.
func inOrder[T any](ctx context.Context, corpora []Corpus, workers int, newWork func() func(*block) T, take func(T) error) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	g, ctx := errgroup.WithContext(ctx)
	todo := make(chan *job[T], workers)
	done := make(chan *job[T], 2*workers)
	g.Go(func() error {
		defer close(todo)
		defer close(done)
		return readAll(ctx, corpora, func(b *block) error {
			j := &job[T]{block: b, ready: make(chan struct{})}
			if err := send(ctx, todo, j); err != nil {
				return err
			}
			return send(ctx, done, j)
		})
	})
	for range workers {
		g.Go(func() error {
			work := newWork()
			for j := range todo {
				j.out = work(j.block)
				j.block = nil
				close(j.ready)
			}
			return nil
		})
	}
	g.Go(func() error {
		for j := range done {
			select {
			case <-j.ready:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := take(j.out); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

func send[T any](ctx context.Context, c chan<- T, v T) error {
	select {
	case c <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func readAll(ctx context.Context, corpora []Corpus, f func(*block) error) error {
	for i := range corpora {
		if err := corpora[i].read(ctx, i, f); err != nil {
			return err
		}
	}
	return nil
}

// maxRowErrors bounds how many bad rows are reported at once.
const maxRowErrors = 20

// rowErrors collects bad rows in input order.
type rowErrors struct {
	errs []error
}

// add notes e and fails once there are enough of them.
func (r *rowErrors) add(e RowError) error {
	r.errs = append(r.errs, &e)
	if len(r.errs) >= maxRowErrors {
		return errors.Join(append(r.errs, fmt.Errorf("stopped after %d bad rows", maxRowErrors))...)
	}
	return nil
}

func (r *rowErrors) err() error { return errors.Join(r.errs...) }
