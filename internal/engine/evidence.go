package engine

import (
	"cmp"
	"slices"

	"ttpctl/internal/engine/web"
	"ttpctl/internal/event"
)

// Limits of evidence, in bytes of text, cut at rune boundaries (EVENTS.md
// section 4).
const (
	maxEvidenceValue = 4 << 10
	maxMatched       = 256
	maxInput         = 1 << 10 // of a request's input that matched
)

// commandContext are the fields of a command event that are evidence
// whenever they are present.
var commandContext = []event.FieldID{
	event.MustField(event.KindCommand, "uid"), event.MustField(event.KindCommand, "user"),
	event.MustField(event.KindCommand, "src"), event.MustField(event.KindCommand, "pwd"),
}

var (
	commandText = event.MustField(event.KindCommand, "command_text")
	httpHeaders = event.MustField(event.KindHTTPRequest, "headers")
)

// An evidencePlan is what may become evidence of one rule's hits on events of
// one kind: decided once, when the rule is compiled.
type evidencePlan struct {
	fields  []event.FieldID // copied from the payload when present; by name
	headers bool            // the name of the header that matched
	extras  []string        // keys that the matcher may add; nil for pattern rules
	matched bool            // what a pattern matched
	derived bool            // some of the fields are derived
}

// planEvidence fills r's evidence plans from its evidence_fields, which have
// been checked, and its facts.
func planEvidence(r *Rule) {
	for _, k := range r.AppliesTo {
		p := &evidencePlan{matched: r.Lifter == "", extras: r.extras}
		for _, name := range r.EvidenceFields {
			id, ok := event.LookupField(k, name)
			switch {
			case !ok || !id.Field().Evidence || slices.Contains(p.extras, name):
			case isInputs(id): // of all that a request carries, only what matched
			case slices.Contains(r.withheld, id):
			case id == httpHeaders:
				p.headers = true
			default:
				p.fields = append(p.fields, id)
			}
		}
		if k == event.KindCommand && r.Lifter == "" {
			p.fields = append(p.fields, commandContext...)
		}
		slices.SortFunc(p.fields, func(a, b event.FieldID) int { return cmp.Compare(a.Field().Name, b.Field().Name) })
		p.fields = slices.Compact(p.fields)
		p.derived = slices.ContainsFunc(p.fields, func(id event.FieldID) bool { return id.Field().Derived })
		r.evidence[k] = p
	}
}

// An evidenceBuffer is the working memory of build.
type evidenceBuffer struct {
	entries []evidenceEntry // by key
	json    []byte
	slab    []byte // what was made last ends it
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

// build returns the evidence of a hit, for the tag of its emit, as a JSON
// object with sorted keys. The result is never written to again.
func (p *evidencePlan) build(ev *event.Event, h *Hit, emit int, buf *evidenceBuffer) []byte {
	for _, id := range p.fields {
		if v := ev.Value(id); v != nil {
			buf.set(id.Field().Name, v, maxEvidenceValue)
		}
	}
	if p.matched && h.hasSpan {
		p.addSpan(&h.span, buf)
	}
	for i := range h.extras {
		if x := &h.extras[i]; slices.Contains(p.extras, x.key) {
			buf.set(x.key, &x.value, maxEvidenceValue)
		}
	}
	for i := range h.perEmit {
		if x := &h.perEmit[i]; x.emit == emit && slices.Contains(p.extras, x.key) {
			buf.set(x.key, &x.value, maxEvidenceValue)
		}
	}
	return buf.encode()
}

// addSpan adds what matched, if its field may be shown; of a derived field
// also the value it matched in, for that is nowhere in the input.
func (p *evidencePlan) addSpan(s *matchSpan, buf *evidenceBuffer) {
	f := s.field.Field()
	if !f.Evidence {
		return
	}
	if isInputs(s.field) {
		addInput(s, buf)
		return
	}
	if s.steps != nil {
		texts := stepTexts(s.steps)
		buf.set("matched", &texts, maxMatched*len(s.steps))
	} else {
		buf.setText("matched", mask(s.text, s.start, s.end), maxMatched)
	}
	if s.field == httpHeaders && p.headers {
		buf.setText(f.Name, s.name, maxMatched)
	}
	if f.Derived && !s.whole {
		buf.setText(f.Name, s.text, maxEvidenceValue)
	}
}

// isInputs reports whether a field holds the decoded inputs of a request by
// name.
func isInputs(id event.FieldID) bool {
	f := id.Field()
	return f.Derived && f.Type == event.TypeHeaders
}

// addInput adds which input of a request matched, as it was decoded, and where
// in it. The value of one whose name says that it is a secret stays out, and of
// a body as a whole, which may hold one anywhere, all but what matched.
func addInput(s *matchSpan, buf *evidenceBuffer) {
	text, matched := s.text, mask(s.text, s.start, s.end)
	switch {
	case secretInput(s.name):
		text, matched = masked, masked
	case s.name == placeNames[web.Body]:
		text = matched
	}
	buf.setText("matched", matched, maxMatched)
	input := event.Value{Kind: event.Object, Keys: []string{event.CutText(s.name, maxMatched)}, List: []event.Value{event.StringValue(text)}}
	buf.set(s.field.Field().Name, &input, maxInput)
}

// stepTexts returns what the steps of a sequence matched.
func stepTexts(steps []place) event.Value {
	texts := make([]string, len(steps))
	for i := range steps {
		texts[i] = event.CutText(steps[i].text, maxMatched)
	}
	return event.StringsValue(texts)
}

// set adds a value, the secrets of its URLs masked; a later one of the same key
// replaces the earlier.
func (b *evidenceBuffer) set(key string, v *event.Value, limit int) {
	switch v.Kind {
	case event.String:
		b.setText(key, v.Str, limit)
	case event.List, event.Object:
		hidden := maskValue(*v)
		b.put(evidenceEntry{key: key, value: &hidden, limit: limit})
	default:
		b.put(evidenceEntry{key: key, value: v, limit: limit})
	}
}

// setText is set for a text.
func (b *evidenceBuffer) setText(key, text string, limit int) {
	b.put(evidenceEntry{key: key, text: mask(text, 0, len(text)), limit: limit})
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

// encode returns the entries as JSON, and begins anew.
func (b *evidenceBuffer) encode() []byte {
	out := append(b.json[:0], '{')
	for i := range b.entries {
		e := &b.entries[i]
		if i > 0 {
			out = append(out, ',')
		}
		out = event.AppendQuoted(out, e.key)
		out = append(out, ':')
		if budget := e.limit; e.value != nil {
			out = e.value.AppendJSON(out, &budget)
		} else {
			out = event.AppendQuoted(out, event.CutText(e.text, e.limit))
		}
	}
	b.json = append(out, '}')
	clear(b.entries)
	b.entries = b.entries[:0]
	return b.own(b.json)
}

// own returns a copy of text in memory that nobody writes to again.
func (b *evidenceBuffer) own(text []byte) []byte {
	if cap(b.slab)-len(b.slab) < len(text) {
		b.slab = make([]byte, 0, max(evidenceSlab, len(text)))
	}
	begin := len(b.slab)
	b.slab = append(b.slab, text...)
	return b.slab[begin:len(b.slab):len(b.slab)]
}
