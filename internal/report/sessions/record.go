package sessions

import (
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/secrets"
)

// fields are the payload fields that lines are made of.
type fields struct {
	command                            event.FieldID
	username, method, result           event.FieldID
	url, filename, shasum, origin      event.FieldID
	rawURL, verb                       event.FieldID
	service, client, seconds           event.FieldID
	failedLogins, loggedIn             event.FieldID
	commandService, authService, onWeb event.FieldID
}

func newFields() fields {
	const command, auth, payload, session, web = event.KindCommand, event.KindAuthAttempt, event.KindPayload, event.KindSession, event.KindHTTPRequest
	return fields{
		command:  event.MustField(command, "command_text"),
		username: event.MustField(auth, "username"), method: event.MustField(auth, "method"), result: event.MustField(auth, "result"),
		url: event.MustField(payload, "url"), filename: event.MustField(payload, "filename"), shasum: event.MustField(payload, "shasum"), origin: event.MustField(payload, "origin"),
		rawURL: event.MustField(web, "raw_url"), verb: event.MustField(web, "method"),
		service: event.MustField(session, "service"), client: event.MustField(session, "client_version"), seconds: event.MustField(session, "duration_s"),
		failedLogins: event.MustField(session, "failed_logins"), loggedIn: event.MustField(session, "logged_in"),
		commandService: event.MustField(command, "service"), authService: event.MustField(auth, "service"), onWeb: event.MustField(web, "service"),
	}
}

// Needs returns the payload fields that a run keeps for sessions besides those
// that rules read.
func Needs() *event.FieldSet {
	f := newFields()
	s := event.NewFieldSet()
	for _, id := range []event.FieldID{
		f.command, f.username, f.method, f.result, f.url, f.filename, f.shasum, f.origin, f.rawURL, f.verb,
		f.service, f.client, f.seconds, f.failedLogins, f.loggedIn, f.commandService, f.authService, f.onWeb,
	} {
		s.Add(id)
	}
	return s
}

// A record is what an event says of its session. Its texts are pieces of the
// batch's text, and masked where they are taken over.
type record struct {
	kind                   event.Kind
	id, sensor, session    string
	attacker, ip           string
	at                     time.Time
	service                string
	text, note, path, hash string
	seconds, failed        float64
	success                bool
	cut                    int // bytes of text that are gone
}

// A Recorder notes the events of a batch, on one goroutine.
type Recorder struct {
	keeper  *Keeper
	records *records
}

// records are what a Recorder noted of a batch.
type records struct {
	list    []record
	without int // events that named no session
}

// Record notes ev, of which it keeps nothing but texts.
func (r *Recorder) Record(ev *event.Event) {
	if !ev.SessionID.Valid || ev.SessionID.Value == "" {
		r.records.without++
		return
	}
	if only := r.keeper.options.Only; only != nil && !only(ev.DeckyID.Value, ev.SessionID.Value) {
		return
	}
	r.records.list = append(r.records.list, record{
		kind: ev.Kind, id: ev.SourceID, sensor: ev.DeckyID.Value, session: ev.SessionID.Value,
		attacker: ev.Attacker(nil), ip: ev.AttackerIP, at: ev.Time,
	})
	r.keeper.fields.fill(&r.records.list[len(r.records.list)-1], ev)
}

// Take returns what was noted since it was last called, for [Keeper.Add]. Before
// is what it returned earlier and is done with.
func (r *Recorder) Take(before any) any {
	taken := r.records
	if old, ok := before.(*records); ok {
		clear(old.list)
		*old = records{list: old.list[:0]}
		r.records = old
	} else {
		r.records = &records{}
	}
	return taken
}

// fill takes over what an event of its kind says.
func (f *fields) fill(r *record, ev *event.Event) {
	switch ev.Kind {
	case event.KindCommand:
		r.text, _ = ev.Text(f.command)
		r.service, _ = ev.Text(f.commandService)
	case event.KindAuthAttempt:
		r.text, _ = ev.Text(f.username)
		r.note, _ = ev.Text(f.method)
		r.service, _ = ev.Text(f.authService)
		result, _ := ev.Text(f.result)
		r.success = result == "success"
	case event.KindPayload:
		r.text, _ = ev.Text(f.url)
		r.note, _ = ev.Text(f.origin)
		r.path, _ = ev.Text(f.filename)
		r.hash, _ = ev.Text(f.shasum)
	case event.KindHTTPRequest:
		r.text, _ = ev.Text(f.rawURL)
		r.note, _ = ev.Text(f.verb)
		r.service, _ = ev.Text(f.onWeb)
	case event.KindSession:
		r.text, _ = ev.Text(f.client)
		r.service, _ = ev.Text(f.service)
		r.seconds, _ = ev.Num(f.seconds)
		r.failed, _ = ev.Num(f.failedLogins)
		r.success, _ = ev.Flag(f.loggedIn)
	}
}

// line returns the line that r is.
func (r *record) line() Line {
	l := Line{At: r.at, Kind: r.kind.String(), SourceID: idOf(r.id)}
	switch r.kind {
	case event.KindCommand:
		l.Text = r.text
	case event.KindAuthAttempt:
		l.Text = "login as " + r.text + by(r.note) + ": " + outcome(r.success)
	case event.KindPayload:
		l.URL, l.Path, l.SHA256 = shown(r.text, maxNote), shown(r.path, maxNote), shown(r.hash, maxHash)
		l.Text = r.file()
	case event.KindHTTPRequest:
		l.Text = r.note + " " + r.text
	case event.KindSession:
		l.Text = "the whole session"
	default:
		l.Text = r.kind.String()
	}
	whole := secrets.MaskURLs(l.Text)
	l.Text = strings.Clone(event.CutText(whole, maxText))
	l.Cut = len(whole) - len(l.Text) + r.cut
	return l
}

func by(method string) string {
	if method == "" {
		return ""
	}
	return " by " + method
}

func outcome(success bool) string {
	if success {
		return "accepted"
	}
	return "refused"
}

// file says in words what became of a file.
func (r *record) file() string {
	what := map[string]string{"download": "downloads", "attempt": "tries to download", "upload": "uploads", "stdin": "reads from its input", "redirect": "writes"}[r.note]
	if what == "" {
		what = "leaves"
	}
	switch from := r.text; {
	case from != "" && r.path != "":
		return what + " " + from + " to " + r.path
	case from != "":
		return what + " " + from
	case r.path != "":
		return what + " " + r.path
	}
	return what + " a file"
}
