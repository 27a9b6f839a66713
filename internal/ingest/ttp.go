package ingest

import (
	"errors"

	"ttpctl/internal/event"
	"ttpctl/internal/lines"
)

// ttpFormat is the row of ready-made events (EVENTS.md section 1).
func ttpFormat() format {
	return format{
		name:       "ttp",
		about:      "events as JSON Lines: source_kind, source_id, an anchor, payload",
		sniff:      func(s *sniffed) bool { return s.source != "" && !isTag(s) },
		newDecoder: newTTPDecoder,
	}
}

// isTag reports whether a line is a tag, which has the event's source_kind too.
func isTag(s *sniffed) bool { return s.has("rule_id") && s.has("technique_id") && !s.has("payload") }

// A ttpDecoder decodes one event a line.
type ttpDecoder struct {
	reader   *lines.EventReader
	fields   *event.FieldSet
	commands event.FieldID
	mail     mailFields
	stored   bool // what names a stored message is kept

	ev *batchEvent
}

func newTTPDecoder(fields *event.FieldSet) decoder {
	d := &ttpDecoder{fields: fields, commands: fieldOf(event.KindSession, "commands"), mail: newMailFields()}
	d.stored = fields.Has(d.mail.body) || fields.Has(d.mail.list)
	d.reader = lines.NewEventReader(lines.EventRules{
		Wants: func(id event.FieldID) bool { return id == d.commands || d.keeps(id) },
		Take:  d.take,
	})
	return d
}

func (d *ttpDecoder) keeps(id event.FieldID) bool {
	return d.fields.Has(id) || d.stored && (id == d.mail.decky || id == d.mail.stored)
}

func (d *ttpDecoder) take(id event.FieldID, v event.Value) {
	if id == d.commands {
		d.ev.commands = v.List
	}
	if d.keeps(id) {
		d.ev.Set(id, v)
	}
}

func (d *ttpDecoder) decode(b *Batch, i int) (fate, string) {
	d.ev = b.addEvent()
	given, err := d.reader.Read(&d.ev.Event, b.raw(i), b.str(i))
	if err == nil {
		err = d.complete(given)
	}
	if err != nil {
		b.dropEvent()
		return rejected, lines.Reason(err, b.raw(i))
	}
	return direct, ""
}

var (
	errNoKind    = errors.New("source_kind is missing")
	errNoID      = errors.New("source_id is missing")
	errNoPayload = errors.New("payload is missing")
	errNoAnchor  = errors.New("no anchor: attacker_uuid, identity_uuid and attacker_ip are missing")
	errBadIP     = errors.New("no anchor: attacker_ip is not an IP address")
)

// complete checks what an event must have, and derives attacker_uuid where
// there is neither it nor identity_uuid.
func (d *ttpDecoder) complete(given lines.Given) error {
	switch {
	case d.ev.SourceKind == "":
		return errNoKind
	case d.ev.SourceID == "":
		return errNoID
	case !given.Payload:
		return errNoPayload
	}
	switch {
	case d.ev.Anchor(given.Addr):
		return nil
	case given.IP != "":
		return errBadIP
	}
	return errNoAnchor
}
