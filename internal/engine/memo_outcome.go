package engine

import (
	"cmp"
	"slices"
	"strings"

	"ttpctl/internal/event"
)

// An outcome is what comes of an event whose matchers read what its key spells
// out. It is immutable once others can see it.
type outcome struct {
	key    string
	held   []heldRule // ascending
	told   told
	cut    bool // of the event's text a view left something out
	open   bool // some rule has to look at what is derived from the event again
	weight int64
}

// A heldRule is a rule that holds, with its hit; without one, it is to be tried
// each time.
type heldRule struct {
	rule uint32
	hit  *Hit
}

// Weights in bytes, without texts.
const (
	outcomeWeight = 200
	heldWeight    = 300
	placeWeight   = 100
)

// hold notes that a rule holds with the hit of sc. One whose evidence shows what
// is derived from the event needs that again.
func (sc *Scratch) hold(rule uint32, r *Rule, k event.Kind) {
	o := sc.memo.out
	if !sc.memo.learning || r.readingOf(k).apart {
		return
	}
	if r.evidence[k].derived {
		sc.later(rule)
		return
	}
	saved := sc.hit.saved(&o.weight)
	o.held = append(o.held, heldRule{rule, saved})
}

// later notes that a rule may hold at another time.
func (sc *Scratch) later(rule uint32) {
	if o := sc.memo.out; sc.memo.learning {
		o.open = true
		o.held = append(o.held, heldRule{rule, nil})
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
	o.weight += outcomeWeight + int64(len(o.key)+len(o.told.dir)) + heldWeight*int64(len(o.held))
}

// saved returns a copy of what a matcher reported, with texts of its own, whose
// bytes it adds to weight.
func (h *Hit) saved(weight *int64) *Hit {
	own := func(s string) string {
		*weight += int64(len(s))
		return strings.Clone(s)
	}
	s := &Hit{DropAttacker: h.DropAttacker, scale: slices.Clone(h.scale), hasSpan: h.hasSpan}
	for _, x := range h.extras {
		s.extras = append(s.extras, extra{x.key, ownValue(x.value, own)})
	}
	for _, x := range h.perEmit {
		s.perEmit = append(s.perEmit, emitExtra{x.emit, extra{x.key, ownValue(x.value, own)}})
	}
	if h.hasSpan {
		s.span = h.span
		s.span.name, s.span.text = own(h.span.name), own(h.span.text)
		s.span.steps = slices.Clone(h.span.steps)
		for i := range s.span.steps {
			p := &s.span.steps[i]
			p.text, p.bound.value = own(p.text), own(p.bound.value)
		}
	}
	return s
}

// ownValue returns a copy of v whose texts are made by own.
func ownValue(v event.Value, own func(string) string) event.Value {
	v.Str = own(v.Str)
	v.List, v.Keys = slices.Clone(v.List), slices.Clone(v.Keys)
	for i := range v.List {
		v.List[i] = ownValue(v.List[i], own)
	}
	for i := range v.Keys {
		v.Keys[i] = own(v.Keys[i])
	}
	return v
}
