package engine

import (
	"time"

	"ttpctl/internal/state"
)

// stageVersion is raised whenever the form of the state or its meaning
// changes.
const stageVersion = 2

// Weights in bytes, with the entry of the table that holds the thing. Measured by
// the peak of 700,000 events of 100,000 sessions, 127 MB.
const (
	partyWeight    = 1000
	progressWeight = 300
	partialWeight  = 600
)

// MarshalState returns all that g remembers.
func (g *Stage) MarshalState() []byte {
	c := state.NewWriter()
	g.code(c)
	return c.Bytes()
}

// UnmarshalState makes g, which has seen nothing yet, remember what another
// Stage did. After an error g is of no use.
func (g *Stage) UnmarshalState(b []byte) error {
	c := state.NewReader(b)
	g.code(c)
	return c.Finish()
}

func (g *Stage) code(c *state.Codec) {
	c.Version(stageVersion)
	c.Int(&g.evicted)
	g.sessions.code(c)
	g.attackers.code(c)
}

func codePartyKey(c *state.Codec, k *partyKey) {
	c.Text(&k.decky)
	c.Text(&k.name)
}

func codeParty(c *state.Codec, p **party) {
	if c.Reading() {
		*p = &party{}
	}
	v := *p
	c.Text(&v.dir)
	c.Int(&v.events)
	c.Int(&v.commands)
	state.Slice(c, &v.rules, codeProgress)
	state.Slice(c, &v.techniques, func(c *state.Codec, t *techniqueSeen) {
		c.Text(&t.tactic)
		c.Text(&t.technique)
	})
}

func codeProgress(c *state.Codec, p **progress) {
	if c.Reading() {
		*p = &progress{}
	}
	x := *p
	c.Text(&x.rule)
	c.Fixed(x.hash[:])
	state.Texts(c, &x.fired)
	state.Slice(c, &x.partials, codePartial)
}

func codePartial(c *state.Codec, p *partial) {
	c.Int(&p.step)
	c.Text(&p.bound.value)
	c.Flag(&p.bound.glob)
	c.Int(&p.event)
	c.Int(&p.at)
	c.Int(&p.start)
	codeTime(c, &p.began)
	c.Text(&p.session)
	state.Texts(c, &p.ids)
	state.Texts(c, &p.matched)
}

// codeTime codes a time; the zero time is "".
func codeTime(c *state.Codec, t *time.Time) {
	text := ""
	if !t.IsZero() {
		text = t.UTC().Format(time.RFC3339Nano)
	}
	c.Text(&text)
	if !c.Reading() || text == "" {
		return
	}
	var err error
	if *t, err = time.Parse(time.RFC3339Nano, text); err != nil {
		c.Fail()
	}
}

func (p *party) weight() int {
	n := partyWeight + len(p.dir) + 24*len(p.techniques)
	for _, x := range p.rules {
		n += progressWeight
		for i := range x.partials {
			n += x.partials[i].weight()
		}
	}
	return n
}

func (p *partial) weight() int {
	n := partialWeight + len(p.bound.value) + len(p.session)
	for i := range p.ids {
		n += len(p.ids[i]) + len(p.matched[i])
	}
	return n
}
