package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"ttpctl/internal/store"
)

// A share is the partitions of one Share that this process runs.
type share struct {
	m      *Member
	prefix string
	n      int
	fn     func(ctx context.Context, partition int) error

	ctx    context.Context // ends when a partition fails
	fail   context.CancelCauseFunc
	wg     sync.WaitGroup
	mu     sync.Mutex
	owned  map[int]*holding
	leaves map[int]bool // of owned, those that are being given up

	rescued time.Time // when a partition beyond the share was taken; of Share's goroutine
}

// ClaimOf returns the name of the claim of a partition of those called prefix.
func ClaimOf(prefix string, partition int) string { return fmt.Sprintf("%s/%d", prefix, partition) }

// Share runs fn for each partition that this process owns of n called prefix, all at
// once, until ctx ends and all have returned. fn's context ends with ctx, when the
// claim is lost, and when the partition is beyond this process's fair share: then fn
// finishes what it has begun, and the partition is free when it has returned.
//
// An fn that returns store.ErrFenced is run again if the partition is still this
// process's, as it is when a stale owner has resumed the source once more. Any other
// error ends all, and is returned.
func (m *Member) Share(ctx context.Context, prefix string, n int, fn func(ctx context.Context, partition int) error) error {
	s := &share{m: m, prefix: prefix, n: n, fn: fn, owned: map[int]*holding{}, leaves: map[int]bool{}}
	s.ctx, s.fail = context.WithCancelCause(ctx)
	defer s.fail(nil)
	m.hurry()
	for s.ctx.Err() == nil {
		next := m.next()
		s.balance()
		select {
		case <-next:
		case <-s.ctx.Done():
		}
	}
	s.wg.Wait()
	if err := context.Cause(s.ctx); ctx.Err() == nil {
		return err
	}
	return nil
}

// balance takes what is free up to a fair share, and gives up what is beyond it. What
// nobody takes for whom there would be room is taken all the same, and kept until it
// shows who lives: processes that are killed and started again and again count as
// living, and take nothing.
func (s *share) balance() {
	first, want, known := s.target()
	if !known {
		return
	}
	s.rescue()
	s.mu.Lock()
	surplus := len(s.owned) - len(s.leaves) - want
	var keep []int
	for p := range s.owned {
		if !s.leaves[p] {
			keep = append(keep, p)
		}
	}
	s.mu.Unlock()
	if surplus > 0 {
		if time.Since(s.rescued) < 2*s.m.cfg.Dead {
			return
		}
		// Those that others begin to look at go first.
		slices.SortFunc(keep, func(a, b int) int { return (b-first+s.n)%s.n - (a-first+s.n)%s.n })
		for _, p := range keep[:surplus] {
			s.leave(p)
		}
		return
	}
	for i := 0; i < s.n && surplus < 0; i++ {
		if s.start((first + i) % s.n) {
			surplus++
		}
	}
}

// rescue takes the partitions that nobody has taken for too long.
func (s *share) rescue() {
	for p := range s.n {
		if s.m.forsaken(ClaimOf(s.prefix, p)) && s.start(p) {
			s.rescued = time.Now()
		}
	}
}

// target returns where this process begins to look for partitions and how many it
// should have, once it is known who lives. Partitions that are left over when they are
// shared out go to the first in the order of ids.
func (s *share) target() (first, want int, known bool) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if !s.m.looked {
		return 0, 0, false
	}
	ids := []string{s.m.cfg.ID}
	for _, l := range s.m.watch.living() {
		if l.Worker.Member && l.ID != s.m.cfg.ID {
			ids = append(ids, l.ID)
		}
	}
	slices.Sort(ids)
	rank := slices.Index(ids, s.m.cfg.ID)
	want = s.n / len(ids)
	if rank < s.n%len(ids) {
		want++
	}
	return rank * s.n / len(ids), want, true
}

func (s *share) leave(p int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaves[p] = true
	s.owned[p].cancel(errGiveUp)
}

// start takes a partition, if it can be, and runs it. One that was given up can be taken
// again only when that is over: what ends it would else forget the new holding.
func (s *share) start(p int) bool {
	s.mu.Lock()
	_, ending := s.owned[p]
	s.mu.Unlock()
	if ending {
		return false
	}
	h, under := s.m.take(s.ctx, ClaimOf(s.prefix, p), false)
	if h == nil {
		return false
	}
	s.mu.Lock()
	s.owned[p] = h
	s.mu.Unlock()
	s.wg.Go(func() {
		err := s.run(under, p)
		s.m.release(h, under)
		s.mu.Lock()
		delete(s.owned, p)
		delete(s.leaves, p)
		s.mu.Unlock()
		if err != nil {
			s.fail(err)
		}
		s.m.hurry()
	})
	return true
}

// run runs fn for a partition until its claim is gone, or it fails.
func (s *share) run(under context.Context, p int) error {
	for {
		err := s.fn(under, p)
		switch {
		case under.Err() != nil && s.excused(err):
			return nil
		case err != nil && !errors.Is(err, store.ErrFenced):
			return err
		}
		// Whose partition it is, the next renewal says.
		s.m.hurry()
		select {
		case <-under.Done():
			return nil
		case <-time.After(s.m.cfg.Every):
		}
	}
}

// excused reports whether an error at the end of a partition is none of this process:
// what was not stored is read again by the next owner.
func (s *share) excused(err error) bool {
	if err == nil || errors.Is(err, store.ErrFenced) || errors.Is(err, context.Canceled) {
		return true
	}
	return s.ctx.Err() == nil && store.ClassOf(err).Passes()
}
