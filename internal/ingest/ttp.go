package ingest

import (
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

	ev      *batchEvent
	emitted bool // event.CommandsEmitted
}

func newTTPDecoder(fields *event.FieldSet) decoder {
	d := &ttpDecoder{fields: fields, commands: fieldOf(event.KindSession, "commands"), mail: newMailFields()}
	d.stored = fields.Has(d.mail.body) || fields.Has(d.mail.list)
	d.reader = lines.NewEventReader(lines.EventRules{
		Wants: func(id event.FieldID) bool { return id == d.commands || d.keeps(id) },
		Take:  d.take,
		Member: func(j *lines.JSON, name string) error {
			if name == event.CommandsEmitted && j.Peek() == 't' {
				d.emitted = true
			}
			return j.Skip()
		},
	})
	return d
}

func (d *ttpDecoder) keeps(id event.FieldID) bool {
	return d.fields.Has(id) || d.stored && (id == d.mail.decky || id == d.mail.stored)
}

func (d *ttpDecoder) take(id event.FieldID, v *event.Value) (keep bool) {
	if id != d.commands {
		return true
	}
	d.ev.commands = v.List
	return d.keeps(id)
}

func (d *ttpDecoder) decode(b *Batch, i int) (fate, string) {
	d.ev, d.emitted = b.addEvent(), false
	given, err := d.reader.Read(&d.ev.Event, b.raw(i), b.str(i))
	if err == nil {
		err = given.Complete(&d.ev.Event)
	}
	if err != nil {
		b.dropEvent()
		return rejected, lines.Reason(err, b.raw(i))
	}
	if d.emitted {
		d.ev.commands = nil
	}
	return direct, ""
}
