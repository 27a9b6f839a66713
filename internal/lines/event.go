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
	top    func() error
	inside func() error // reading from late

	ev    *event.Event
	given Given
	span  [2]int // of a payload to read later, in the line
}

// EventRules say what is read beside the members of every event.
type EventRules struct {
	// Wants reports whether a payload field is read. It is asked once for each.
	Wants func(event.FieldID) bool
	// Take is given each payload field that was read and is a list or an object, and
	// reports whether it goes into the event; nil = all do.
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
	r.top, r.inside = r.readMembers, func() error { return r.readFields(r.late) }
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
	if err := r.json.whole(r.top); err != nil {
		return r.given, err
	}
	if begin, end := r.span[0], r.span[1]; end > 0 && ev.Kind != event.KindUnknown {
		r.late.Reset(line[begin:end], text[begin:end])
		if err := r.late.whole(r.inside); err != nil {
			return r.given, err
		}
	}
	if r.given.IP != "" {
		// What is no address stays the zero Addr, which is invalid.
		r.given.Addr, _ = netip.ParseAddr(r.given.IP)
	}
	return r.given, nil
}

// Marks of the members of every event (EVENTS.md section 1), and of the others.
const (
	sourceKind = 1 + iota
	sourceID
	attackerUUID
	identityUUID
	attackerIP
	sessionID
	deckyID
	timestamp
	payload
	otherMember
)

// markMember returns the mark of a top-level member.
func markMember(name string) int16 {
	switch name {
	case "source_kind":
		return sourceKind
	case "source_id":
		return sourceID
	case "attacker_uuid":
		return attackerUUID
	case "identity_uuid":
		return identityUUID
	case "attacker_ip":
		return attackerIP
	case "session_id":
		return sessionID
	case "decky_id":
		return deckyID
	case "ts":
		return timestamp
	case "payload":
		return payload
	}
	return otherMember
}

func (r *EventReader) readMembers() error {
	around, more := r.json.open()
	for more {
		name, ok := r.json.member()
		if !ok {
			break
		}
		if err := r.member(name); err != nil {
			return err
		}
	}
	return r.json.close(&around)
}

func (r *EventReader) member(name string) (err error) {
	mark := r.json.mark()
	if *mark == 0 {
		*mark = markMember(name)
	}
	ev := r.ev
	switch *mark {
	case sourceKind:
		var kind string
		err = r.json.TextOrNull(&kind, name)
		ev.SetKind(kind)
	case sourceID:
		err = r.json.TextOrNull(&ev.SourceID, name)
	case attackerUUID:
		r.given.Attacker = true
		err = r.json.TextOrNull(&ev.AttackerUUID, name)
	case identityUUID:
		r.given.Identity = true
		err = r.json.TextOrNull(&ev.IdentityUUID, name)
	case attackerIP:
		err = r.json.TextOrNull(&r.given.IP, name)
	case sessionID:
		err = r.optional(&ev.SessionID, name)
	case deckyID:
		err = r.optional(&ev.DeckyID, name)
	case timestamp:
		return r.time()
	case payload:
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
		return r.readFields(r.json)
	}
	r.span[0], r.span[1], err = r.json.Span()
	return err
}

// wanted says whether a field is read, and what its type is.
type wanted struct {
	read bool
	typ  event.FieldType
}

// markField returns the mark of a payload field: 1 and its id, or less than 0 when
// it is not read.
func (r *EventReader) markField(name string) int16 {
	if id, ok := event.LookupField(r.ev.Kind, name); ok && r.wanted[id].read {
		return 1 + int16(id)
	}
	return -1
}

// readFields reads a payload from j.
func (r *EventReader) readFields(j *JSON) error {
	j.names.root = int32(r.ev.Kind)
	around, more := j.open()
	for more {
		name, ok := j.member()
		if !ok {
			break
		}
		if err := r.field(j, name); err != nil {
			return err
		}
	}
	return j.close(&around)
}

// field reads the value of one payload member from j.
func (r *EventReader) field(j *JSON, name string) (err error) {
	mark := j.mark()
	if *mark == 0 {
		*mark = r.markField(name)
	}
	id, first := event.FieldID(*mark-1), j.Peek()
	if *mark < 0 || !admits(r.wanted[id].typ, first) {
		return j.Skip()
	}
	v := r.ev.Add(id)
	if first == '"' {
		v.Kind = event.String
		v.Str, err = j.Str()
		return err
	}
	if err := j.Value(v); err != nil {
		return err
	}
	r.ev.Keep(r.rules.Take == nil || v.Kind < event.List || r.rules.Take(id, v))
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
