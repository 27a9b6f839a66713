package store

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// ErrClosed is what Next returns of a subscription that was closed, and of one
// whose store was closed once everything published before was taken. Watch on
// a closed store returns it too.
var ErrClosed = errors.New("subscription closed")

// A Subscription holds the changes that its owner has not taken yet, at most
// one per rule. It is safe for concurrent use; it starts no goroutine.
type Subscription[C any] struct {
	leave func()

	mu      sync.Mutex
	queue   []string // keys that have a letter, first come first
	letters map[string]letter[C]
	known   map[string]bool // keys that the owner was told of
	closed  bool
	wake    chan struct{} // holds a token when a Next may have something to do
}

type letter[C any] struct {
	change  C
	removal bool
}

// Next returns the next change, and waits for one. It returns ctx.Err() when
// ctx ends first, else ErrClosed when nothing will come any more.
func (s *Subscription[C]) Next(ctx context.Context) (C, error) {
	for {
		if err := ctx.Err(); err != nil {
			var zero C
			return zero, err
		}
		if c, ok, err := s.take(); ok || err != nil {
			return c, err
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
		}
	}
}

func (s *Subscription[C]) take() (c C, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		if s.closed {
			s.signalLocked() // for every other Next that waits
			return c, false, ErrClosed
		}
		return c, false, nil
	}
	key := s.queue[0]
	l := s.letters[key]
	s.queue = slices.Delete(s.queue, 0, 1)
	delete(s.letters, key)
	if l.removal {
		delete(s.known, key)
	} else {
		s.known[key] = true
	}
	s.signalLocked() // another Next may wait for the rest
	return l.change, true, nil
}

// Close ends the subscription and drops what was not taken.
func (s *Subscription[C]) Close() {
	s.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue, s.letters = nil, nil
	s.closed = true
	s.signalLocked()
}

// end makes Next return ErrClosed after what is still there.
func (s *Subscription[C]) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.signalLocked()
}

func (s *Subscription[C]) signalLocked() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// post leaves a letter for key in place of an earlier one. A removal of
// something that the owner was never told of takes the letter away instead:
// the box stays as small as the set of rules that the owner knows or that
// exist.
func (s *Subscription[C]) post(key string, l letter[C]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	_, waiting := s.letters[key]
	if l.removal && !s.known[key] {
		if waiting {
			delete(s.letters, key)
			s.queue = slices.Delete(s.queue, slices.Index(s.queue, key), slices.Index(s.queue, key)+1)
		}
		return
	}
	if !waiting {
		s.queue = append(s.queue, key)
	}
	s.letters[key] = l
	s.signalLocked()
}

// A Hub is the set of subscriptions of one store. Its zero value is ready; it
// is safe for concurrent use.
type Hub[C any] struct {
	mu     sync.Mutex
	subs   map[*Subscription[C]]bool
	closed bool
}

// Subscribe adds a subscription whose owner has been told of the keys in
// known. The caller holds the lock under which it publishes.
func (h *Hub[C]) Subscribe(known []string) (*Subscription[C], error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	s := &Subscription[C]{
		letters: map[string]letter[C]{},
		known:   make(map[string]bool, len(known)),
		wake:    make(chan struct{}, 1),
	}
	for _, key := range known {
		s.known[key] = true
	}
	s.leave = func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.subs, s)
	}
	if h.subs == nil {
		h.subs = map[*Subscription[C]]bool{}
	}
	h.subs[s] = true
	return s, nil
}

// Publish leaves change with every subscription; removal says that key is
// gone by it.
func (h *Hub[C]) Publish(key string, change C, removal bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		s.post(key, letter[C]{change, removal})
	}
}

// Close ends every subscription, after what is in it.
func (h *Hub[C]) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for s := range h.subs {
		s.end()
	}
	h.subs = nil
}
