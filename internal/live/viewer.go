package live

import (
	"context"

	"ttpctl/internal/report/html"
)

// A Viewer waits for news. It belongs to one goroutine.
type Viewer struct {
	board *Board
	wake  chan struct{} // holds a token when there may be news
	rev   string
	hitNo int64
}

// News is what has changed since the last one. What is empty has not.
type News struct {
	Rev  string     // there is a new page
	Hits []html.Hit // the oldest first; of many the last ones
	Tags int        // that there are, 0 = not known
}

// Watch returns a viewer, whom the first Next tells of the page that there is.
func (b *Board) Watch() *Viewer {
	v := &Viewer{board: b, wake: make(chan struct{}, 1)}
	b.mu.Lock()
	v.hitNo = b.hitNo
	b.viewers[v] = true
	b.mu.Unlock()
	v.signal()
	b.ask()
	return v
}

// Close ends the watch.
func (v *Viewer) Close() {
	v.board.mu.Lock()
	defer v.board.mu.Unlock()
	delete(v.board.viewers, v)
}

// Next waits for news. It returns ctx.Err() when ctx ends first.
func (v *Viewer) Next(ctx context.Context) (News, error) {
	for {
		select {
		case <-ctx.Done():
			return News{}, ctx.Err()
		case <-v.wake:
		}
		if n, ok := v.news(); ok {
			return n, nil
		}
	}
}

func (v *Viewer) news() (n News, ok bool) {
	b := v.board
	b.mu.Lock()
	defer b.mu.Unlock()
	if rev := b.revision(); b.report != nil && rev != v.rev {
		v.rev, n.Rev = rev, rev
	}
	if fresh := min(int(b.hitNo-v.hitNo), len(b.hits)); fresh > 0 {
		for i := fresh - 1; i >= 0; i-- {
			n.Hits = append(n.Hits, b.hits[i])
		}
		n.Tags = b.count
	}
	v.hitNo = b.hitNo
	return n, n.Rev != "" || len(n.Hits) > 0
}

func (v *Viewer) signal() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// tell wakes all viewers. b.mu is held.
func (b *Board) tell() {
	for v := range b.viewers {
		v.signal()
	}
}
