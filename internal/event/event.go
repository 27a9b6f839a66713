package event

import (
	"iter"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An OptString is a string or null.
type OptString struct {
	Value string
	Valid bool
}

// Some returns s as a present OptString.
func Some(s string) OptString { return OptString{s, true} }

// An Event is one observation. It belongs to one goroutine; Reset makes it
// ready for the next.
type Event struct {
	SourceKind   string // as given; Kind is KindUnknown when this build does not know it
	Kind         Kind
	SourceID     string
	AttackerUUID string // as given, "" = null or to be made of an address: see Attacker
	IdentityUUID string // "" = null
	// AttackerIP is the address that the event names, in canonical text, "" if it
	// names none. It is shown to people and never part of a tag's identity.
	AttackerIP string
	SessionID  OptString
	DeckyID    OptString
	TS         string    // RFC 3339 as it becomes observed_at, "" = absent
	Time       time.Time // TS parsed, zero = absent

	// FannedOut says that it is one of the commands of the session event before
	// it.
	FannedOut bool

	address netip.Addr // of which attacker_uuid is made, invalid = it is not
	payload []fieldValue
}

type fieldValue struct {
	id    FieldID
	value Value
}

// Reset makes ev an empty event that keeps its buffers.
func (ev *Event) Reset() {
	clear(ev.payload)
	*ev = Event{payload: ev.payload[:0]}
}

// Clone returns a copy that the next Reset leaves alone. Derived fields are not
// copied: their values belong to whoever evaluates.
func (ev *Event) Clone() (c Event) {
	ev.CloneTo(&c)
	return c
}

// Detached returns a clone with strings of its own, for who keeps it beyond the batch
// whose text they are pieces of.
func (ev *Event) Detached() Event {
	c := ev.Clone()
	for _, s := range [...]*string{&c.SourceKind, &c.SourceID, &c.AttackerUUID, &c.IdentityUUID, &c.AttackerIP, &c.SessionID.Value, &c.DeckyID.Value, &c.TS} {
		*s = strings.Clone(*s)
	}
	for i := range c.payload {
		c.payload[i].value = c.payload[i].value.detached()
	}
	return c
}

// DropDerived takes the derived fields away again. They were set behind the others.
func (ev *Event) DropDerived() {
	n := len(ev.payload)
	for n > 0 && fields.fields[ev.payload[n-1].id].Derived {
		n--
		ev.payload[n] = fieldValue{}
	}
	ev.payload = ev.payload[:n]
}

// CloneTo makes c what Clone returns, in its own buffers.
func (ev *Event) CloneTo(c *Event) {
	room := c.payload
	*c = *ev
	c.payload = slices.Grow(room[:0], len(ev.payload))
	for i := range ev.payload {
		if f := &ev.payload[i]; !fields.fields[f.id].Derived {
			c.payload = append(c.payload, *f)
		}
	}
	clear(room[min(len(c.payload), len(room)):])
}

// SetKind sets source_kind and Kind.
func (ev *Event) SetKind(name string) {
	ev.SourceKind, ev.Kind = name, ParseKind(name)
}

// Set gives field id the value v, which replaces an earlier one. A value of
// another type than the field's is not kept, as if it had been absent; nor is
// one of a field of another kind, or of a derived field.
func (ev *Event) Set(id FieldID, v Value) {
	f := &fields.fields[id]
	if f.Kind == ev.Kind && !f.Derived && f.Type.takes(v.Kind) {
		ev.SetDerived(id, v)
		f.Type.filter(ev.Value(id))
	}
}

// SetDerived is Set for derived fields: the caller vouches that v has the
// field's type.
func (ev *Event) SetDerived(id FieldID, v Value) {
	if old := ev.Value(id); old != nil {
		*old = v
		return
	}
	ev.payload = append(ev.payload, fieldValue{id, v})
}

// usualFields is how many fields the rules in force read of most events.
const usualFields = 8

// Add adds field id, which ev does not have yet, and returns its value, which is
// to be filled in: Set for decoders. Keep says whether it stays.
func (ev *Event) Add(id FieldID) *Value {
	n := len(ev.payload)
	if n == cap(ev.payload) {
		ev.payload = slices.Grow(ev.payload, usualFields)
	}
	ev.payload = ev.payload[:n+1] // what lies behind is empty
	f := &ev.payload[n]
	f.id = id
	return &f.value
}

// Keep takes the field that was added last away again unless keep is set and
// its value is of the field's type.
func (ev *Event) Keep(keep bool) {
	last := len(ev.payload) - 1
	f := &ev.payload[last]
	if t := fields.fields[f.id].Type; keep && t.takes(f.value.Kind) {
		t.filter(&f.value)
		return
	}
	*f = fieldValue{}
	ev.payload = ev.payload[:last]
}

// SetField is Set by name, for fields of ev.Kind; an unknown name is ignored.
func (ev *Event) SetField(name string, v Value) {
	if id, ok := LookupField(ev.Kind, name); ok {
		ev.Set(id, v)
	}
}

// takes reports whether a value of kind k can have type t.
func (t FieldType) takes(k ValueKind) bool {
	switch t {
	case TypeString:
		return k == String
	case TypeNumber:
		return k == Number
	case TypeBool:
		return k == Bool
	case TypeScalar:
		return k == String || k == Number
	case TypeStrings, TypeNumbers, TypeEntries:
		return k == List
	}
	return k == Object
}

// filter drops the elements of v, which is of a kind that t takes, that t does
// not allow.
func (t FieldType) filter(v *Value) {
	switch t {
	case TypeStrings:
		keepElements(v, func(e *Value) bool { return e.Kind == String })
	case TypeNumbers:
		keepElements(v, func(e *Value) bool { return e.Kind == Number })
	case TypeEntries:
		keepElements(v, func(e *Value) bool { return e.Kind == String || e.Kind == Object })
	}
}

func keepElements(v *Value, ok func(*Value) bool) {
	for i := range v.List {
		if !ok(&v.List[i]) {
			kept := make([]Value, 0, len(v.List))
			for j := range v.List {
				if ok(&v.List[j]) {
					kept = append(kept, v.List[j])
				}
			}
			v.List = kept
			return
		}
	}
}

// Value returns the value of field id, or nil when it is absent. The result
// is shared and not to be changed.
func (ev *Event) Value(id FieldID) *Value {
	for i := range ev.payload {
		if ev.payload[i].id == id {
			return &ev.payload[i].value
		}
	}
	return nil
}

// Text returns the string in field id; ok is false when it is absent or
// not a string.
func (ev *Event) Text(id FieldID) (s string, ok bool) {
	if v := ev.Value(id); v != nil && v.Kind == String {
		return v.Str, true
	}
	return "", false
}

// Num returns the number in field id; ok is false when it is absent or
// not a number.
func (ev *Event) Num(id FieldID) (n float64, ok bool) {
	if v := ev.Value(id); v != nil && v.Kind == Number {
		return v.Num, true
	}
	return 0, false
}

// Flag returns the boolean in field id; ok is false when it is absent or
// not a boolean.
func (ev *Event) Flag(id FieldID) (b, ok bool) {
	if v := ev.Value(id); v != nil && v.Kind == Bool {
		return v.Num == 1, true
	}
	return false, false
}

// Texts returns the text values of ref: a string is one, a list is each of
// its strings, headers are every value of the named header, or of all. Each
// comes with the name that it stands under, "" outside objects.
func (ev *Event) Texts(ref FieldRef) iter.Seq2[string, string] {
	return func(yield func(name, text string) bool) {
		v := ev.Value(ref.ID)
		if v == nil {
			return
		}
		switch v.Kind {
		case String:
			yield("", v.Str)
		case List:
			for i := range v.List {
				if s, ok := entryText(&v.List[i]); ok && !yield("", s) {
					return
				}
			}
		case Object:
			for i, name := range v.Keys {
				if ref.Member != "" && !strings.EqualFold(ref.Member, name) {
					continue
				}
				if !memberTexts(name, &v.List[i], yield) {
					return
				}
			}
		}
	}
}

func memberTexts(name string, v *Value, yield func(name, text string) bool) bool {
	if v.Kind == String {
		return yield(name, v.Str)
	}
	for i := range v.List {
		if v.Kind == List && v.List[i].Kind == String && !yield(name, v.List[i].Str) {
			return false
		}
	}
	return true
}

// EntryText returns what v, an element of a list of strings or objects (such
// as a session's commands), says: the string, or the object's text. ok is
// false when it says nothing.
func EntryText(v *Value) (text string, ok bool) { return entryText(v) }

// CommandID returns the source_id of the command event that entry i of the
// commands of a session makes (EVENTS.md section 1).
func CommandID(session string, entry *Value, i int) string {
	for _, name := range [...]string{"id", "uuid", "command_id"} {
		if v := entry.Member(name); v.Kind == String && v.Str != "" {
			return v.Str
		}
	}
	return session + "#cmd" + strconv.Itoa(i)
}

// entryText returns the text of a list entry: a string, or an object's
// command_text or text (EVENTS.md section 1).
func entryText(v *Value) (string, bool) {
	if v.Kind == String {
		return v.Str, true
	}
	for _, name := range [...]string{"command_text", "text"} {
		if m := v.Member(name); m.Kind == String {
			return m.Str, true
		}
	}
	return "", false
}

// Anchor keeps ip, which may be invalid and was parsed from text, has
// attacker_uuid made of it when the event has neither uuid, and reports whether
// the event now has an anchor.
func (ev *Event) Anchor(ip netip.Addr, text string) bool {
	if ip.IsValid() {
		ev.AttackerIP = canonical(ip, text)
	}
	if ev.AttackerUUID == "" && ev.IdentityUUID == "" {
		ev.address = ip
		return ip.IsValid()
	}
	return true
}

// canonical returns the canonical text of ip, of which text is one form. IPv4 has no
// other: netip takes no leading zeros.
func canonical(ip netip.Addr, text string) string {
	if ip.Is4() {
		return text
	}
	var buf [64]byte
	if b := ip.Unmap().WithZone("").AppendTo(buf[:0]); string(b) != text {
		return string(b)
	}
	return text
}

// ShareAnchor gives ev the anchor of another event.
func (ev *Event) ShareAnchor(of *Event) {
	ev.AttackerUUID, ev.IdentityUUID, ev.AttackerIP, ev.address = of.AttackerUUID, of.IdentityUUID, of.AttackerIP, of.address
}

// Attacker returns attacker_uuid, "" = null. That of an event that has its anchor
// from an address is made when it is first asked for; known may be nil.
func (ev *Event) Attacker(known *Anchors) string {
	switch {
	case ev.AttackerUUID != "" || !ev.address.IsValid():
	case known != nil:
		_, ev.AttackerUUID = known.Attacker(ev.address)
	default:
		ev.AttackerUUID = AttackerUUID(ev.address).String()
	}
	return ev.AttackerUUID
}
