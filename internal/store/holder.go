package store

import (
	"context"
	"time"
)

// A Holder renews a lease and keeps the record of the rules in force beside it,
// until Close ends both. A store that fails is asked again at the next renewal.
// It is safe for concurrent use.
type Holder struct {
	leases  Leases
	lease   Lease
	notices Notices
	latest  chan []InForce // holds the rules to record
	done    chan struct{}
}

// Hold takes the lease l, which is of the caller's making but for its rules.
// notify is told of renewals that fail; nil = nobody wants to know. It never
// waits for the store.
func Hold(leases Leases, l Lease, notify func(Notice)) *Holder {
	h := &Holder{
		leases: leases, lease: l, notices: Notices{Notify: notify},
		latest: make(chan []InForce, 1), done: make(chan struct{}),
	}
	go h.run()
	return h
}

// Record has rules recorded, in place of those of an earlier call. It has one
// caller at a time and never waits for the store.
func (h *Holder) Record(rules []InForce) {
	select {
	case <-h.latest:
	default:
	}
	h.latest <- rules
}

// Close ends the lease. Nothing is recorded after it.
func (h *Holder) Close() error {
	close(h.latest)
	<-h.done
	return nil
}

func (h *Holder) run() {
	defer close(h.done)
	ctx := context.Background()
	ticker := time.NewTicker(h.lease.Every)
	defer ticker.Stop()
	var rules []InForce
	recorded := false
	for {
		l := h.lease
		if !recorded {
			l.Rules = rules
		}
		err := h.leases.Renew(ctx, l)
		// After a failure the database may be another one: all is said again.
		recorded = err == nil
		h.notices.Tell("lease of "+h.lease.What, err)
		select {
		case <-ticker.C:
		case news, ok := <-h.latest:
			if !ok {
				// What cannot be released runs out by itself.
				_ = h.leases.Release(ctx, h.lease.ID)
				return
			}
			rules, recorded = news, false
		}
	}
}
