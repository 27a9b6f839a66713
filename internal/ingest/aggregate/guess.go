package aggregate

import (
	"slices"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/state"
)

// guesses are kept per service of a sensor and attacker.
type guessKey struct{ sensor, service, attacker string }

// A guessing is what one attacker did to one service of one sensor.
type guessing struct {
	ip      string
	fails   []instant // of the latest failed passwords, at most keptFails
	episode episode
	days    []day // open ones, at most two
}

// The least number of failed passwords that are guessing, and the time for
// which they are remembered.
const (
	bruteFails = 5
	bruteSpan  = 24 * time.Hour
)

// keptFails is more than bruteFails, for lines out of order.
const keptFails = 16

// guess takes in an attempt, and reports whether it came after guessing.
func (s *Set) guess(a *attempt, emit Emit) (prior bool) {
	e := s.guesses.Find(guessKey{a.Sensor, a.Service, a.Attacker})
	if e == nil {
		key := guessKey{strings.Clone(a.Sensor), strings.Clone(a.Service), strings.Clone(a.Attacker)}
		e = s.guesses.Add(key, guessing{ip: strings.Clone(a.IP)}, 0)
	}
	g := &e.Value
	prior = g.bruteBefore(a.at)
	if g.episode.open() && !g.episode.admits(a.at) {
		if g.episode.full() {
			s.evicted++
		}
		s.emitEpisode(&e.Key, g, &g.episode, emit)
		g.episode = episode{}
	}
	g.episode.add(a)
	for len(g.days) > 0 && g.days[0].over(a.at) {
		s.emitDay(&e.Key, g, &g.days[0], emit)
		g.days = slices.Delete(g.days, 0, 1)
	}
	g.day(a.at).add(a)
	if len(g.days) > 2 { // time ran back: a log is read again
		s.emitDay(&e.Key, g, &g.days[0], emit)
		g.days = slices.Delete(g.days, 0, 1)
	}
	if a.failed {
		g.fail(a.at)
	}
	s.guesses.Weigh(e, g.weight())
	for e := s.guesses.Overflow(); e != nil; e = s.guesses.Overflow() {
		s.evicted++
		s.emitGuessing(&e.Key, &e.Value, emit)
	}
	return prior
}

func (g *guessing) bruteBefore(at instant) bool {
	n := 0
	for _, f := range g.fails {
		if f <= at && at.after(f) <= bruteSpan {
			n++
		}
	}
	return n >= bruteFails
}

func (g *guessing) fail(at instant) {
	if len(g.fails) == keptFails {
		g.fails = slices.Delete(g.fails, 0, 1)
	}
	g.fails = append(g.fails, at)
}

// day returns the open day of at, which is new if need be.
func (g *guessing) day(at instant) *day {
	date := at.day()
	for i := range g.days {
		if g.days[i].date == date {
			return &g.days[i]
		}
	}
	g.days = append(g.days, day{date: date})
	return &g.days[len(g.days)-1]
}

func (g *guessing) weight() int {
	w := 400 + g.episode.weight()
	for i := range g.days {
		w += g.days[i].weight()
	}
	return w
}

func (s *Set) emitGuessing(key *guessKey, g *guessing, emit Emit) {
	if g.episode.open() {
		s.emitEpisode(key, g, &g.episode, emit)
	}
	for i := range g.days {
		s.emitDay(key, g, &g.days[i], emit)
	}
}

// origin returns what the events of g share but for their time.
func (g *guessing) origin(key *guessKey, at instant, ts string) *origin {
	return &origin{event.KindAuthAttempt, key.sensor, key.attacker, g.ip, at, ts}
}

// counted emits an auth_attempt with a count over seconds.
func (s *Set) counted(o *origin, emit Emit, id, service string, field event.FieldID, n int, window float64) *event.Event {
	ev := o.event(emit, id)
	if service != "" {
		ev.Set(s.fields.service, event.StringValue(service))
	}
	ev.Set(field, event.NumberValue(float64(n)))
	ev.Set(s.fields.window, event.NumberValue(window))
	return ev
}

// perAccount emits one event for each account that reached 2 passwords, in
// the order of their names.
func (s *Set) perAccount(o *origin, emit Emit, id, service string, accounts []string, passwords []int, window float64) {
	var order []int
	for i, n := range passwords {
		if n >= 2 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(accounts[a], accounts[b]) })
	for _, i := range order {
		ev := s.counted(o, emit, id+":"+percentEncode(accounts[i]), service, s.fields.passwordCount, passwords[i], window)
		ev.Set(s.fields.username, event.StringValue(accounts[i]))
	}
}

func (s *Set) closeGuesses(now instant) {
	for e := range s.guesses.All() {
		g, key := &e.Value, e.Key
		if ep := g.episode; ep.open() && silent(ep.last, now, episodeGap) {
			s.queue = append(s.queue, closing{ep.last, rankEpisode, ep.id(&key),
				func(emit Emit) { s.emitEpisode(&key, g, &ep, emit) }})
			g.episode = episode{}
		}
		for len(g.days) > 0 && g.days[0].over(now) {
			d := g.days[0]
			s.queue = append(s.queue, closing{d.last, rankDay, d.id(&key),
				func(emit Emit) { s.emitDay(&key, g, &d, emit) }})
			g.days = slices.Delete(g.days, 0, 1)
		}
		s.guesses.Weigh(e, g.weight())
		if !g.episode.open() && len(g.days) == 0 && !g.bruteBefore(now) {
			s.guesses.Remove(e)
		}
	}
}

func (g *guessing) code(c *state.Codec) {
	c.Text(&g.ip)
	state.Slice(c, &g.fails, codeInstant)
	g.episode.code(c)
	state.Slice(c, &g.days, func(c *state.Codec, d *day) { d.code(c) })
}

func codeInstant(c *state.Codec, i *instant) { c.Int64((*int64)(i)) }
