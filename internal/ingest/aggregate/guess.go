package aggregate

import (
	"slices"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/state"
)

// guesses are kept per service of a sensor and attacker.
type guessKey struct{ sensor, service, attacker string }

func (k *guessKey) due() dueKey { return dueKey{rankGuesses, k.sensor, k.service, k.attacker} }

// A guessing is what one attacker did to one service of one sensor.
type guessing struct {
	alarm   *Alarm
	ip      string
	access  access
	episode episode
	days    []day // open ones, at most two
}

// guess takes in an attempt, and reports whether it came after guessing.
func (s *Set) guess(a *attempt, emit Emit) (prior bool) {
	e := s.guesses.Find(guessKey{a.Sensor, a.Service, a.Attacker})
	if e == nil {
		key := guessKey{s.Keep(a.Sensor), s.Keep(a.Service), s.Keep(a.Attacker)}
		e = s.guesses.Add(key, guessing{alarm: &Alarm{key: key.due()}, ip: s.Keep(a.IP)}, 0)
		e.Value.alarm.of = openGuessing{e}
	}
	g := &e.Value
	prior = g.access.guessed(a.at)
	if g.episode.open() && !g.episode.admits(a.at) {
		if g.episode.full() {
			s.evicted++
		}
		s.closeEpisode(&e.Key, g, emit)
	}
	if !g.episode.open() {
		s.begins(&g.alarm.key, func(sp span) bool { return sp.admits(a.at, episodeGap, episodeSpan) })
	}
	g.episode.add(a)
	s.closeDays(&e.Key, g, a.at, emit)
	if len(g.days) == 2 && g.dayOf(a.at) == nil { // time ran back: a log is read again
		s.closeDay(&e.Key, g, 0, emit)
	}
	g.day(a.at).add(a)
	g.access.note(a)
	s.guesses.Weigh(e, g.weight())
	s.touch(g.alarm, a.at, emit)
	for e := s.guesses.Overflow(); e != nil; e = s.guesses.Overflow() {
		s.evicted++
		e.Value.alarm.gone()
		s.closeGuessing(&e.Key, &e.Value, endOfTime, emit)
	}
	return prior
}

// dayOf returns the open day of at, or nil.
func (g *guessing) dayOf(at instant) *day {
	for i := range g.days {
		if g.days[i].date == at.day() {
			return &g.days[i]
		}
	}
	return nil
}

// day returns the open day of at, which is new if need be.
func (g *guessing) day(at instant) *day {
	if d := g.dayOf(at); d != nil {
		return d
	}
	g.days = append(g.days, day{date: at.day()})
	return &g.days[len(g.days)-1]
}

func (g *guessing) weight() int {
	w := 450 + g.episode.weight()
	for i := range g.days {
		w += g.days[i].weight()
	}
	return w
}

// closeGuessing closes what of g is over at now: the episode first, which asks
// its day whether the day has had its finding.
func (s *Set) closeGuessing(key *guessKey, g *guessing, now instant, emit Emit) {
	if g.episode.open() && now >= g.episode.deadline() {
		s.cutOff(&g.alarm.key, g.episode.first, g.episode.last)
		s.closeEpisode(key, g, emit)
	}
	s.closeDays(key, g, now, emit)
}

func (s *Set) closeEpisode(key *guessKey, g *guessing, emit Emit) {
	ep := g.episode
	g.episode = episode{}
	s.emitEpisode(key, g, &ep, emit)
}

// closeDays closes the days that are over at now, the earliest first. Days are
// in the order in which they began, which is another one when a line of the day
// before comes late or a log is read again.
func (s *Set) closeDays(key *guessKey, g *guessing, now instant, emit Emit) {
	for i := g.earliest(); i >= 0 && g.days[i].over(now); i = g.earliest() {
		s.closeDay(key, g, i, emit)
	}
}

func (s *Set) closeDay(key *guessKey, g *guessing, i int, emit Emit) {
	s.emitDay(key, g, &g.days[i], emit)
	g.days = slices.Delete(g.days, i, i+1)
}

// earliest returns the index of the earliest open day, -1 when there is none.
func (g *guessing) earliest() int {
	first := -1
	for i := range g.days {
		if first < 0 || g.days[i].date < g.days[first].date {
			first = i
		}
	}
	return first
}

// deadline returns the first moment at which something of g is over.
func (g *guessing) deadline() instant {
	at := g.access.forgotten()
	if g.episode.open() || len(g.days) > 0 {
		at = endOfTime
	}
	if g.episode.open() {
		at = g.episode.deadline()
	}
	if i := g.earliest(); i >= 0 {
		at = min(at, g.days[i].deadline())
	}
	return at
}

// An openGuessing is the thing that a guessing is.
type openGuessing struct {
	*state.Entry[guessKey, guessing]
}

func (e openGuessing) sensor() string { return e.Key.sensor }

func (e openGuessing) deadline() instant { return e.Value.deadline() }

func (e openGuessing) close(s *Set, now instant, emit Emit) {
	g := &e.Value
	s.closeGuessing(&e.Key, g, now, emit)
	s.guesses.Weigh(e.Entry, g.weight())
	if !g.episode.open() && len(g.days) == 0 && now >= g.access.forgotten() {
		s.guesses.Remove(e.Entry)
		g.alarm.gone()
	}
}

// origin returns what the events of g share but for their time.
func (g *guessing) origin(key *guessKey, at instant, ts string) *origin {
	return &origin{event.KindAuthAttempt, key.sensor, key.attacker, g.ip, at, ts}
}

// counted emits an auth_attempt with a count over seconds.
func (s *Set) counted(o *origin, emit Emit, id, service string, field event.FieldID, n int, window time.Duration) *event.Event {
	ev := o.event(emit, id)
	if service != "" {
		ev.Set(s.fields.service, event.StringValue(service))
	}
	ev.Set(field, event.NumberValue(float64(n)))
	ev.Set(s.fields.window, event.NumberValue(window.Seconds()))
	return ev
}

// perAccount emits one event for each account that reached 2 passwords and
// that tell is true of, in the order of their names.
func (s *Set) perAccount(o *origin, emit Emit, id, service string, c counts, window time.Duration, tell func(account string, n int) bool) {
	var order []int
	for i, n := range c.passwords {
		if n >= 2 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(c.accounts[a], c.accounts[b]) })
	for _, i := range order {
		account, n := c.accounts[i], c.passwords[i]
		if !tell(account, n) {
			continue
		}
		ev := s.counted(o, emit, id+":"+percentEncode(account), service, s.fields.passwordCount, n, window)
		ev.Set(s.fields.username, event.StringValue(account))
	}
}

// counts are the failed passwords of an episode or a day, and per account the
// distinct passwords.
type counts struct {
	fails     int
	accounts  []string
	passwords []int
}

func (g *guessing) code(c *state.Codec) {
	CodeAlarm(c, &g.alarm)
	c.Text(&g.ip)
	g.access.code(c)
	g.episode.code(c)
	state.Slice(c, &g.days, func(c *state.Codec, d *day) { d.code(c) })
}

func codeInstant(c *state.Codec, i *instant) { c.Int64((*int64)(i)) }
