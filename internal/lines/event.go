package lines

import (
	"errors"
	"net/netip"

	"ttpctl/internal/event"
)

// An EventReader reads the event of one line (EVENTS.md section 1), strictly:
// each line has one meaning or none. What EVENTS.md leaves open is decided so:
//   - null is absent;
//   - an attacker_ip that is no address matters only to an event that needs
//     one for its anchor;
//   - a payload number beyond float64 is absent.
//
// It belongs to one goroutine.
type EventReader struct {
	rules  EventRules
	wanted []wanted // by FieldID
	json   *JSON
	late   *JSON // of a payload that stood before its source_kind
	member func(name string) error
	fields [2]func(name string) error // reading from json and from late

	ev    *event.Event
	given Given
	span  [2]int // of a payload to read later, in the line
}

// EventRules say what is read beside the members of every event.
type EventRules struct {
	// Wants reports whether a payload field is read. It is asked once for each.
	Wants func(event.FieldID) bool
	// Take is given each payload field that was read, and reports whether it goes
	// into the event; nil = all do.
	Take func(event.FieldID, *event.Value) bool
	// Member reads a top-level member that EVENTS.md does not name from j; nil =
	// they are read over.
	Member func(j *JSON, name string) error
}

// Given says which members a line had that an event does not show.
type Given struct {
	IP                          string     // attacker_ip as it was written
	Addr                        netip.Addr // the same, invalid when it is no address
	Attacker, Identity, Payload bool
}

var (
	errNoKind    = errors.New("source_kind is missing")
	errNoID      = errors.New("source_id is missing")
	errNoPayload = errors.New("payload is missing")
	errNoAnchor  = errors.New("no anchor: attacker_uuid, identity_uuid and attacker_ip are missing")
	errBadIP     = errors.New("no anchor: attacker_ip is not an IP address")
)

// Complete checks what ev must have, and has attacker_uuid made of the address
// where there is neither it nor identity_uuid.
func (g Given) Complete(ev *event.Event) error {
	switch {
	case ev.SourceKind == "":
		return errNoKind
	case ev.SourceID == "":
		return errNoID
	case !g.Payload:
		return errNoPayload
	case ev.Anchor(g.Addr, g.IP):
		return nil
	case g.IP != "":
		return errBadIP
	}
	return errNoAnchor
}

// NewEventReader returns an EventReader that follows rules.
func NewEventReader(rules EventRules) *EventReader {
	r := &EventReader{rules: rules, json: NewStrictJSON(), late: NewStrictJSON()}
	if r.rules.Member == nil {
		r.rules.Member = func(j *JSON, _ string) error { return j.Skip() }
	}
	for _, k := range event.Kinds() {
		for _, id := range event.FieldsOf(k) {
			f := id.Field()
			r.wanted = append(r.wanted, wanted{!f.Derived && rules.Wants(id), f.Type})
		}
	}
	r.member = r.readMember
	r.fields[0] = func(name string) error { return r.field(r.json, name) }
	r.fields[1] = func(name string) error { return r.field(r.late, name) }
	return r
}

var (
	errPayload = errors.New("payload is not an object")
	errBadTime = errors.New("ts is not an RFC 3339 time")
)

// Read reads line into ev, which is empty; text is the same as a string, of
// which the strings of ev are pieces. It says what is wrong with the JSON of
// the line and the types in it; which members there have to be, its caller
// says.
func (r *EventReader) Read(ev *event.Event, line []byte, text string) (Given, error) {
	r.ev, r.given, r.span = ev, Given{}, [2]int{}
	r.json.Reset(line, text)
	if err := r.json.Object(r.member); err != nil {
		return r.given, err
	}
	if begin, end := r.span[0], r.span[1]; end > 0 && ev.Kind != event.KindUnknown {
		r.late.Reset(line[begin:end], text[begin:end])
		if err := r.late.Object(r.fields[1]); err != nil {
			return r.given, err
		}
	}
	if r.given.IP != "" {
		// What is no address stays the zero Addr, which is invalid.
		r.given.Addr, _ = netip.ParseAddr(r.given.IP)
	}
	return r.given, nil
}

func (r *EventReader) readMember(name string) (err error) {
	ev := r.ev
	switch name {
	case "source_kind":
		var kind string
		err = r.json.TextOrNull(&kind, name)
		ev.SetKind(kind)
	case "source_id":
		err = r.json.TextOrNull(&ev.SourceID, name)
	case "attacker_uuid":
		r.given.Attacker = true
		err = r.json.TextOrNull(&ev.AttackerUUID, name)
	case "identity_uuid":
		r.given.Identity = true
		err = r.json.TextOrNull(&ev.IdentityUUID, name)
	case "attacker_ip":
		err = r.json.TextOrNull(&r.given.IP, name)
	case "session_id":
		err = r.optional(&ev.SessionID, name)
	case "decky_id":
		err = r.optional(&ev.DeckyID, name)
	case "ts":
		return r.time()
	case "payload":
		return r.payload()
	default:
		return r.rules.Member(r.json, name)
	}
	return err
}

func (r *EventReader) optional(s *event.OptString, name string) error {
	s.Valid = r.json.Peek() == '"'
	return r.json.TextOrNull(&s.Value, name)
}

func (r *EventReader) time() error {
	given := r.json.Peek() == '"'
	if err := r.json.TextOrNull(&r.ev.TS, "ts"); err != nil || !given {
		return err
	}
	var ok bool
	if r.ev.Time, ok = ParseTime(r.ev.TS); !ok {
		return errBadTime
	}
	return nil
}

// payload reads the payload, or notes where it stands when the kind, and with
// it the meaning of its members, is not known yet.
func (r *EventReader) payload() (err error) {
	switch r.json.Peek() {
	case '{':
		r.given.Payload = true
	case 'n', 0:
		return r.json.Skip()
	default:
		return errPayload
	}
	if r.ev.Kind != event.KindUnknown {
		return r.json.Members(r.fields[0])
	}
	r.span[0], r.span[1], err = r.json.Span()
	return err
}

// wanted says whether a field is read, and what its type is.
type wanted struct {
	read bool
	typ  event.FieldType
}

// field reads the value of one payload member from j.
func (r *EventReader) field(j *JSON, name string) error {
	id, ok := event.LookupField(r.ev.Kind, name)
	if !ok || !r.wanted[id].read || !admits(r.wanted[id].typ, j.Peek()) {
		return j.Skip()
	}
	v := r.ev.Add(id)
	if err := j.Value(v); err != nil {
		return err
	}
	r.ev.Keep(r.rules.Take == nil || r.rules.Take(id, v))
	return nil
}

// admits reports whether a JSON value that begins with kind can be of type t;
// what cannot need not be decoded.
func admits(t event.FieldType, kind byte) bool {
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
