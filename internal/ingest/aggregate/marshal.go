package aggregate

import (
	"ttpctl/internal/event"
	"ttpctl/internal/state"
)

// stateVersion is raised whenever the form of the state or the meaning of an
// aggregate changes.
const stateVersion = 3

// MarshalState returns all that s remembers. Hashes in it are of the key that
// s was made with.
func (s *Set) MarshalState() []byte {
	c := state.NewWriter()
	s.code(c)
	return c.Bytes()
}

// UnmarshalState makes s, which has seen nothing yet, remember what another
// Set of the same Config did. After an error s is of no use. A reader has its
// sessions watched anew.
func (s *Set) UnmarshalState(b []byte) error {
	c := state.NewReader(b)
	s.code(c)
	if err := c.Finish(); err != nil {
		return err
	}
	s.waitForAll()
	return nil
}

// waitForAll sets the alarms of all that was read.
func (s *Set) waitForAll() {
	nothing := func() *event.Event { return new(event.Event) }
	tell := func(a *Alarm, key dueKey, of thing) {
		a.key, a.of = key, of
		s.wait(a, nothing)
	}
	for e := range s.guesses.All() {
		tell(e.Value.alarm, e.Key.due(), openGuessing{e})
	}
	for e := range s.sprayings.All() {
		tell(e.Value.alarm, sprayKey(e.Key), openSpraying{e})
	}
	for e := range s.rhythms.All() {
		tell(e.Value.alarm, rhythmKey(e.Key), openRhythm{e})
	}
	for e := range s.visits.All() {
		tell(e.Value.alarm, visitKey(e.Key), openVisit{e})
	}
}

func (s *Set) code(c *state.Codec) {
	c.Version(stateVersion)
	c.Int(&s.evicted)
	c.Int(&s.late)
	s.seen.Code(c, codeDigest, func(*state.Codec, *struct{}) {}, func(*struct{}) int { return 1 })
	s.guesses.Code(c, func(c *state.Codec, k *guessKey) {
		c.Text(&k.sensor)
		c.Text(&k.service)
		c.Text(&k.attacker)
	}, func(c *state.Codec, g *guessing) { g.code(c) }, (*guessing).weight)
	s.sprayings.Code(c, (*state.Codec).Text, func(c *state.Codec, sp *spraying) { sp.code(c) }, (*spraying).weight)
	s.credentials.Code(c, codeDigest, func(c *state.Codec, cr *credential) { cr.code(c) }, (*credential).weight)
	s.rhythms.Code(c, codePlace, func(c *state.Codec, r *rhythm) { r.code(c) }, (*rhythm).weight)
	s.visits.Code(c, codePlace, func(c *state.Codec, v *visit) { v.code(c) }, (*visit).weight)
	s.lanes.Code(c, (*state.Codec).Text, codeLane, func(**lane) int { return 1 })
	s.cut.Code(c, codeDigest, func(c *state.Codec, sp *span) { sp.code(c) }, func(*span) int { return 1 })
}

func codeLane(c *state.Codec, l **lane) {
	if c.Reading() {
		*l = &lane{}
	}
	(*l).code(c)
}

func codeDigest(c *state.Codec, d *digest) { c.Fixed(d[:]) }

func codePlace(c *state.Codec, k *placeKey) {
	c.Text(&k.sensor)
	c.Text(&k.attacker)
}
