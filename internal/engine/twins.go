package engine

import (
	"crypto/sha256"

	"ttpctl/internal/event"
)

// Rules are twins when they have the same match block, apply to the same kinds and show
// the same fields: packs that are put together of several sources have the same
// condition under many ids. Where one of them holds on an event all of them do, for
// the same reason, so that it is found, and written down as evidence, once for the
// event. What lifters and the stage judge has no twins: their matchers may depend on
// the rest of the rule, or on other events.

// A likeness is equal for twins; zero of rules that have none.
type likeness [sha256.Size]byte

// likenessOf returns the likeness of r, of which match is the words of the match block.
func likenessOf(r *Rule, match string) likeness {
	if r.Lifter != "" || r.ordered() || match == "" {
		return likeness{}
	}
	c := codec{out: []byte(match)}
	for _, k := range r.AppliesTo {
		n := int(k)
		c.number(&n)
	}
	fields := len(r.EvidenceFields)
	c.number(&fields)
	for i := range r.EvidenceFields {
		c.text(&r.EvidenceFields[i])
	}
	emits := len(r.Emits)
	c.number(&emits)
	return sha256.Sum256(c.out)
}

// twins are the groups of twins in a ruleset.
type twins struct {
	group  []uint32 // by rule, from 1; 0 = it has no twin. nil = no rule has
	groups int
}

func twinsAmong(rules []*Rule) (t twins) {
	first := make(map[likeness]int, len(rules))
	for i, r := range rules {
		if r.likeness == (likeness{}) {
			continue
		}
		one, known := first[r.likeness]
		if !known {
			first[r.likeness] = i
			continue
		}
		if t.group == nil {
			t.group = make([]uint32, len(rules))
		}
		if t.group[one] == 0 {
			t.groups++
			t.group[one] = uint32(t.groups)
		}
		t.group[i] = t.group[one]
	}
	return t
}

// twinNotes are what a Scratch notes of the twins in a ruleset.
type twinNotes struct {
	of    *Ruleset
	notes []twinNote // by group
}

// A twinNote is what a group says of an event.
type twinNote struct {
	event    uint64 // its number in the evidenceBuffer
	verdict  *verdict
	room     verdict  // for verdict, unless the memo has it
	saved    *verdict // by the memo, of an event that is being learned
	evidence []byte   // of tags; nil = none was made
}

// noteOf returns the note of the twins of a rule, nil when it has none.
func (sc *Scratch) noteOf(rs *Ruleset, rule uint32) *twinNote {
	if rs.twins.group == nil || rs.twins.group[rule] == 0 {
		return nil
	}
	if sc.twins.of != rs {
		sc.twins = twinNotes{rs, make([]twinNote, rs.twins.groups+1)}
	}
	return &sc.twins.notes[rs.twins.group[rule]]
}

// said returns what a twin said of the event at hand, nil when that is nothing yet.
func (n *twinNote) said(event uint64) *verdict {
	if n == nil || n.event != event {
		return nil
	}
	return n.verdict
}

// note notes what is said of an event from now on; v is good until the event ends.
func (n *twinNote) note(event uint64, v *verdict) {
	n.event, n.verdict, n.saved, n.evidence = event, v, nil, nil
}

// take is note for a verdict that is good until the next. It returns one that is good
// for longer.
func (n *twinNote) take(event uint64, v *verdict) *verdict {
	if n == nil {
		return v
	}
	n.room = verdict{v.dropAttacker, append(n.room.scale[:0], v.scale...), append(n.room.shown[:0], v.shown...)}
	n.note(event, &n.room)
	return n.verdict
}

// tags is [Rule.tags] for the verdict of a rule, of whose twins n is.
func (n *twinNote) tags(dst []event.Tag, r *Rule, ev *event.Event, v *verdict, ceiling float64, sc *Scratch) []event.Tag {
	if n == nil {
		return r.tags(dst, ev, v, ceiling, sc, nil)
	}
	from := len(dst)
	dst = r.tags(dst, ev, v, ceiling, sc, n.evidence)
	if len(dst) > from {
		n.evidence = dst[from].Evidence
	}
	return dst
}
