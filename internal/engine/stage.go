package engine

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/event"
)

// Bounds of what a Stage remembers.
const (
	maxPartials   = 64       // of one rule in one session
	maxPartyBytes = 16 << 20 // of all sessions, and of all attackers, roughly
)

// A Stage finds the sequences of a snapshot's rules over the events of one
// source, which it is given in input order. It belongs to one goroutine. Its
// state is bounded: sessions that were active least recently are forgotten,
// and counted.
type Stage struct {
	sessions, attackers *parties
	evicted             int
	scratch             *Scratch
	watched             bool
	firings             []Firing
	last                *party // of a watched stage: the session of the last event

	// Room that one run, or one event, leaves to the next.
	out   []event.Tag
	taken []taken
	spare []*party // empty
}

// NewStage returns a Stage that has seen nothing.
func NewStage() *Stage {
	return &Stage{
		sessions:  newParties(),
		attackers: newParties(),
		scratch:   NewScratch(),
	}
}

// A progress is how far the sequence of one rule has come.
type progress struct {
	rule     string
	hash     [sha256.Size]byte // of the file: an edited rule begins anew
	fired    []string          // the findings that were made, by source_id
	partials []partial         // the least recently active first
}

// A partial is a sequence whose first steps are done.
type partial struct {
	step    int // the last one done
	bound   bound
	event   int // by party.events, with at: where it was done
	at      int
	start   int       // party.commands at the first step
	began   time.Time // zero = the first step has no time
	session string    // of the first step; "" = a session of its own
	ids     []string  // source_id of each step's event
	matched []string
}

// A Firing is a sequence that was completed.
type Firing struct {
	Rule  *Rule
	Steps []FiredStep
	Tags  []event.Tag
}

// A FiredStep is the event and the text that a step held on.
type FiredStep struct {
	SourceID, Text string
	Asked          string // the step as the rule has it, on one line
}

// Explain judges ev as Evaluate does and adds to matches, which are those of
// [Snapshot.Matches], the rules that the stage finds to fire on it, in rule_id
// order. own are the tags of the commands that a session event brings along.
// The stage must be watched.
func (g *Stage) Explain(s *Snapshot, ev *event.Event, own []event.Tag, now time.Time, sc *Scratch, matches []Explanation) []Explanation {
	tags := s.Evaluate(nil, ev, now, sc)
	g.firings, g.last = g.firings[:0], nil
	for _, seen := range sc.TakeSightings(nil) {
		g.take(&seen, tags, own)
	}
	for _, f := range g.firings {
		matches = append(matches, Explanation{Rule: f.Rule, State: s.states[f.Rule.ID], Verdict: Fires, Tags: f.Tags, Steps: f.Steps})
	}
	sc.takeNotesOf(g.scratch)
	slices.SortStableFunc(matches, func(a, b Explanation) int { return cmp.Compare(a.Rule.ID, b.Rule.ID) })
	return matches
}

// Why explains one rule on the event that the last Explain was about, with what
// the stage knows of its session.
func (g *Stage) Why(s *Snapshot, ev *event.Event, now time.Time, sc *Scratch, id string) (Explanation, bool) {
	if g.last != nil {
		sc.hit.techniques = g.last.techniques
		defer func() { sc.hit.techniques = nil }()
	}
	return s.Explain(ev, now, sc, id)
}

// Dir returns the working directory that the lines of a session have led to,
// "" when nobody knows.
func (g *Stage) Dir(decky, session string) string {
	if e := g.sessions.Find(partyKey{decky, session}); e != nil && e.Value.dir != "" && !nowhere(e.Value.dir+"/") {
		return absolute(e.Value.dir)
	}
	return ""
}

// Watch makes the stage keep what fires, for Firings.
func (g *Stage) Watch() { g.watched = true }

// Firings returns the sequences that the last InOrder completed.
func (g *Stage) Firings() []Firing { return g.firings }

// Evicted returns how many sessions and attackers were forgotten early.
func (g *Stage) Evicted() int { return g.evicted }

// InOrder gives the stage the sightings of some events, in input order, and returns
// their tags with those of completed sequences at the events that completed them,
// in rule_id order among the event's. They are valid until the next call for g.
// What panics in it, and what is below the floor, counts as that of sc: a stage
// tells nobody by itself.
func (sc *Scratch) InOrder(g *Stage, tags []event.Tag, seen []Sighting) []event.Tag {
	tags = g.run(tags, seen)
	sc.takeNotesOf(g.scratch)
	return tags
}

func (g *Stage) run(tags []event.Tag, seen []Sighting) []event.Tag {
	g.firings = g.firings[:0]
	clear(g.out)
	out, done := g.out[:0], 0
	for i := range seen {
		s := &seen[i]
		made := g.take(s, tags, fannedOut(tags, seen[i+1:]))
		if len(made) == 0 {
			continue
		}
		out = append(out, tags[done:s.To]...)
		done = s.To
		own := out[len(out)-(s.To-s.From):]
		out = append(out[:len(out)-len(own)], merged(slices.Clone(own), made)...)
	}
	if len(out) == 0 {
		return tags
	}
	g.out = append(out, tags[done:]...)
	return g.out
}

// fannedOut returns the tags of the commands that the session event before
// seen brought along.
func fannedOut(tags []event.Tag, seen []Sighting) []event.Tag {
	n := 0
	for n < len(seen) && seen[n].fannedOut {
		n++
	}
	if n == 0 {
		return nil
	}
	return tags[seen[0].From:seen[n-1].To]
}

// merged joins two lists, each in rule_id order, into one.
func merged(a, b []event.Tag) []event.Tag {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	all := append(a, b...)
	slices.SortStableFunc(all, func(x, y event.Tag) int { return cmp.Compare(x.RuleID, y.RuleID) })
	return all
}

// take returns the tags of the sequences that s completes. own are those of the
// commands that come along with it.
func (g *Stage) take(s *Sighting, tags, own []event.Tag) []event.Tag {
	session := g.seat(g.sessions, s.sessionKey(), s.near[0], s.session.Valid, s.begins())
	g.last = session.party
	g.resolve(s, session.party)
	attacker := g.seat(g.attackers, s.attackerKey(), s.near[1], s.attacker != "", s.placed)
	session.count(s.kind)
	attacker.count(s.kind)
	if session.party == nil && attacker.party == nil || !s.tells() && !s.tallied() {
		return nil
	}
	if s.awaited(session.party, attacker.party) {
		g.lookAgain(s)
	}
	var made []event.Tag
	if s.placed || len(s.copies) > 0 {
		made = g.advance(s, session.party, attacker.party)
	}
	if session.party != nil && s.dir != "" {
		session.dir = s.dir
	}
	made = merged(made, g.tally(s, session.party, tags, own))
	g.leave(g.sessions, &session)
	g.leave(g.attackers, &attacker)
	return made
}

// resolve looks at the line again where only the session knows in which
// directory it was typed.
func (g *Stage) resolve(s *Sighting, session *party) {
	if !s.relative || session == nil || session.dir == "" || nowhere(session.dir+"/") {
		return
	}
	s.ev.SetField("pwd", event.StringValue(absolute(session.dir)))
	g.lookAgain(s)
}

// awaited reports whether a step of s whose places are not known is one for
// which something waits.
func (s *Sighting) awaited(session, attacker *party) bool {
	if !session.waiting() && !attacker.waiting() {
		return false
	}
	return slices.ContainsFunc(s.hits, func(hit stepHit) bool {
		return hit.places == nil && (session.waits(s.snap, hit) || attacker.waits(s.snap, hit))
	})
}

// lookAgain finds the places of all steps of s.
func (g *Stage) lookAgain(s *Sighting) {
	rs := s.snap.ruleset
	rs.derive(s.ev, g.scratch)
	s.hits, s.placed = nil, false
	ids := rs.stepsAmong(rs.indexOf(s.kind).admit(s.ev, g.scratch))
	s.look(s.ev, g.scratch, ids, true)
}

// absolute returns a directory as pwd may say it.
func absolute(dir string) string {
	if rest, ok := strings.CutPrefix(dir, "~"); ok {
		return "/root" + rest
	}
	return dir
}
