package engine

import (
	"slices"
	"strings"
	"time"

	"ttpctl/internal/engine/program"
	"ttpctl/internal/event"
)

// A Sighting is what an event gives to the sequences over sessions: workers
// make them, in any order, and a [Stage] takes them in input order.
type Sighting struct {
	// From and To are the event's tags in the slice that Evaluate appended to.
	From, To int

	snap     *Snapshot // the one that judged the event
	now      time.Time
	kind     event.Kind
	session  event.OptString
	decky    string
	attacker string       // or identity
	near     [2]uint16    // places of the keys of both
	ev       *event.Event // the event or a copy, with its payload; nil when no step holds and nothing is relative
	room     *event.Event // for ev, whichever sighting is here
	told
	fannedOut bool // it came along with the session event before it
}

// told is what the text of an event says to the stage. Sightings share it.
type told struct {
	hits     []stepHit
	copies   []fileCopy
	dir      string // where the line ends up, "" = where it began
	relative bool   // the line names paths in a directory that only the session knows
	placed   bool   // of some of hits the places are known
}

// A stepHit is where a step of a sequence holds. Its strings are its own.
// places is nil for a step whose sequence the line does not begin, and which the
// event may hold as far as the index can tell: nearly always nothing waits for it,
// and the stage looks again where something does.
type stepHit struct {
	step   stepRef
	places []place
}

// A stepRef is a step of a rule's sequence.
type stepRef struct {
	rule uint32 // index in Ruleset.rules
	step int
}

// Ordered reports whether rules in force need the stage: whoever evaluates
// must then hand the sightings to one.
func (s *Snapshot) Ordered() bool { return len(s.ruleset.steps) > 0 || s.ruleset.tallies }

// TakeSightings returns what the evaluations since the last call saw. It keeps
// the room of an earlier result, which is of no use afterwards.
func (sc *Scratch) TakeSightings(room []Sighting) []Sighting {
	for i := range room {
		ev := room[i].room
		if ev != nil {
			ev.Reset()
		}
		room[i] = Sighting{room: ev}
	}
	seen := sc.sightings
	sc.sightings = room[:0]
	return seen
}

// sighting begins the next sighting of sc with what is to say of any event, which show
// ends. Its tags are those from one index to another.
func (s *Snapshot) sighting(ev *event.Event, now time.Time, sc *Scratch, from, to int) *Sighting {
	n := len(sc.sightings)
	if n < cap(sc.sightings) {
		sc.sightings = sc.sightings[:n+1]
	} else {
		sc.sightings = append(sc.sightings, Sighting{})
	}
	g := &sc.sightings[n] // empty but for its room
	g.From, g.To, g.snap, g.now, g.kind, g.fannedOut = from, to, s, now, ev.Kind, ev.FannedOut
	g.session, g.attacker = ev.SessionID, ev.Attacker(&sc.attackers)
	if g.attacker == "" {
		g.attacker = ev.IdentityUUID
	}
	if ev.DeckyID.Valid {
		g.decky = ev.DeckyID.Value
	}
	g.near = [2]uint16{g.sessionKey().place(), g.attackerKey().place()}
	return g
}

func (g *Sighting) sessionKey() partyKey { return partyKey{g.decky, g.session.Value} }

func (g *Sighting) attackerKey() partyKey { return partyKey{g.decky, g.attacker} }

// sight notes what ev shows of the steps, some of which were admitted. tags
// are the indexes of its tags.
func (s *Snapshot) sight(ev *event.Event, now time.Time, sc *Scratch, steps []uint32, tags [2]int) {
	g := s.sighting(ev, now, sc, tags[0], tags[1])
	g.look(ev, sc, steps, false)
	sc.tell(g)
	sc.show(g, ev)
}

// show ends the last sighting, which is of ev: the stage is to see it, or it is taken back.
func (sc *Scratch) show(g *Sighting, ev *event.Event) {
	if ev.Kind != event.KindCommand && len(g.hits) == 0 && !g.tallied() {
		*g = Sighting{room: g.room}
		sc.sightings = sc.sightings[:len(sc.sightings)-1]
		return
	}
	if len(g.hits) > 0 || g.relative || ev.Kind == event.KindSession && g.snap.ruleset.tallies {
		g.ev = sc.staying(ev, &g.room)
	}
}

// staying returns ev, or a copy in room, for the stage, without what is derived from it.
func (sc *Scratch) staying(ev *event.Event, room **event.Event) *event.Event {
	if sc.EventsStay && !ev.FannedOut && ev.Kind != event.KindEmail { // whose message is taken away
		ev.DropDerived()
		return ev
	}
	if *room == nil {
		*room = &event.Event{}
	}
	ev.CloneTo(*room)
	return *room
}

// tells reports whether there is more to say than that there was an event.
func (g *Sighting) tells() bool {
	return len(g.hits) > 0 || len(g.copies) > 0 || g.dir != "" || g.relative
}

// begins reports whether the event may leave something to remember where nothing
// was remembered before. Later steps, and copies, do not.
func (g *Sighting) begins() bool { return g.placed || g.dir != "" || g.tallied() }

// tallied reports whether rules that count the techniques of a session want to know
// of it.
func (g *Sighting) tallied() bool {
	return g.snap.ruleset.tallies && (g.To > g.From || g.kind == event.KindSession)
}

// matters reports whether the sighting may complete something by itself.
func (g Sighting) matters() bool { return len(g.hits) > 0 || g.kind == event.KindSession }

// look fills in what the steps find on ev, which derive has seen: all of it, or
// the places of those sequences only that begin on it.
func (g *Sighting) look(ev *event.Event, sc *Scratch, steps []uint32, all bool) {
	rs := g.snap.ruleset
	begun := -1 // the rule whose first step holds
	hits := sc.hits[:0]
	for _, id := range steps {
		ref := rs.steps[id-uint32(len(rs.rules))]
		where := all || ref.step == 0 || begun == int(ref.rule)
		if !where && sc.shown(id) {
			hits = append(hits, stepHit{step: ref})
			continue
		}
		if hit, ok := rs.tryStep(ref, sc.branchesOf(id), ev, sc, where); ok {
			hits = append(hits, hit)
			g.placed = g.placed || len(hit.places) > 0
			if ref.step == 0 {
				begun = int(ref.rule)
			}
		}
	}
	if len(hits) > 0 {
		g.hits = sc.shared.keep(hits)
		clear(hits)
		sc.hits = hits
	}
	if l := sc.hit.line; l != nil {
		g.dir = movedTo(l.Line)
		if rs.follows {
			f := finder{ev: ev, h: &sc.hit}
			g.copies = cloned(f.copies())
		}
		g.relative = isRelative(l.Line)
	}
}

// sharedHits are lists of hits without places that earlier events gave: most of what begins
// nothing shows the steps that others showed before, such as all those that wait for a
// program to be run. Lists do not change, so that events share them.
type sharedHits [64][]stepHit

// keep returns hits as a list that stays as it is.
func (s *sharedHits) keep(hits []stepHit) []stepHit {
	at := uint32(0)
	for i := range hits {
		if hits[i].places != nil {
			return slices.Clone(hits)
		}
		at = at*31 + hits[i].step.rule*7 + uint32(hits[i].step.step)
	}
	list := &s[at%uint32(len(s))]
	if !slices.EqualFunc(*list, hits, func(a, b stepHit) bool { return a.step == b.step }) {
		*list = slices.Clone(hits)
	}
	return *list
}

// tryStep says whether a step holds on ev, and, when asked, where. A panic costs
// the step.
func (rs *Ruleset) tryStep(ref stepRef, branches branchSet, ev *event.Event, sc *Scratch, where bool) (hit stepHit, ok bool) {
	r := rs.rules[ref.rule]
	defer func() {
		if v := recover(); v != nil {
			ok = false
			sc.notePanic(r.ID, ev, v)
		}
	}()
	sc.hit.reset(len(r.Emits))
	q := r.sequence()
	step := &q.steps[ref.step]
	if !where {
		return stepHit{step: ref}, ev.Kind == step.kind && step.root.holdsAmong(branches, ev, &sc.hit)
	}
	f := finder{ev, &sc.hit, q.same}
	places := f.step(step, branches)
	for i := range places {
		p := &places[i]
		p.text, p.bound.value = strings.Clone(event.CutText(p.text, maxMatched)), strings.Clone(p.bound.value)
	}
	return stepHit{ref, places}, len(places) > 0
}

// movedTo returns the directory behind the line, "" when it is the one before.
func movedTo(l *program.Line) string {
	if l.Dir == l.Start {
		return ""
	}
	return strings.Clone(l.Dir)
}

// isRelative reports whether the line depends on where it is typed.
func isRelative(l *program.Line) bool {
	if l.Start != "" && !nowhere(l.Start) {
		return false
	}
	if l.Dir != l.Start && (l.Dir == "" || nowhere(l.Dir)) {
		return true
	}
	for i := range l.Commands {
		for k := range l.Commands[i].Effects {
			if e := &l.Commands[i].Effects[k]; isHere(e.Target) || isHere(e.To) || isHere(e.From) {
				return true
			}
		}
	}
	return false
}

func isHere(path string) bool {
	return strings.HasPrefix(path, "./") || strings.HasPrefix(path, "../") || path == "."
}
