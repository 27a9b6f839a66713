package fleet

import (
	"context"
	"errors"
	"slices"
	"time"

	"ttpctl/internal/store"
)

// Hold runs fn while this process holds the claim called name, which it waits for:
// until it is free, or its holder is dead. fn's context ends with ctx, and when the
// claim is lost or could not be renewed for so long that others may take it soon; once
// fn has returned then, Hold waits for the claim again. term grows with every holder,
// and is what a stale one can be told by. Hold returns when ctx has ended, nil, and
// when fn returns by itself, with its error, unless that is store.ErrFenced: then it
// waits for the claim again, too.
func (m *Member) Hold(ctx context.Context, name string, fn func(ctx context.Context, term int64) error) error {
	m.hurry()
	for {
		next := m.next()
		h, under := m.take(ctx, name, true)
		if h != nil {
			err := fn(under, h.claim.Epoch)
			ended := under.Err() == nil && !errors.Is(err, store.ErrFenced)
			m.release(h, under)
			if ended || ctx.Err() != nil {
				return ignoreEnd(ctx, err)
			}
		}
		select {
		case <-next:
		case <-ctx.Done():
			return nil
		}
	}
}

// ignoreEnd returns err, unless it says that ctx has ended.
func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return nil
	}
	return err
}

// firstWithin is how long the first work of a holder is waited for.
const firstWithin = 30 * time.Second

// AwaitHolder waits until what Hold runs under name has begun, which begun is told of
// with its error, or another process is seen to hold the claim, one whose counter
// moves, and done reports that it has done its first work, or does not for long. It
// returns the error that it was told.
func (m *Member) AwaitHolder(ctx context.Context, name string, begun <-chan error, done func() bool) error {
	for began := time.Now(); ; {
		next, soon := m.next(), (<-chan time.Time)(nil)
		if m.busy(name) {
			if time.Since(began) > firstWithin || done() {
				return nil
			}
			soon = time.After(m.cfg.Every / 20)
		}
		select {
		case err := <-begun:
			return err
		case <-next:
		case <-soon:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// AwaitOther waits as AwaitHolder does where this process does not hold the claim
// itself: not at all when nobody has it, or done reports true already.
func (m *Member) AwaitOther(ctx context.Context, name string, done func() bool) error {
	all, err := m.cfg.Claims.All(ctx)
	if err != nil {
		return err
	}
	if done() || !slices.ContainsFunc(all, func(c store.Claim) bool { return c.Name == name && c.Owner != "" }) {
		return nil
	}
	m.hurry()
	dead := make(chan error, 1) // it gives no sign of life
	defer time.AfterFunc(firstWithin, func() { dead <- nil }).Stop()
	return m.AwaitHolder(ctx, name, dead, done)
}

// busy reports whether another process was seen to move a claim.
func (m *Member) busy(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, _ := m.watch.claim(name)
	return m.watch.seen["claim "+name].moved && c.Owner != "" && c.Owner != m.cfg.ID
}

// Reads returns the versions of states that each process reads that lives, as their
// leases say; of one that says nothing, as of all before the first look, there is none.
func (m *Member) Reads() (all [][]int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.watch.last.IsZero() {
		return [][]int{nil}
	}
	for _, l := range m.watch.living() {
		all = append(all, l.Worker.Reads)
	}
	return all
}
