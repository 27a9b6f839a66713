package dossier

import (
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/report/sessions"
)

// A record is what an event holds besides what its session's line says. Its texts
// are pieces of the batch's text.
type record struct {
	kind      event.Kind
	id        string
	who       string
	session   string
	sensor    string
	text      string // a command, a URL
	name, sum string // of a file
	at        time.Time
}

// A Recorder notes the events of a batch, on one goroutine.
type Recorder struct {
	sessions *sessions.Recorder
	fields   *fields
	notes    *notes
}

// notes are what a Recorder noted of a batch.
type notes struct {
	sessions any
	list     []record
}

// fields are the payload fields that are read.
type fields struct{ command, url, filename, shasum event.FieldID }

func newFields() *fields {
	return &fields{
		event.MustField(event.KindCommand, "command_text"), event.MustField(event.KindPayload, "url"),
		event.MustField(event.KindPayload, "filename"), event.MustField(event.KindPayload, "shasum"),
	}
}

// Recorder returns a new Recorder, for a goroutine of its own.
func (b *Builder) Recorder() *Recorder {
	return &Recorder{sessions: b.keeper.Recorder(), fields: b.fields, notes: &notes{}}
}

// Record notes ev, of which it keeps nothing but texts.
func (r *Recorder) Record(ev *event.Event) {
	r.sessions.Record(ev)
	n := record{kind: ev.Kind, id: ev.SourceID, sensor: ev.DeckyID.Value, session: ev.SessionID.Value, at: ev.Time}
	switch ev.Kind {
	case event.KindCommand:
		n.text, _ = ev.Text(r.fields.command)
	case event.KindPayload:
		n.text, _ = ev.Text(r.fields.url)
		n.name, _ = ev.Text(r.fields.filename)
		n.sum, _ = ev.Text(r.fields.shasum)
	default:
		return
	}
	if n.who = ev.AttackerIP; n.who == "" {
		n.who = nameOf(ev.Attacker(nil), ev.IdentityUUID)
	}
	r.notes.list = append(r.notes.list, n)
}

// Take returns what was noted since it was last called, for [Builder.Add]. Before
// is what it returned earlier and is done with.
func (r *Recorder) Take(before any) any {
	taken := r.notes
	if old, ok := before.(*notes); ok {
		clear(old.list)
		*old = notes{sessions: old.sessions, list: old.list[:0]}
		r.notes = old
	} else {
		r.notes = &notes{}
	}
	taken.sessions = r.sessions.Take(r.notes.sessions)
	r.notes.sessions = nil
	return taken
}

// nameOf returns what an attacker without an address is called.
func nameOf(attacker, identity string) string {
	switch {
	case attacker != "":
		return attacker
	case identity != "":
		return "identity " + identity
	}
	return ""
}
