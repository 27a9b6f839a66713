package corpus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"ttpctl/internal/lines"
	"ttpctl/internal/ordered"
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
	ordered.Token
	block *block
	out   T
}

// inOrder reads the corpora, has workers turn blocks into Ts and gives these to
// take in input order. newWork makes the function of one goroutine. Blocks in
// flight are bounded, so a slow take slows the reading; once it fails nothing
// more is read.
func inOrder[T any](ctx context.Context, corpora []Corpus, workers int, newWork func() func(*block) T, take func(T) error) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	outer := ctx
	ctx, stop := context.WithCancel(outer)
	defer stop()
	pool := ordered.New[*job[T]](workers)
	var all sync.WaitGroup
	var unread error
	all.Go(func() {
		defer pool.Close()
		unread = readAll(ctx, corpora, func(b *block) error {
			pool.Put(&job[T]{Token: ordered.NewToken(), block: b})
			return ctx.Err()
		})
	})
	for range workers {
		all.Go(func() {
			work := newWork()
			pool.Work(func(j *job[T]) {
				if ctx.Err() == nil {
					j.out = work(j.block)
				}
				j.block = nil
			})
		})
	}
	var refused error
	for j := range pool.Queue() {
		if <-j.Done(); ctx.Err() == nil {
			if refused = take(j.out); refused != nil {
				stop()
			}
		}
	}
	all.Wait()
	return cmp.Or(refused, unread, outer.Err())
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
