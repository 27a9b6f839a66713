package bus

import (
	"context"
	"errors"
	"strings"
	"sync"
)

// An Envelope is what was published under a subject. Its data is shared, and not
// changed by anybody.
type Envelope struct {
	Subject string
	Data    []byte
}

// mailboxSize is how many envelopes wait for a subscriber that does not take
// them.
const mailboxSize = 4096

// A Bus brings envelopes to the subscribers of their subjects, within the
// process. Its zero value is ready; it is safe for concurrent use and starts no
// goroutine.
type Bus struct {
	mu     sync.Mutex
	subs   map[*Subscription]bool
	closed bool
}

// ErrClosed is what Next returns of a subscription that has ended.
var ErrClosed = errors.New("the bus is closed")

// A Subscription is the mailbox of one subscriber. When it is full, the oldest
// envelopes go: whoever is slow holds up nobody.
type Subscription struct {
	bus     *Bus
	pattern []string
	wake    chan struct{} // holds a token when a Next may have something to do

	mu     sync.Mutex
	box    []Envelope
	lost   int64
	closed bool
}

// Subscribe returns a mailbox for the subjects that pattern names, as NATS has
// it: * stands for one word between full stops, > at the end for all that
// follow.
func (b *Bus) Subscribe(pattern string) *Subscription {
	s := &Subscription{bus: b, pattern: strings.Split(pattern, "."), wake: make(chan struct{}, 1)}
	b.mu.Lock()
	defer b.mu.Unlock()
	s.closed = b.closed
	if b.subs == nil {
		b.subs = map[*Subscription]bool{}
	}
	b.subs[s] = true
	return s
}

// Publish leaves data in the mailboxes for subject. It never blocks.
func (b *Bus) Publish(subject string, data []byte) {
	words := strings.Split(subject, ".")
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.subs {
		if matches(s.pattern, words) {
			s.post(Envelope{subject, data})
		}
	}
}

// Close ends all subscriptions, after what is in them.
func (b *Bus) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for s := range b.subs {
		s.end()
	}
	b.subs = nil
}

// matches reports whether pattern names the subject of these words.
func matches(pattern, words []string) bool {
	for i, p := range pattern {
		switch {
		case p == ">" && i == len(pattern)-1:
			return len(words) > i
		case i >= len(words) || p != "*" && p != words[i]:
			return false
		}
	}
	return len(pattern) == len(words)
}

func (s *Subscription) post(e Envelope) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if len(s.box) == mailboxSize {
		s.box[0] = Envelope{}
		s.box = s.box[1:]
		s.lost++
	}
	s.box = append(s.box, e)
	s.signalLocked()
}

func (s *Subscription) signalLocked() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Subscription) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.signalLocked()
}

// Next returns the next envelope, and waits for one. It returns ctx.Err() when
// ctx ends first, else ErrClosed when nothing will come any more.
func (s *Subscription) Next(ctx context.Context) (Envelope, error) {
	for {
		if err := ctx.Err(); err != nil {
			return Envelope{}, err
		}
		if e, ok, err := s.take(); ok || err != nil {
			return e, err
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
		}
	}
}

func (s *Subscription) take() (e Envelope, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.box) == 0 {
		if s.closed {
			s.signalLocked() // for every other Next that waits
			return e, false, ErrClosed
		}
		return e, false, nil
	}
	e = s.box[0]
	s.box[0] = Envelope{}
	s.box = s.box[1:]
	s.signalLocked() // another Next may wait for the rest
	return e, true, nil
}

// Lost returns how many envelopes went because the mailbox was full.
func (s *Subscription) Lost() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

// Close ends the subscription and drops what was not taken.
func (s *Subscription) Close() {
	s.bus.mu.Lock()
	delete(s.bus.subs, s)
	s.bus.mu.Unlock()
	s.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.box = nil
}
