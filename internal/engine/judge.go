package engine

import (
	"slices"
	"time"

	"ttpctl/internal/event"
)

// A Judge evaluates events on one goroutine. Whatever evaluates does so through
// one: it holds the snapshot, the instant and the scratch space, and its Scratch
// counts what came of it besides tags.
type Judge struct {
	*Scratch
	snapshot *Snapshot
	now      time.Time
	tags     []event.Tag
	seen     []Sighting
	stage    *Stage // of KeepSessions; nil = each event is a session of its own
}

// NewJudge returns a Judge of events under s at now.
func NewJudge(s *Snapshot, now time.Time) *Judge {
	return &Judge{Scratch: NewScratch(), snapshot: s, now: now}
}

// Under sets what the next events are judged under.
func (j *Judge) Under(s *Snapshot, now time.Time) { j.snapshot, j.now = s, now }

// Evaluate appends the tags of ev to dst.
func (j *Judge) Evaluate(dst []event.Tag, ev *event.Event) []event.Tag {
	return j.snapshot.Evaluate(dst, ev, j.now, j.Scratch)
}

// KeepSessions makes Tags take events in input order: those that name a session
// are one with the others of it.
func (j *Judge) KeepSessions() { j.stage = NewStage() }

// Tags returns the tags of ev, as if it were a session of its own unless
// sessions are kept; they are valid until the next call.
func (j *Judge) Tags(ev *event.Event) []event.Tag {
	j.tags = j.Evaluate(j.tags[:0], ev)
	if j.stage != nil && ev.SessionID.Valid {
		j.seen = j.TakeSightings(j.seen)
		return j.InOrder(j.stage, j.tags, j.seen)
	}
	if j.seen = j.TakeSightings(j.seen); slices.ContainsFunc(j.seen, Sighting.matters) {
		return j.InOrder(NewStage(), j.tags, j.seen)
	}
	return j.tags
}

// Snapshot returns what events are judged under.
func (j *Judge) Snapshot() *Snapshot { return j.snapshot }
