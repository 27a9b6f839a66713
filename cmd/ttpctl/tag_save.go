package main

import (
	"context"
	"strings"

	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/store/sqlite"
)

// saveAtOnce is how many tags go into one transaction: thousands are several
// times faster than the few of a batch of lines (internal/store).
const saveAtOnce = 4096

// A saver stores the tags of a run. It belongs to one goroutine; a nil saver
// stores nothing.
type saver struct {
	db      *sqlite.DB
	waiting []event.Tag

	fresh, duplicates int
	printed, leftOut  int64 // tags that the filters let through, or not
}

// makeDB returns db, or makes the database when there is none yet: last, once
// all else is known to be well.
func (f *tagFlags) makeDB(ctx context.Context, db *sqlite.DB, s *streams) (*sqlite.DB, error) {
	if db != nil {
		return db, nil
	}
	file, err := dbFile(f.origin.db, s)
	if err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, file, dbOptions(s))
}

// save stores tags soon. It keeps copies: their strings would keep the text of
// whole batches alive.
func (v *saver) save(ctx context.Context, tags []event.Tag) error {
	for i := range tags {
		v.waiting = append(v.waiting, cloneTag(&tags[i]))
	}
	if len(v.waiting) < saveAtOnce {
		return nil
	}
	return v.flush(ctx)
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

// flush stores what waits, also after an interrupt: what was read is finished.
func (v *saver) flush(ctx context.Context) error {
	if v == nil || len(v.waiting) == 0 {
		return nil
	}
	in, err := v.db.Tags().Insert(context.WithoutCancel(ctx), v.waiting)
	clear(v.waiting)
	v.waiting = v.waiting[:0]
	v.fresh += len(in.New)
	v.duplicates += in.Duplicates
	return err
}

// report says how many tags were new, as a line of the account.
func (v *saver) report(s *streams) {
	if v != nil {
		s.notef("%-10s%s new, %s stored before, in %s", "saved", report.Grouped(v.fresh), report.Grouped(v.duplicates), v.db.Path())
	}
}
