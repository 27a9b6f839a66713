package engine

import (
	"slices"

	"ttpctl/internal/event"
	"ttpctl/internal/secrets"
)

// maxTested bounds the values of one field that a Part keeps: a view has up to
// 1024 commands, and people compare a few.
const maxTested = 32

// A Part is a part of a match block and what it makes of an event: a
// composition of parts, a test of a field's values, or one of what the
// commands of a line are and do.
type Part struct {
	// Op is all_of, any_of, none_of, sequence; command or effect; "" = a test of
	// Field.
	Op    string
	Parts []Part // of a composition, in document order; the steps of a sequence
	Holds bool

	Tried []Tried // of command and effect: the first ones, and the first that passes

	Field string // of a test, as rules spell it
	// Tests are the operators, then the patterns of except. A value passes when
	// every operator finds something in it and no except does.
	Tests   []Spelling
	Texts   []TestedText // the field's values in order: the first ones, and the first that passes
	Omitted int          // how many more values, commands or effects there are
}

// A Spelling is an operator as its rule has it.
type Spelling struct {
	Operator   string // pattern, contains, equals, in_set, starts_with, ends_with; except
	Operands   []string
	IgnoreCase bool
}

// A TestedText is a value and what the tests of a Part found in it.
type TestedText struct {
	ShownText
	Passes bool
	Found  []Found // by Part.Tests
}

// Found is what one operator found in a text: bytes [Start, End), unless the
// text is hidden or an excerpt.
type Found struct {
	OK         bool
	Start, End int
}

// A ShownText is the text of a payload field as far as it may be shown: as
// evidence (EVENTS.md section 4), of headers only the bytes that matched.
type ShownText struct {
	Field      string
	Member     string // the header's name, "" = no header
	Text       string // "" when Hidden
	Start, End int    // the bytes of Text that matched; equal when none did
	Hidden     bool   // the text may not be shown
	Excerpt    bool   // Text is only what matched
}

func showText(id event.FieldID, member, text string, start, end int, matched bool) *ShownText {
	f := id.Field()
	s := &ShownText{Field: f.Name, Member: member}
	switch {
	case !f.Evidence, isInputs(id) && secrets.Input(member), f.Type == event.TypeHeaders && !matched && !isInputs(id):
		s.Hidden = true
	case f.Kind == event.KindHTTPRequest && secrets.InURLs(text): // offsets are of the text that is not shown
		s.Text = secrets.MaskPart(text, start, end)
		s.End, s.Excerpt = len(s.Text), true
	case isInputs(id):
		s.Text, s.Start, s.End = text, start, end
	case f.Type == event.TypeHeaders:
		s.Text, s.End, s.Excerpt = text[start:end], end-start, true
	default:
		s.Text, s.Start, s.End = text, start, end
	}
	return s
}

// explain makes a block of one condition that condition, else all_of them.
func (b *block) explain(ev *event.Event, h *Hit) Part {
	if len(b.conditions) == 1 {
		return b.conditions[0].explain(ev, h)
	}
	p := Part{Op: "all_of", Holds: b.holds(ev, h.like())}
	for _, c := range b.conditions {
		p.Parts = append(p.Parts, c.explain(ev, h))
	}
	return p
}

func (bs allOf) explain(ev *event.Event, h *Hit) Part {
	return explainAll("all_of", bs, bs, ev, h)
}
func (bs anyOf) explain(ev *event.Event, h *Hit) Part {
	return explainAll("any_of", bs, bs, ev, h)
}
func (bs noneOf) explain(ev *event.Event, h *Hit) Part {
	return explainAll("none_of", bs, bs, ev, h)
}

func explainAll(op string, c condition, blocks []*block, ev *event.Event, h *Hit) Part {
	p := Part{Op: op, Holds: c.holds(ev, h.like())}
	for _, b := range blocks {
		p.Parts = append(p.Parts, b.explain(ev, h))
	}
	return p
}

func (t *fieldTest) explain(ev *event.Event, h *Hit) Part {
	p := Part{Holds: t.holds(ev, h.like()), Field: t.ref.String(), Tests: slices.Clone(t.spelled)}
	for _, expr := range t.excepted {
		p.Tests = append(p.Tests, Spelling{Operator: "except", Operands: []string{expr}})
	}
	passed := false
	for name, text := range ev.Texts(t.ref) {
		start, end, passes := t.find(text)
		if len(p.Texts) >= maxTested && (passed || !passes) {
			p.Omitted++
			continue
		}
		passed = passed || passes
		p.Texts = append(p.Texts, t.tested(name, text, start, end, passes))
	}
	return p
}

// tested shows one value with what every operator found in it.
func (t *fieldTest) tested(name, text string, start, end int, passes bool) TestedText {
	tt := TestedText{ShownText: *showText(t.ref.ID, name, text, start, end, passes), Passes: passes}
	for _, op := range slices.Concat(t.operators, t.except) {
		f := Found{}
		s, e, ok := op.find(text)
		if f.OK = ok; ok && !tt.Hidden && !tt.Excerpt {
			f.Start, f.End = s, e
		}
		tt.Found = append(tt.Found, f)
	}
	return tt
}

// operands returns an operator's operand as a list.
func operands(n *Node) []string {
	if n.Kind != Sequence {
		return []string{n.Value}
	}
	var out []string
	for _, item := range n.Items {
		out = append(out, item.Value)
	}
	return out
}
