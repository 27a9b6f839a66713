package engine

import (
	"slices"

	"ttpctl/internal/event"
	"ttpctl/internal/secrets"
)

// An evidenceBuffer is the working memory of evidence. What several tags have in
// common is encoded once: the fields of an event for all its tags, and what a match
// shows for all emits, or, where it is remembered, for all events to come.
type evidenceBuffer struct {
	entries []evidenceEntry // of one hit; by key
	parts   []evidencePart  // of all hits on the event
	text    []byte          // of parts

	fields    []fieldPart // by field
	fieldText []byte
	event     uint64 // the number of the event that fields are of
	pieces    [][]byte

	slab []byte // what was made last ends it
}

// evidenceSlab is how many bytes of evidence share an allocation: some thirty
// hits. Whoever keeps one of them keeps the others.
const evidenceSlab = 8 << 10

// An evidenceEntry is a text, or another value.
type evidenceEntry struct {
	key   string
	text  string
	value *event.Value // nil = text
	limit int
}

// An evidencePart is a member of evidence, encoded, behind a comma.
type evidencePart struct {
	key  string
	text []byte
}

// A fieldPart is a field of the event, encoded.
type fieldPart struct {
	event uint64
	text  []byte
}

// begin says that another event comes, and lets go of what the last one showed.
func (b *evidenceBuffer) begin() {
	b.event++
	b.fieldText = b.fieldText[:0]
	clear(b.parts)
	b.parts, b.text = b.parts[:0], b.text[:0]
}

// field returns a field of the event as a part of evidence, empty when it is absent.
func (b *evidenceBuffer) field(ev *event.Event, id event.FieldID) []byte {
	f := b.place(id)
	if f.event != b.event {
		begin := len(b.fieldText)
		if v := ev.Value(id); v != nil {
			e := entryOf(id.Field().Name, v, maxEvidenceValue)
			b.fieldText = e.append(b.fieldText)
		}
		*f = fieldPart{b.event, b.fieldText[begin:]}
	}
	return f.text
}

// know has field return a text that an earlier event of the same value gave.
func (b *evidenceBuffer) know(fields []knownField) {
	for i := range fields {
		*b.place(fields[i].id) = fieldPart{b.event, fields[i].text}
	}
}

func (b *evidenceBuffer) place(id event.FieldID) *fieldPart {
	for int(id) >= len(b.fields) {
		b.fields = append(b.fields, fieldPart{})
	}
	return &b.fields[id]
}

// set adds a value; a later one of the same key replaces the earlier.
func (b *evidenceBuffer) set(key string, v *event.Value, limit int) { b.put(entryOf(key, v, limit)) }

// setText is set for a text.
func (b *evidenceBuffer) setText(key, text string, limit int) { b.put(entryOfText(key, text, limit)) }

// entryOf returns the entry of a value, the secrets of its URLs masked.
func entryOf(key string, v *event.Value, limit int) evidenceEntry {
	switch v.Kind {
	case event.String:
		return entryOfText(key, v.Str, limit)
	case event.List, event.Object:
		hidden := maskValue(*v)
		v = &hidden
	}
	return evidenceEntry{key: key, value: v, limit: limit}
}

func entryOfText(key, text string, limit int) evidenceEntry {
	return evidenceEntry{key: key, text: secrets.MaskURLs(text), limit: limit}
}

// put puts e where its key belongs. Most come in that order.
func (b *evidenceBuffer) put(e evidenceEntry) {
	i := len(b.entries)
	for i > 0 && b.entries[i-1].key > e.key {
		i--
	}
	if i > 0 && b.entries[i-1].key == e.key {
		b.entries[i-1] = e
		return
	}
	b.entries = slices.Insert(b.entries, i, e)
}

// append appends the entry as a member behind a comma.
func (e *evidenceEntry) append(dst []byte) []byte {
	dst = append(event.AppendQuoted(append(dst, ','), e.key), ':')
	if e.value == nil {
		return event.AppendQuoted(dst, event.CutText(e.text, e.limit))
	}
	budget := e.limit
	return e.value.AppendJSON(dst, &budget)
}

// encode makes parts of the entries.
func (b *evidenceBuffer) encode() []evidencePart {
	first := len(b.parts)
	for i := range b.entries {
		begin := len(b.text)
		b.text = b.entries[i].append(b.text)
		b.parts = append(b.parts, evidencePart{b.entries[i].key, b.text[begin:len(b.text):len(b.text)]})
	}
	clear(b.entries)
	b.entries = b.entries[:0]
	return b.parts[first:len(b.parts):len(b.parts)]
}

// object returns an object of parts, some of which may be empty, in memory that nobody
// writes to again.
func (b *evidenceBuffer) object(parts [][]byte) []byte {
	size := len("{}")
	for _, p := range parts {
		size += len(p)
	}
	if cap(b.slab)-len(b.slab) < size {
		b.slab = make([]byte, 0, max(evidenceSlab, size))
	}
	begin := len(b.slab)
	for _, p := range parts {
		b.slab = append(b.slab, p...)
	}
	if len(b.slab) == begin {
		b.slab = append(b.slab, '{')
	}
	b.slab[begin] = '{' // where the first comma was
	b.slab = append(b.slab, '}')
	return b.slab[begin:len(b.slab):len(b.slab)]
}

// maskValue returns v with the secrets in its texts masked; v is not changed.
func maskValue(v event.Value) event.Value {
	switch v.Kind {
	case event.String:
		v.Str = secrets.MaskURLs(v.Str)
	case event.List, event.Object:
		v.List = slices.Clone(v.List)
		for i := range v.List {
			v.List[i] = maskValue(v.List[i])
		}
	}
	return v
}
