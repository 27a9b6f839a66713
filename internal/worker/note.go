package worker

import (
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
)

// A NoteKind says what a Note is about.
type NoteKind uint8

// The kinds of note.
const (
	LineRejected NoteKind = iota // Rejection, and Count rejected so far
	KindUnread                   // no rule in force reads events of Event; told once a kind
	KindUnknown                  // this build does not know events of Event; told once a kind
	RuleBroke                    // Panic; told once a rule and kind
	StoreWaits                   // tags cannot be stored, the input waits: Err
	StoreResumed                 // tags are stored again
	SourceFailed                 // Source could not be read, and is tried again: Err
	NotForgotten                 // of Source, what is not needed any more could not be removed: Err
)

// A Note is what an operator should know of a run that goes on. What its
// strings quote comes from the input.
type Note struct {
	Kind      NoteKind
	Rejection ingest.Rejection
	Count     int
	Event     string // source_kind
	Source    string // of the ledger
	Panic     engine.Panic
	Err       error
}

// Bounds of what is told, which grows with what strangers send.
const (
	rejectionsTold  = 64
	rejectionsEvery = 1000 // beyond those, one in so many
	unknownTold     = 64
	nameTold        = 128 // bytes
)

// A notebook remembers what was told.
type notebook struct {
	rejected int
	unread   [event.NumKinds]bool
	unknown  map[string]bool
	broken   map[engine.Panic]bool // without their values; guarded by Tagger.mu
}

func (t *Tagger) note(n Note) {
	if t.Observe == nil {
		return
	}
	t.telling.Lock()
	defer t.telling.Unlock()
	t.Observe(n)
}

// noteBatch tells of lines that were rejected, and of kinds that nobody reads.
func (t *Tagger) noteBatch(b *ingest.Batch) {
	n := &t.notes
	for _, r := range b.Rejections {
		n.rejected++
		if n.rejected <= rejectionsTold || n.rejected%rejectionsEvery == 0 {
			t.note(Note{Kind: LineRejected, Rejection: r, Count: n.rejected})
		}
	}
	a := b.Account()
	if t.Forward == nil { // else no rule reads any
		t.noteUnread(a)
	}
	for _, name := range a.UnknownKinds.Names() {
		t.noteUnknown(name)
	}
}

func (t *Tagger) noteUnread(a *ingest.Account) {
	n, needs := &t.notes, t.InForce().Ruleset().Needs()
	for _, k := range event.Kinds() {
		if a.Kinds[k] > 0 && !n.unread[k] && !needs.Kind(k) {
			n.unread[k] = true
			t.note(Note{Kind: KindUnread, Event: k.String()})
		}
	}
}

func (t *Tagger) noteUnknown(name string) {
	n := &t.notes
	name = strings.ToValidUTF8(name[:min(len(name), nameTold)], "")
	if n.unknown[name] || len(n.unknown) >= unknownTold {
		return
	}
	if n.unknown == nil {
		n.unknown = map[string]bool{}
	}
	name = strings.Clone(name) // it is a piece of its batch
	n.unknown[name] = true
	t.note(Note{Kind: KindUnknown, Event: name})
}

// notePanics tells once of each rule that broke on events of a kind.
func (t *Tagger) notePanics(panics []engine.Panic) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range panics {
		key := engine.Panic{RuleID: p.RuleID, Kind: p.Kind}
		if t.notes.broken[key] {
			continue
		}
		if t.notes.broken == nil {
			t.notes.broken = map[engine.Panic]bool{}
		}
		t.notes.broken[key] = true
		t.note(Note{Kind: RuleBroke, Panic: p})
	}
}
