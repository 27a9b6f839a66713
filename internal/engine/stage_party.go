package engine

import (
	"slices"
	"strings"

	"ttpctl/internal/event"
	"ttpctl/internal/state"
)

// A partyKey names a session, or an attacker, at a decoy.
type partyKey struct{ decky, name string }

// A party is a session or an attacker. What it remembers is its own: a piece of
// a batch would keep all of the batch's text.
type party struct {
	dir        string // working directory, "" = unknown
	events     int    // sightings so far, since there is something to remember
	commands   int    // of them commands
	rules      []*progress
	techniques []techniqueSeen
}

// remembers reports whether p differs from one that has seen nothing: nearly all
// sessions and attackers never do, and are not kept.
func (p *party) remembers() bool { return p.dir != "" || len(p.rules) > 0 || len(p.techniques) > 0 }

// waiting reports whether some sequence has begun.
func (p *party) waiting() bool {
	return p != nil && slices.ContainsFunc(p.rules, func(x *progress) bool { return len(x.partials) > 0 })
}

// waits reports whether that of the step's rule has.
func (p *party) waits(snap *Snapshot, hit stepHit) bool {
	r := snap.ruleset.rules[hit.step.rule]
	return p != nil && slices.ContainsFunc(p.rules, func(x *progress) bool { return x.rule == r.ID && len(x.partials) > 0 })
}

// reset makes p a party that has seen nothing.
func (p *party) reset() {
	clear(p.rules)
	clear(p.techniques)
	*p = party{rules: p.rules[:0], techniques: p.techniques[:0]}
}

// A seat is where an event's session, or attacker, is while the event is taken.
// What has no name is nobody else's, and what is new gets its place in the table
// when it leaves with something to remember.
type seat struct {
	*party // nil = there is none
	key    partyKey
	named  bool
	entry  *state.Entry[partyKey, *party] // nil = it has no place
}

// seat returns the seat of a party, which an event that begins something has in
// any case.
func (g *Stage) seat(t *parties, key partyKey, place uint16, named, begins bool) seat {
	s := seat{key: key, named: named}
	if named {
		s.entry = t.findAt(place, key)
	}
	switch {
	case s.entry != nil:
		s.party = s.entry.Value
	case begins && len(g.spare) > 0:
		last := len(g.spare) - 1
		s.party, g.spare = g.spare[last], g.spare[:last]
	case begins:
		s.party = &party{}
	}
	return s
}

// count counts an event of a kind.
func (s *seat) count(k event.Kind) {
	if s.party == nil {
		return
	}
	s.events++
	if k == event.KindCommand {
		s.commands++
	}
}

// leave accounts for what a party has come to remember, and forgets others for
// it.
func (g *Stage) leave(t *parties, s *seat) {
	switch p := s.party; {
	case p == nil:
	case s.entry != nil:
		t.Weigh(s.entry, p.weight())
	case s.named && p.remembers():
		t.Add(s.key.clone(), p, p.weight())
	default:
		g.reuse(p)
	}
	for e := t.Overflow(); e != nil; e = t.Overflow() {
		g.evicted++
		g.reuse(e.Value)
	}
}

// maxSpare bounds the parties that wait to be used again.
const maxSpare = 64

// reuse takes back a party that nobody knows any more.
func (g *Stage) reuse(p *party) {
	if g.watched || len(g.spare) >= maxSpare { // Why may still ask for the last one
		return
	}
	p.reset()
	g.spare = append(g.spare, p)
}

// clone returns a key with memory of its own.
func (k partyKey) clone() partyKey {
	both := strings.Clone(k.decky + k.name)
	return partyKey{both[:len(k.decky)], both[len(k.decky):]}
}
