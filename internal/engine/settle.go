package engine

import "ttpctl/internal/event"

// Of a rule that is a pattern, or a choice of them, the index has said all there is to say when an automaton has found
// one in the text: the rule holds. Where in the text is another question, which takes an automaton of another kind a
// walk of its own, and only a tag shows it. So the matcher of such a rule is asked when a tag, or what is remembered of
// the text, shows where. Under a state that keeps all its tags down it is not.

// decided reports whether the block holds as soon as an event shows one clause of its requirement: an atom that is a
// pattern, found in a text of the field that it is for.
func (b *block) decided() bool {
	if len(b.conditions) != 1 {
		return false
	}
	switch c := b.conditions[0].(type) {
	case *fieldTest:
		return len(c.operators) == 1 && c.operators[0].pattern != "" && len(c.except) == 0 &&
			c.ref.Member == "" && lookedForIn(c.ref.ID) == c.ref.ID
	case anyOf:
		for _, branch := range c {
			if !branch.decided() {
				return false
			}
		}
		return true
	}
	return false
}

// decided is that of the blocks for events of kind k, false when there are none yet.
func (r *Rule) decided(k event.Kind) bool {
	m, ok := r.matcher.(*patternMatcher)
	return ok && m.roots[k] != nil && m.roots[k].decided()
}

// silent reports whether no tag comes of a match in which all emits are selected.
func (r *Rule) silent(ceiling float64) bool {
	for i := range r.Emits {
		if confidence(r.Emits[i].Confidence, 1, ceiling) >= event.Floor {
			return false
		}
	}
	return true
}

// plain returns the verdict of a match in which all emits are selected, without evidence.
func (sc *Scratch) plain(r *Rule) *verdict {
	sc.hit.reset(len(r.Emits))
	sc.verdict = verdict{scale: sc.hit.scale, shown: sc.verdict.shown[:0]}
	return &sc.verdict
}
