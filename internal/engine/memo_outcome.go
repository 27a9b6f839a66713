package engine

import (
	"cmp"
	"slices"

	"ttpctl/internal/event"
)

// An outcome is what comes of an event whose matchers read what its key spells
// out. It is immutable once others can see it.
type outcome struct {
	key    string
	held   []heldRule   // ascending
	fields []knownField // of the key, those that evidence shows
	told   told
	cut    bool // of the event's text a view left something out
	open   bool // some rule has to look at what is derived from the event again
	weight int64
}

// A heldRule is a rule that holds, with what it says; without that, it is to be tried
// each time.
type heldRule struct {
	rule    uint32
	verdict *verdict
}

// A knownField is a field as evidence shows it: the key has its value, so that every
// event that is known shows the same.
type knownField struct {
	id   event.FieldID
	text []byte
}

// Weights in bytes, without texts.
const (
	outcomeWeight = 200
	heldWeight    = 20
	verdictWeight = 150
	partWeight    = 50
	placeWeight   = 100
)

// hold notes what a rule that holds on ev says, which its twins share. Of an outcome that
// is too heavy to be kept nothing more is noted.
func (sc *Scratch) hold(rule uint32, r *Rule, ev *event.Event, v *verdict, twins *twinNote) {
	o := sc.memo.out
	if !sc.memo.learning || o.weight > maxOutcome || r.readingOf(ev.Kind).apart {
		return
	}
	if twins != nil && twins.saved != nil {
		v = twins.saved
	} else if v = v.saved(r.evidence[ev.Kind], ev, &sc.evidence, &o.weight); twins != nil {
		twins.saved = v
	}
	o.held = append(o.held, heldRule{rule, v})
	o.weight += heldWeight
}

// know keeps what the evidence of ev shows of the fields that its key spells out. It is
// called once rules were judged.
func (o *outcome) know(fields []event.FieldID, b *evidenceBuffer) {
	for _, id := range fields {
		if f := b.place(id); f.event == b.event {
			o.fields = append(o.fields, knownField{id, slices.Clone(f.text)})
			o.weight += partWeight + int64(len(f.text))
		}
	}
}

// later notes that a rule may hold at another time.
func (sc *Scratch) later(rule uint32) {
	if o := sc.memo.out; sc.memo.learning {
		o.open = true
		o.held = append(o.held, heldRule{rule, nil})
		o.weight += heldWeight
	}
}

// tell notes what the stage is told of the event.
func (sc *Scratch) tell(g *Sighting) {
	if o := sc.memo.out; sc.memo.learning {
		o.told = g.told
		for _, hit := range g.hits {
			for _, p := range hit.places {
				o.weight += placeWeight + int64(len(p.text)+len(p.bound.value))
			}
			o.weight += placeWeight
		}
		for _, c := range g.copies {
			o.weight += placeWeight + int64(len(c.from)+len(c.to))
		}
	}
}

// finish completes an outcome.
func (o *outcome) finish(key []byte, apart []uint32, cut bool) {
	o.key, o.cut = string(key), cut
	for _, rule := range apart {
		o.held = append(o.held, heldRule{rule, nil})
	}
	slices.SortFunc(o.held, func(a, b heldRule) int { return cmp.Compare(a.rule, b.rule) })
	o.weight += outcomeWeight + int64(len(o.key)+len(o.told.dir)) + heldWeight*int64(len(apart))
}

// A verdictRoom is a verdict with room for what most have: few emits, and one part of
// evidence for all of them.
type verdictRoom struct {
	verdict
	scale [2]float64
	shown [1][]evidencePart
	parts [1]evidencePart
}

// saved returns a copy of v in memory of its own, whose bytes it adds to weight. Fields
// that are derived from the text of ev are part of what is shown, as another event of
// that text may come without them.
func (v *verdict) saved(p *evidencePlan, ev *event.Event, b *evidenceBuffer, weight *int64) *verdict {
	room := &verdictRoom{}
	c, parts := &room.verdict, room.parts[:0]
	c.dropAttacker = v.dropAttacker
	c.scale = append(room.scale[:0], v.scale...)
	c.shown = room.shown[:0]
	*weight += verdictWeight + int64(8*len(c.scale))
	for _, shown := range v.shown {
		if p.derived {
			shown = p.withDerived(ev, shown, b)
		}
		size, first := 0, len(parts)
		for _, part := range shown {
			size += len(part.text)
		}
		text := make([]byte, 0, size)
		for _, part := range shown {
			begin := len(text)
			text = append(text, part.text...)
			parts = append(parts, evidencePart{part.key, text[begin:]})
		}
		c.shown = append(c.shown, parts[first:len(parts):len(parts)])
		*weight += int64(size + partWeight*len(shown))
	}
	return c
}
