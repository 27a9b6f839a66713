package store

import (
	"context"
	"sync"
	"time"
)

// A Holder renews a lease and keeps the record of the rules in force beside it,
// until Close ends both. A store that fails is asked again at the next renewal.
// It is safe for concurrent use.
type Holder struct {
	leases  Leases
	lease   Lease
	notices Notices
	wake    chan struct{} // there is news; closed by Close
	done    chan struct{}

	mu     sync.Mutex
	worker Worker
	rules  []InForce // not recorded yet, nil = none
}

// Hold takes the lease l, which is of the caller's making but for its rules.
// notify is told of renewals that fail; nil = nobody wants to know. It never
// waits for the store.
func Hold(leases Leases, l Lease, notify func(Notice)) *Holder {
	h := &Holder{
		leases: leases, lease: l, notices: Notices{Notify: notify}, worker: l.Worker,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go h.run()
	return h
}

// ID returns the id of the lease.
func (h *Holder) ID() string { return h.lease.ID }

// Record has rules recorded, in place of those of an earlier call. It never waits
// for the store.
func (h *Holder) Record(rules []InForce) { h.news(func() { h.rules = rules }) }

// Say has the lease say what change makes of what the holder said before. It never
// waits for the store.
func (h *Holder) Say(change func(*Worker)) { h.news(func() { change(&h.worker) }) }

func (h *Holder) news(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
	select {
	case h.wake <- struct{}{}:
	default: // it is awake already
	}
}

// Close ends the lease. Nothing is recorded after it.
func (h *Holder) Close() error {
	close(h.wake)
	<-h.done
	return nil
}

func (h *Holder) run() {
	defer close(h.done)
	ctx := context.Background()
	ticker := time.NewTicker(h.lease.Every)
	defer ticker.Stop()
	var recorded, rules []InForce
	for {
		l := h.lease
		h.mu.Lock()
		rules, h.rules, l.Worker = h.rules, nil, h.worker
		h.mu.Unlock()
		if rules != nil {
			recorded = rules
		}
		l.Rules = rules
		err := h.leases.Renew(ctx, l)
		if err != nil {
			h.again(recorded)
		}
		h.notices.Tell("lease of "+h.lease.What, err)
		select {
		case <-ticker.C:
		case _, more := <-h.wake:
			if !more {
				// What cannot be released runs out by itself.
				_ = h.leases.Release(ctx, h.lease.ID)
				return
			}
		}
	}
}

// again has rules recorded once more, unless there are newer ones: after a failure
// the database may be another one.
func (h *Holder) again(rules []InForce) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rules == nil {
		h.rules = rules
	}
}
