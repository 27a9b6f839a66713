package aggregate

import (
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/state"
)

// visitGap is how long a visitor is silent before the next visit.
const visitGap = 30 * time.Minute

// visitWeight is what a visit takes, in bytes.
const visitWeight = 600

// A visit is a run of requests of one attacker to one server.
type visit struct {
	alarm       *Alarm
	id, ip      string
	first, last instant
	lastTS      string
	requests    int
	bytes       int64
	notFound    int // requests for what is not there
}

func visitKey(k placeKey) dueKey {
	return dueKey{rank: rankVisit, sensor: k.sensor, attacker: k.attacker}
}

// Request takes in a request, and returns the id of its visit.
func (s *Set) Request(r *Request, emit Emit) (id string) {
	at := instantOf(r.At)
	key := placeKey{r.Source, r.Attacker}
	e := s.visits.Find(key)
	if e != nil && !e.Value.admits(at) {
		s.emitVisit(&e.Key, &e.Value, emit)
		s.visits.Remove(e)
		e.Value.alarm.gone()
		e = nil
	}
	if e == nil {
		key = placeKey{s.Keep(r.Source), s.Keep(r.Attacker)}
		alarm := &Alarm{key: visitKey(key)}
		s.begins(&alarm.key, func(sp span) bool { return sp.within(at, visitGap) })
		e = s.visits.Add(key, visit{alarm: alarm, id: "web:" + r.ID, ip: s.Keep(r.IP), first: at, last: at}, visitWeight)
		alarm.of = openVisit{e}
	}
	v := &e.Value
	v.first, v.requests, v.bytes = min(v.first, at), v.requests+1, v.bytes+r.Bytes
	if r.NotFound {
		v.notFound++
	}
	if at >= v.last {
		v.last = at
		if v.lastTS != r.TS {
			v.lastTS = strings.Clone(r.TS)
		}
	}
	s.touch(v.alarm, at, emit)
	for e := s.visits.Overflow(); e != nil; e = s.visits.Overflow() {
		s.evicted++
		e.Value.alarm.gone()
		s.emitVisit(&e.Key, &e.Value, emit)
	}
	return v.id
}

func (v *visit) admits(at instant) bool {
	return span{v.first, v.last}.within(at, visitGap)
}

func (s *Set) emitVisit(key *placeKey, v *visit, emit Emit) {
	o := &origin{event.KindSession, "", key.attacker, v.ip, v.last, v.lastTS}
	ev := o.event(emit, v.id)
	ev.SessionID = event.Some(v.id)
	ev.Set(s.fields.requests, event.NumberValue(float64(v.requests)))
	ev.Set(s.fields.bytesSent, event.NumberValue(float64(v.bytes)))
	ev.Set(s.fields.notFound, event.NumberValue(float64(v.notFound)))
}

// An openVisit is the thing that a visit is.
type openVisit struct {
	*state.Entry[placeKey, visit]
}

func (e openVisit) sensor() string { return e.Key.sensor }

func (e openVisit) deadline() instant { return e.Value.last.plus(visitGap) }

func (e openVisit) close(s *Set, _ instant, emit Emit) {
	s.cutOff(&e.Value.alarm.key, e.Value.first, e.Value.last)
	s.visits.Remove(e.Entry)
	e.Value.alarm.gone()
	s.emitVisit(&e.Key, &e.Value, emit)
}

func (v *visit) weight() int { return visitWeight }

func (v *visit) code(c *state.Codec) {
	CodeAlarm(c, &v.alarm)
	c.Text(&v.id)
	c.Text(&v.ip)
	codeInstant(c, &v.first)
	codeInstant(c, &v.last)
	c.Text(&v.lastTS)
	c.Int(&v.requests)
	c.Int64(&v.bytes)
	c.Int(&v.notFound)
}
