package event

import (
	"iter"
	"net/netip"
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
	AttackerUUID string // "" = null
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
func (ev *Event) Clone() Event {
	c := *ev
	c.payload = make([]fieldValue, 0, len(ev.payload))
	for _, f := range ev.payload {
		if !fields.fields[f.id].Derived {
			c.payload = append(c.payload, f)
		}
	}
	return c
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
	if f.Kind != ev.Kind || f.Derived || !f.Type.admit(&v) {
		return
	}
	ev.SetDerived(id, v)
}

// SetDerived is Set for derived fields: the caller vouches that v has the
// field's type.
func (ev *Event) SetDerived(id FieldID, v Value) {
	for i := range ev.payload {
		if ev.payload[i].id == id {
			ev.payload[i].value = v
			return
		}
	}
	ev.payload = append(ev.payload, fieldValue{id, v})
}

// SetField is Set by name, for fields of ev.Kind; an unknown name is ignored.
func (ev *Event) SetField(name string, v Value) {
	if id, ok := LookupField(ev.Kind, name); ok {
		ev.Set(id, v)
	}
}

// admit reports whether v has type t, dropping list elements that do not.
func (t FieldType) admit(v *Value) bool {
	switch t {
	case TypeString:
		return v.Kind == String
	case TypeNumber:
		return v.Kind == Number
	case TypeBool:
		return v.Kind == Bool
	case TypeScalar:
		return v.Kind == String || v.Kind == Number
	case TypeStrings:
		return keepElements(v, func(e *Value) bool { return e.Kind == String })
	case TypeNumbers:
		return keepElements(v, func(e *Value) bool { return e.Kind == Number })
	case TypeEntries:
		return keepElements(v, func(e *Value) bool { return e.Kind == String || e.Kind == Object })
	default:
		return v.Kind == Object
	}
}

func keepElements(v *Value, ok func(*Value) bool) bool {
	if v.Kind != List {
		return false
	}
	for i := range v.List {
		if !ok(&v.List[i]) {
			kept := make([]Value, 0, len(v.List))
			for j := range v.List {
				if ok(&v.List[j]) {
					kept = append(kept, v.List[j])
				}
			}
			v.List = kept
			break
		}
	}
	return true
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

// Anchor keeps ip, which may be invalid, derives attacker_uuid from it when the
// event has neither uuid, and reports whether the event now has an anchor.
func (ev *Event) Anchor(ip netip.Addr) bool {
	if ip.IsValid() {
		ev.AttackerIP = ip.Unmap().WithZone("").String()
	}
	if ev.AttackerUUID != "" || ev.IdentityUUID != "" {
		return true
	}
	if !ip.IsValid() {
		return false
	}
	ev.AttackerUUID = AttackerUUID(ip).String()
	return true
}
