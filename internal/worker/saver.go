package worker

import (
	"context"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

const (
	// saveAtOnce is how many tags go into one transaction: thousands are several
	// times faster than the few of a batch of lines (internal/store/sqlite).
	saveAtOnce = 4096
	// retryEvery is the time between two attempts to store tags.
	retryEvery = time.Second
)

// A saver stores tags in large transactions. It belongs to one goroutine.
type saver struct {
	tags    store.Tags
	hold    bool // a database that is locked or full is waited for
	note    func(Note)
	waiting []event.Tag
	stuck   bool // the last attempt failed
}

// add has tags stored soon, and reports whether now is the time. It keeps
// copies: their strings would keep the text of whole batches alive.
func (s *saver) add(tags []event.Tag) (full bool) {
	for i := range tags {
		s.waiting = append(s.waiting, cloneTag(&tags[i]))
	}
	return len(s.waiting) >= saveAtOnce
}

// cloneTag returns t with its own copies of what belongs to its batch; ids of
// rules and techniques belong to the rules.
func cloneTag(t *event.Tag) event.Tag {
	c := *t
	c.SourceKind, c.SourceID = strings.Clone(t.SourceKind), strings.Clone(t.SourceID)
	c.AttackerUUID, c.IdentityUUID = strings.Clone(t.AttackerUUID), strings.Clone(t.IdentityUUID)
	c.AttackerIP = strings.Clone(t.AttackerIP)
	c.SessionID.Value, c.DeckyID.Value = strings.Clone(t.SessionID.Value), strings.Clone(t.DeckyID.Value)
	c.ObservedAt = strings.Clone(t.ObservedAt)
	return c
}

// store inserts what waits, also after ctx has ended: what was read is
// finished. With hold it tries again, and once more when ctx ends.
func (s *saver) store(ctx context.Context) (store.Inserted, error) {
	for {
		in, err := s.tags.Insert(context.WithoutCancel(ctx), s.waiting)
		if s.stuck && err == nil {
			s.stuck = false
			s.note(Note{Kind: StoreResumed})
		}
		if err == nil || !s.hold || ctx.Err() != nil || !passing(err) {
			return in, err
		}
		if !s.stuck {
			s.stuck = true
			s.note(Note{Kind: StoreWaits, Err: err})
		}
		select {
		case <-time.After(retryEvery):
		case <-ctx.Done():
		}
	}
}

// passing reports whether err may go away by itself.
func passing(err error) bool {
	return store.ClassOf(err).Passes()
}

// fresh returns what waited and was not stored before, in order.
func (s *saver) fresh(in store.Inserted) []event.Tag {
	fresh := s.waiting[:0]
	for _, i := range in.New {
		fresh = append(fresh, s.waiting[i])
	}
	return fresh
}

// clear forgets what waited.
func (s *saver) clear() {
	clear(s.waiting)
	s.waiting = s.waiting[:0]
}
