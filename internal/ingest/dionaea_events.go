package ingest

import (
	"strconv"
	"strings"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/state"
)

// dionaeaEvents is the ordered half of the reader of Dionaea: it makes ids and
// feeds the aggregates.
type dionaeaEvents struct {
	set    *aggregate.Set
	ids    *lineIDs
	fields dionaeaFields
}

type dionaeaFields struct {
	username, password, authService, method, defaultAttempt event.FieldID
	url, filename, origin                                   event.FieldID
	service, opText                                         event.FieldID
}

func newDionaeaEvents(set *aggregate.Set) *dionaeaEvents {
	const auth, payload, session = event.KindAuthAttempt, event.KindPayload, event.KindSession
	return &dionaeaEvents{set: set, ids: newLineIDs("dionaea:"), fields: dionaeaFields{
		username: fieldOf(auth, "username"), password: fieldOf(auth, "password"), authService: fieldOf(auth, "service"),
		method: fieldOf(auth, "method"), defaultAttempt: fieldOf(auth, "default_attempt"),
		url: fieldOf(payload, "url"), filename: fieldOf(payload, "filename"), origin: fieldOf(payload, "origin"),
		service: fieldOf(session, "service"), opText: fieldOf(session, "op_text"),
	}}
}

// A dionaeaLine is a line of which events are being made: the first is the
// line's own, the others are derived from it.
type dionaeaLine struct {
	batch  *Batch
	rec    *dionaeaRecord
	id     string
	sensor string
	made   int
}

func (d *dionaeaEvents) assemble(b *Batch, i int) (fate, string) {
	l := &dionaeaLine{batch: b, rec: &recordsOf[dionaeaRecord](b)[i]}
	if l.rec.local.IsValid() {
		l.sensor = l.rec.local.String()
	}
	d.set.Line(l.sensor, l.rec.at, b.emitter())
	l.id = d.ids.next(b.log, l.rec.at, l.rec.hash)
	foreign := 0
	for n := range l.rec.logins {
		if d.login(l, n) {
			foreign++
		}
	}
	if l.rec.url != "" || l.rec.file != "" {
		d.payload(l)
	}
	if l.rec.opText != "" {
		d.session(l)
	}
	switch {
	case l.made > 0:
		return direct, ""
	case foreign > 0 && foreign == len(l.rec.logins):
		return ignored, foreignLogin
	}
	return absorbed, ""
}

// login takes in the n-th attempt of a line and reports whether it was none.
// Dionaea does not log whether it let the client in, and mostly does: that says
// nothing of the password, so it counts as guessed and not as found.
func (d *dionaeaEvents) login(l *dionaeaLine, n int) (foreign bool) {
	login := &l.rec.logins[n]
	verdict := d.set.Login(&aggregate.Login{
		Sensor: l.sensor, Service: l.rec.service, Session: l.rec.session, Attacker: l.rec.attacker, IP: l.rec.remote.String(),
		Username: login.username, Password: login.password, At: l.rec.at, TS: l.rec.ts,
	}, l.batch.emitter())
	if verdict.Foreign || !verdict.First && !verdict.DefaultAttempt {
		return verdict.Foreign
	}
	ev, f := l.event(event.KindAuthAttempt, "#auth"+strconv.Itoa(n)), &d.fields
	ev.Set(f.username, event.StringValue(login.username))
	if login.password.Valid {
		ev.Set(f.password, event.StringValue(login.password.Value))
	}
	setText(ev, f.authService, l.rec.service)
	ev.Set(f.method, event.StringValue("password"))
	if verdict.DefaultAttempt {
		ev.Set(f.defaultAttempt, event.BoolValue(true))
	}
	return false
}

// payload makes the event of a file.
func (d *dionaeaEvents) payload(l *dionaeaLine) {
	ev, origin := l.event(event.KindPayload, "#file"), "upload"
	scheme, _, _ := strings.Cut(l.rec.url, "://")
	switch {
	case l.rec.offered:
		origin = "attempt"
	case scheme == "http", scheme == "https", scheme == "ftp", scheme == "tftp":
		origin = "download"
	}
	setText(ev, d.fields.url, l.rec.url)
	setText(ev, d.fields.filename, l.rec.file)
	ev.Set(d.fields.origin, event.StringValue(origin))
}

// session makes the event of what was asked of a service.
func (d *dionaeaEvents) session(l *dionaeaLine) {
	ev := l.event(event.KindSession, "#ops")
	setText(ev, d.fields.service, l.rec.service)
	ev.Set(d.fields.opText, event.StringValue(l.rec.opText))
}

// event adds an event of the line with what all of them share.
func (l *dionaeaLine) event(kind event.Kind, suffix string) *event.Event {
	added := l.batch.addEvent()
	added.aggregated = l.made > 0
	l.made++
	ev, rec := &added.Event, l.rec
	ev.SetKind(kind.String())
	ev.SourceID, ev.SessionID = l.id+suffix, event.Some(rec.session)
	ev.AttackerUUID, ev.AttackerIP = rec.attacker, rec.remote.String()
	if l.sensor != "" {
		ev.DeckyID = event.Some(l.sensor)
	}
	ev.TS, ev.Time = rec.ts, rec.at
	return ev
}

func (d *dionaeaEvents) code(c *state.Codec) { d.ids.code(c) }
