package engine

import (
	"cmp"
	"slices"

	"ttpctl/internal/engine/web"
	"ttpctl/internal/event"
	"ttpctl/internal/secrets"
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

// show returns what the evidence of a hit holds besides fields of the event, for the
// tag of its emit. It is good until the event ends.
func (p *evidencePlan) show(h *Hit, emit int, buf *evidenceBuffer) []evidencePart {
	if p.matched && h.hasSpan {
		p.addSpan(&h.span, buf)
	}
	for i := range h.extras {
		p.addExtra(&h.extras[i], buf)
	}
	for i := range h.perEmit {
		if x := &h.perEmit[i]; x.emit == emit {
			p.addExtra(&x.extra, buf)
		}
	}
	return buf.encode()
}

// addExtra adds what a matcher says, under a key that is the plan's own: the
// matcher's may be a piece of the event.
func (p *evidencePlan) addExtra(x *extra, buf *evidenceBuffer) {
	if i := slices.Index(p.extras, x.key); i >= 0 {
		buf.set(p.extras[i], &x.value, maxEvidenceValue)
	}
}

// join returns the evidence of a tag as a JSON object with sorted keys: fields of the
// event and what else is shown, which stands in for a field of the same name. The
// result is never written to again.
func (p *evidencePlan) join(ev *event.Event, shown []evidencePart, buf *evidenceBuffer) []byte {
	pieces := buf.pieces[:0]
	for _, id := range p.fields {
		name := id.Field().Name
		for len(shown) > 0 && shown[0].key < name {
			pieces, shown = append(pieces, shown[0].text), shown[1:]
		}
		if len(shown) == 0 || shown[0].key != name {
			pieces = append(pieces, buf.field(ev, id))
		}
	}
	for i := range shown {
		pieces = append(pieces, shown[i].text)
	}
	buf.pieces = pieces
	return buf.object(pieces)
}

// withDerived returns shown with the fields that are derived.
func (p *evidencePlan) withDerived(ev *event.Event, shown []evidencePart, buf *evidenceBuffer) []evidencePart {
	all := slices.Clone(shown)
	for _, id := range p.fields {
		name := id.Field().Name
		i, found := slices.BinarySearchFunc(all, name, func(x evidencePart, name string) int { return cmp.Compare(x.key, name) })
		if text := buf.field(ev, id); !found && id.Field().Derived && len(text) > 0 {
			all = slices.Insert(all, i, evidencePart{name, text})
		}
	}
	return all
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
		buf.setText("matched", secrets.MaskPart(s.text, s.start, s.end), maxMatched)
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
	text, matched := s.text, secrets.MaskPart(s.text, s.start, s.end)
	switch {
	case secrets.Input(s.name):
		text, matched = secrets.Hidden, secrets.Hidden
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
