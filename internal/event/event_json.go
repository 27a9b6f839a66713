package event

import "math"

// CommandsEmitted is a member of an event, beside those of EVENTS.md, section 1:
// true says that the commands of a session are events of their own already, and
// not made of it once more.
const CommandsEmitted = "commands_emitted"

// AppendJSON appends ev as one JSON object without a newline, as a reader of
// EVENTS.md section 1 takes it: read again it gives the same tags, though payload
// fields that this build does not know are not in it. attacker_uuid is written out
// where it is made of the address; known may be nil. What tells an event from
// others comes first, the payload last.
func (ev *Event) AppendJSON(dst []byte, known *Anchors, commandsEmitted bool) []byte {
	attacker := ev.Attacker(known)
	dst = AppendQuoted(append(dst, `{"source_kind":`...), ev.SourceKind)
	dst = AppendQuoted(append(dst, `,"source_id":`...), ev.SourceID)
	for _, m := range [...]struct {
		name, value string
		given       bool
	}{
		{`,"attacker_uuid":`, attacker, attacker != ""},
		{`,"identity_uuid":`, ev.IdentityUUID, ev.IdentityUUID != ""},
		{`,"attacker_ip":`, ev.AttackerIP, ev.AttackerIP != ""},
		{`,"session_id":`, ev.SessionID.Value, ev.SessionID.Valid},
		{`,"decky_id":`, ev.DeckyID.Value, ev.DeckyID.Valid},
		{`,"ts":`, ev.TS, ev.TS != ""},
	} {
		if m.given {
			dst = AppendQuoted(append(dst, m.name...), m.value)
		}
	}
	if commandsEmitted {
		dst = append(dst, `,"`+CommandsEmitted+`":true`...)
	}
	dst = append(dst, `,"payload":{`...)
	first := true
	for i := range ev.payload {
		f := &ev.payload[i]
		field := &fields.fields[f.id]
		if field.Derived {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(AppendQuoted(dst, field.Name), ':')
		whole := math.MaxInt
		dst = f.value.AppendJSON(dst, &whole)
	}
	return append(dst, '}', '}')
}
