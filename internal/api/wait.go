package api

import (
	"context"
	"sync"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/lines"
	"ttpctl/internal/spool"
)

// waiters are the requests that wait for their events to be judged. They are
// safe for concurrent use.
type waiters struct {
	stopped <-chan struct{} // nobody waits any more

	mu   sync.Mutex
	all  map[*waiter]bool
	byID map[string][]*waiter
	last lines.Cursor // committed
}

// A waiter is one request.
type waiter struct {
	ids   []string
	end   lines.Cursor // of its events; "" = not known yet
	fresh int
	done  chan struct{}
}

// Committed tells that all up to c was judged and stored, and which of the tags
// were not stored before. It keeps nothing of them. It is called for each commit
// of the spool's lines, in their order.
func (s *Server) Committed(c lines.Cursor, fresh []event.Tag) { s.wait.committed(c, fresh) }

func (ws *waiters) committed(c lines.Cursor, fresh []event.Tag) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if c != "" { // otherwise the cursor stays where it was
		ws.last = c
	}
	if len(ws.all) == 0 {
		return
	}
	for i := range fresh {
		for _, w := range ws.byID[fresh[i].SourceID] {
			w.fresh++
		}
	}
	for w := range ws.all {
		ws.settle(w)
	}
}

// settle ends the wait of w if all its events are judged.
func (ws *waiters) settle(w *waiter) {
	if w.end != "" && spool.Covers(ws.last, w.end) {
		ws.drop(w)
		close(w.done)
	}
}

// add begins to count the tags of events with these ids, before they can be
// judged.
func (ws *waiters) add(ids []string) *waiter {
	w := &waiter{ids: ids, done: make(chan struct{})}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.all == nil {
		ws.all, ws.byID = map[*waiter]bool{}, map[string][]*waiter{}
	}
	ws.all[w] = true
	for _, id := range ids {
		ws.byID[id] = append(ws.byID[id], w)
	}
	return w
}

// until says where the events of w end.
func (ws *waiters) until(w *waiter, end lines.Cursor) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w.end = end
	ws.settle(w)
}

// forget ends the count of w, which may be nil or have been dropped.
func (ws *waiters) forget(w *waiter) {
	if w == nil {
		return
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.drop(w)
}

func (ws *waiters) drop(w *waiter) {
	if !ws.all[w] {
		return
	}
	delete(ws.all, w)
	for _, id := range w.ids {
		rest := ws.byID[id]
		for i := range rest {
			if rest[i] == w {
				rest[i] = rest[len(rest)-1]
				rest = rest[:len(rest)-1]
				break
			}
		}
		if ws.byID[id] = rest; len(rest) == 0 {
			delete(ws.byID, id)
		}
	}
}

// await waits for the events of w to be judged and returns how many tags of
// theirs were new, nil = that took too long.
func (ws *waiters) await(ctx context.Context, w *waiter, atMost time.Duration) *int {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-w.done:
		return &w.fresh
	case <-timer.C:
	case <-ctx.Done():
	case <-ws.stopped:
	}
	return nil
}
