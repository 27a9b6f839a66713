package worker

import (
	"context"
	"strings"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// saveAtOnce is how many tags tag --save stores in one transaction. Each touches a page of
// the index of uuids of its own, as long as there are few in a transaction:
// 16,384 cost a quarter less CPU time each than 4,096 (internal/store/sqlite),
// and about 16 MB while they wait.
const saveAtOnce = 16384

// A saver stores tags in large transactions. It belongs to one goroutine.
type saver struct {
	tags    store.Tags
	waiting []event.Tag
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

// flush inserts what waits, also after ctx has ended: what was read is
// finished.
func (s *saver) flush(ctx context.Context) (in store.Inserted, err error) {
	if len(s.waiting) == 0 {
		return in, nil
	}
	in, err = s.tags.Insert(context.WithoutCancel(ctx), s.waiting)
	if err == nil {
		clear(s.waiting)
		s.waiting = s.waiting[:0]
	}
	return in, err
}
