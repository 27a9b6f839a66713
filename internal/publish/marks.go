package publish

import (
	"context"
	"slices"
	"sync"
	"time"

	"ttpctl/internal/store"
)

const (
	// boundEvery is how often the outbox is brought back to its bound.
	boundEvery = 5 * time.Second
	// unreadEvery is how often what nobody reads any more is looked for.
	unreadEvery = time.Minute
)

// marks store what the outputs have passed, that of all of them together, and
// keep the outbox to its bound. What cannot be stored is tried again.
type marks struct {
	p      *Publisher
	wake   chan struct{} // holds a token when something was added
	cancel context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	passed map[[2]string]int64 // by output and source
}

func newMarks(p *Publisher) *marks {
	return &marks{p: p, wake: make(chan struct{}, 1), done: make(chan struct{}), passed: map[[2]string]int64{}}
}

func (m *marks) start() {
	var ctx context.Context
	ctx, m.cancel = context.WithCancel(context.Background())
	go m.run(ctx)
}

// add notes a mark. It never blocks.
func (m *marks) add(mark store.Mark) {
	m.mu.Lock()
	key := [2]string{mark.Output, mark.Source}
	m.passed[key] = max(m.passed[key], mark.Seq)
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// forget takes a mark back that was not stored yet.
func (m *marks) forget(output, source string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.passed, [2]string{output, source})
}

func (m *marks) take() []store.Mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []store.Mark
	for key, seq := range m.passed {
		all = append(all, store.Mark{Output: key[0], Source: key[1], Seq: seq})
	}
	clear(m.passed)
	return all
}

func (m *marks) run(ctx context.Context) {
	defer close(m.done)
	bound := time.NewTicker(boundEvery)
	defer bound.Stop()
	unread := time.NewTicker(unreadEvery)
	defer unread.Stop()
	m.adopt(ctx)
	for {
		select {
		case <-m.wake:
		case <-bound.C:
			if m.store(ctx) == nil {
				m.bound(ctx)
			}
			continue
		case <-unread.C:
			m.adopt(ctx)
			continue
		case <-ctx.Done():
			return
		}
		if m.store(ctx) != nil {
			continue // with the next tick at the latest
		}
		select {
		case <-time.After(noteEvery):
		case <-ctx.Done():
			return
		}
	}
}

// store stores what was added. After an error all of it is there again.
func (m *marks) store(ctx context.Context) error {
	all := m.take()
	if len(all) == 0 {
		return nil
	}
	err := m.p.cfg.Outbox.Done(ctx, all...)
	if err != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, mark := range all {
			key := [2]string{mark.Output, mark.Source}
			m.passed[key] = max(m.passed[key], mark.Seq)
		}
	}
	return err
}

// bound brings the outbox to its bound. An outbox that cannot do it now is
// asked again.
func (m *marks) bound(ctx context.Context) {
	if m.p.cfg.Max <= 0 {
		return
	}
	lost, err := m.p.cfg.Outbox.Drop(ctx, m.p.cfg.Max)
	if err != nil {
		return
	}
	for _, b := range lost {
		m.p.cfg.Observe(Note{Kind: Lost, Output: b.Output, Source: b.Source, Messages: b.Messages})
	}
}

// adopt has the outputs look at what waits for them of sources that nobody reads
// any more. A store that cannot say it now is asked again.
func (m *marks) adopt(ctx context.Context) {
	if m.p.cfg.Unread == nil {
		return
	}
	waiting, err := m.p.cfg.Outbox.Waiting(ctx)
	if err != nil || len(waiting) == 0 {
		return
	}
	unread, err := m.p.cfg.Unread(ctx)
	if err != nil {
		return
	}
	for _, b := range waiting {
		for _, d := range m.p.drains {
			if d.out.Name() == b.Output && slices.Contains(unread, b.Source) {
				d.put(b.Source)
			}
		}
	}
}

// close ends the goroutine and stores the last marks.
func (m *marks) close(ctx context.Context) error {
	m.cancel()
	<-m.done
	return m.store(ctx)
}
