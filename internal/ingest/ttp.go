package ingest

import (
	"errors"
	"net/netip"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/lines"
)

// ttpFormat is the row of ready-made events (EVENTS.md section 1).
func ttpFormat() format {
	return format{
		name:       "ttp",
		about:      "events as JSON Lines: source_kind, source_id, an anchor, payload",
		sniff:      func(s *sniffed) bool { return s.source != "" },
		newDecoder: newTTPDecoder,
	}
}

// A ttpDecoder decodes one event a line, strictly: each line has one meaning
// or none. What EVENTS.md leaves open is decided so:
//   - null is absent, and a required member that is null is missing;
//   - attacker_ip matters only without both uuids; then one that is no
//     address leaves the event without an anchor;
//   - a payload number beyond float64 is absent.
type ttpDecoder struct {
	json     *lines.JSON
	payload  *lines.JSON // of a payload that stood before its source_kind
	fields   *event.FieldSet
	commands event.FieldID
	mail     mailFields
	stored   bool // what names a stored message is kept

	ev         *batchEvent
	ip         string
	hasPayload bool
	late       [2]int // range in the text of a payload to decode later
	text       string
	line       []byte
}

func newTTPDecoder(fields *event.FieldSet) decoder {
	mail := newMailFields()
	return &ttpDecoder{
		json: lines.NewStrictJSON(), payload: lines.NewStrictJSON(), fields: fields, commands: fieldOf(event.KindSession, "commands"),
		mail: mail, stored: fields.Has(mail.body) || fields.Has(mail.list),
	}
}

func (d *ttpDecoder) decode(b *Batch, i int) (fate, string) {
	d.line, d.text = b.raw(i), b.str(i)
	if why := lines.CheckShape(d.line); why != "" {
		return rejected, why
	}
	d.ev, d.ip, d.hasPayload, d.late = b.addEvent(), "", false, [2]int{}
	if err := d.event(); err != nil {
		b.dropEvent()
		return rejected, lines.Reason(err, d.line)
	}
	return direct, ""
}

var (
	errNoKind    = errors.New("source_kind is missing")
	errNoID      = errors.New("source_id is missing")
	errNoPayload = errors.New("payload is missing")
	errPayload   = errors.New("payload is not an object")
	errNoAnchor  = errors.New("no anchor: attacker_uuid, identity_uuid and attacker_ip are missing")
	errBadIP     = errors.New("no anchor: attacker_ip is not an IP address")
	errBadTime   = errors.New("ts is not an RFC 3339 time")
)

func (d *ttpDecoder) event() error {
	d.json.Reset(d.line, d.text)
	if err := d.json.Object(d.member); err != nil {
		return err
	}
	switch {
	case d.ev.SourceKind == "":
		return errNoKind
	case d.ev.SourceID == "":
		return errNoID
	case !d.hasPayload:
		return errNoPayload
	}
	if d.late[1] > 0 && d.ev.Kind != event.KindUnknown {
		d.payload.Reset(d.line[d.late[0]:d.late[1]], d.text[d.late[0]:d.late[1]])
		if err := d.payload.Object(func(name string) error { return d.field(d.payload, name) }); err != nil {
			return err
		}
	}
	return d.anchor()
}

// anchor derives attacker_uuid where it must.
func (d *ttpDecoder) anchor() error {
	if d.ev.Anchor(netip.Addr{}) {
		return nil
	}
	if d.ip == "" {
		return errNoAnchor
	}
	ip, err := netip.ParseAddr(d.ip)
	if err != nil {
		return errBadIP
	}
	d.ev.Anchor(ip)
	return nil
}

// member reads the value of one top-level member.
func (d *ttpDecoder) member(name string) (err error) {
	ev := d.ev
	switch name {
	case "source_kind":
		var kind string
		err = d.str(&kind, name)
		ev.SetKind(kind)
	case "source_id":
		err = d.str(&ev.SourceID, name)
	case "attacker_uuid":
		err = d.str(&ev.AttackerUUID, name)
	case "identity_uuid":
		err = d.str(&ev.IdentityUUID, name)
	case "attacker_ip":
		err = d.str(&d.ip, name)
	case "session_id":
		err = d.optional(&ev.SessionID, name)
	case "decky_id":
		err = d.optional(&ev.DeckyID, name)
	case "ts":
		return d.time()
	case "payload":
		return d.object()
	default:
		return d.json.Skip()
	}
	return err
}

// str reads a string or null, which leaves *s empty.
func (d *ttpDecoder) str(s *string, name string) (err error) {
	switch d.json.Peek() {
	case '"':
		*s, err = d.json.Str()
		return err
	case 'n', 0:
		return d.json.Skip()
	}
	return errors.New(name + " is not a string")
}

func (d *ttpDecoder) optional(s *event.OptString, name string) error {
	s.Valid = d.json.Peek() == '"'
	return d.str(&s.Value, name)
}

func (d *ttpDecoder) time() error {
	given := d.json.Peek() == '"'
	if err := d.str(&d.ev.TS, "ts"); err != nil || !given {
		return err
	}
	var ok bool
	if d.ev.Time, ok = parseTime(d.ev.TS); !ok {
		return errBadTime
	}
	return nil
}

// parseTime parses RFC 3339, without the leniencies of time.Parse.
func parseTime(s string) (t time.Time, ok bool) {
	var buf [64]byte
	if len(s) > len(buf) {
		return time.Time{}, false
	}
	err := t.UnmarshalText(append(buf[:0], s...))
	return t, err == nil
}

// object reads the payload, or notes where it stands when the kind, and with
// it the meaning of its members, is not known yet.
func (d *ttpDecoder) object() error {
	switch d.json.Peek() {
	case '{':
		d.hasPayload = true
	case 'n', 0:
		return d.json.Skip()
	default:
		return errPayload
	}
	if d.ev.Kind != event.KindUnknown {
		return d.json.Members(func(name string) error { return d.field(d.json, name) })
	}
	var err error
	d.late[0], d.late[1], err = d.json.Span()
	return err
}

// field reads the value of one payload member from j.
func (d *ttpDecoder) field(j *lines.JSON, name string) error {
	id, ok := event.LookupField(d.ev.Kind, name)
	fanOut := ok && id == d.commands
	kept := ok && (d.fields.Has(id) || d.stored && (id == d.mail.decky || id == d.mail.stored))
	if !ok || !fanOut && !kept || !wanted(id.Field().Type, j.Peek()) {
		return j.Skip()
	}
	var v event.Value
	if err := j.Value(&v); err != nil {
		return err
	}
	if fanOut {
		d.ev.commands = v.List
	}
	if kept {
		d.ev.Set(id, v)
	}
	return nil
}

// wanted reports whether a JSON value that begins with kind can be of type t;
// what cannot need not be decoded.
func wanted(t event.FieldType, kind byte) bool {
	switch t {
	case event.TypeString:
		return kind == '"'
	case event.TypeNumber:
		return kind == '0'
	case event.TypeBool:
		return kind == 't' || kind == 'f'
	case event.TypeScalar:
		return kind == '"' || kind == '0'
	case event.TypeStrings, event.TypeNumbers, event.TypeEntries:
		return kind == '['
	}
	return kind == '{'
}
