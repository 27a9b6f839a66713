package engine

import (
	"slices"

	"ttpctl/internal/event"
)

// maxTechniques bounds the techniques that are remembered of one session.
const maxTechniques = 128

// tally notes what the event was tagged with, and returns the tags of the
// rules that ask for it when the session closes.
func (g *Stage) tally(s *Sighting, session *party, tags, own []event.Tag) []event.Tag {
	if !s.snap.ruleset.tallies || session == nil {
		return nil
	}
	session.count(tags[s.From:s.To])
	if s.kind != event.KindSession || s.ev == nil {
		return nil
	}
	session.count(own)
	var made []event.Tag
	for i, r := range s.snap.ruleset.rules {
		if st := &s.snap.effective[i]; r.tallies && st.allows(s.now) && g.closes(r, s, session) {
			n := len(made)
			made = r.appendTags(made, s.ev, st.ceiling, g.scratch)
			if g.watched {
				g.firings = append(g.firings, Firing{Rule: r, Tags: made[n:]})
			}
		}
	}
	return made
}

// closes judges a rule on the session that closes.
func (g *Stage) closes(r *Rule, s *Sighting, session *party) bool {
	s.snap.ruleset.derive(s.ev, g.scratch)
	g.scratch.hit.techniques = session.techniques
	defer func() { g.scratch.hit.techniques = nil }()
	return slices.Contains(r.AppliesTo, s.kind) && g.scratch.match(r, allBranches, s.ev)
}

func (p *party) count(tags []event.Tag) {
	for i := range tags {
		seen := techniqueSeen{tags[i].Tactic, tags[i].MostSpecific()}
		if len(p.techniques) < maxTechniques && !slices.Contains(p.techniques, seen) {
			p.techniques = append(p.techniques, seen) // ids of rules belong to the rules
		}
	}
}
