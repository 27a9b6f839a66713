package engine

import (
	"cmp"
	"slices"

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
	fields  []event.FieldID // copied from the payload when present
	headers bool            // the name of the header that matched
	extras  []string        // keys that the matcher may add; nil for pattern rules
	matched bool            // what a pattern matched
}

// planEvidence fills r's evidence plans from its evidence_fields, which have
// been checked, and what its matcher may add.
func planEvidence(r *Rule) {
	explainer, _ := r.matcher.(Explainer)
	withholder, _ := r.matcher.(Withholder)
	for _, k := range r.AppliesTo {
		p := &evidencePlan{matched: r.Lifter == ""}
		if explainer != nil {
			p.extras = explainer.EvidenceKeys()
		}
		for _, name := range r.EvidenceFields {
			id, ok := event.LookupField(k, name)
			switch {
			case !ok || !id.Field().Evidence || slices.Contains(p.extras, name):
			case isInputs(id): // of all that a request carries, only what matched
			case withholder != nil && withholder.Withholds(k, name):
			case id == httpHeaders:
				p.headers = true
			default:
				p.fields = append(p.fields, id)
			}
		}
		if k == event.KindCommand && r.Lifter == "" {
			p.fields = append(p.fields, commandContext...)
		}
		slices.Sort(p.fields)
		p.fields = slices.Compact(p.fields)
		r.evidence[k] = p
	}
}

// An evidenceBuffer is the working memory of build.
type evidenceBuffer struct {
	entries []evidenceEntry
	json    []byte
}

type evidenceEntry struct {
	key   string
	value event.Value
	limit int
}

// build returns the evidence of a hit, for the tag of its emit, as a JSON
// object with sorted keys. The result is the caller's.
func (p *evidencePlan) build(ev *event.Event, h *Hit, emit int, buf *evidenceBuffer) []byte {
	buf.entries = buf.entries[:0]
	for _, id := range p.fields {
		if v := ev.Value(id); v != nil {
			buf.set(id.Field().Name, *v, maxEvidenceValue)
		}
	}
	if p.matched && h.hasSpan {
		p.addSpan(&h.span, buf)
	}
	for _, x := range h.extras {
		if slices.Contains(p.extras, x.key) {
			buf.set(x.key, x.value, maxEvidenceValue)
		}
	}
	for _, x := range h.perEmit {
		if x.emit == emit && slices.Contains(p.extras, x.key) {
			buf.set(x.key, x.value, maxEvidenceValue)
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
	buf.set("matched", event.StringValue(mask(s.text, s.start, s.end)), maxMatched)
	if s.steps != nil {
		buf.set("matched", stepTexts(s.steps), maxMatched*len(s.steps))
	}
	if s.field == httpHeaders && p.headers {
		buf.set(f.Name, event.StringValue(s.name), maxMatched)
	}
	if f.Derived && !s.whole {
		buf.set(f.Name, event.StringValue(s.text), maxEvidenceValue)
	}
}

// isInputs reports whether a field holds the decoded inputs of a request by
// name.
func isInputs(id event.FieldID) bool {
	f := id.Field()
	return f.Derived && f.Type == event.TypeHeaders
}

// addInput adds which input of a request matched, as it was decoded, and where
// in it. The value of one whose name says that it is a secret stays out.
func addInput(s *matchSpan, buf *evidenceBuffer) {
	text, matched := s.text, mask(s.text, s.start, s.end)
	if secretInput(s.name) {
		text, matched = masked, masked
	}
	buf.set("matched", event.StringValue(matched), maxMatched)
	buf.set(s.field.Field().Name, event.Value{Kind: event.Object, Keys: []string{event.CutText(s.name, maxMatched)}, List: []event.Value{event.StringValue(text)}}, maxInput)
}

// stepTexts returns what the steps of a sequence matched.
func stepTexts(steps []place) event.Value {
	texts := make([]string, len(steps))
	for i := range steps {
		texts[i] = event.CutText(steps[i].text, maxMatched)
	}
	return event.StringsValue(texts)
}

// set adds an entry, the secrets of its URLs masked; a later one of the same
// key replaces the earlier.
func (b *evidenceBuffer) set(key string, v event.Value, limit int) {
	v = maskValue(v)
	for i := range b.entries {
		if b.entries[i].key == key {
			b.entries[i] = evidenceEntry{key, v, limit}
			return
		}
	}
	b.entries = append(b.entries, evidenceEntry{key, v, limit})
}

func (b *evidenceBuffer) encode() []byte {
	slices.SortFunc(b.entries, func(x, y evidenceEntry) int { return cmp.Compare(x.key, y.key) })
	out := append(b.json[:0], '{')
	for i := range b.entries {
		e := &b.entries[i]
		if i > 0 {
			out = append(out, ',')
		}
		out = event.AppendQuoted(out, e.key)
		out = append(out, ':')
		budget := e.limit
		out = e.value.AppendJSON(out, &budget)
	}
	b.json = append(out, '}')
	clear(b.entries)
	return slices.Clone(b.json)
}
