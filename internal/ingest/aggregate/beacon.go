package aggregate

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/state"
)

// What makes a rhythm a beacon.
const (
	beaconGap = 24 * time.Hour
	minGaps   = 10
	minMean   = 10 * time.Second
)

// maxStays is how many sessions a run holds; the next begins another.
const maxStays = 8 << 10

// A rhythm is a run of sessions of one attacker at one sensor.
type rhythm struct {
	alarm       *Alarm
	ip          string
	access      Access
	mixed       bool    // not all sessions used access: it is no beacon
	first, last instant // the earliest start, the latest end
	stays       []stay  // in order of time; empty when mixed
}

// A stay is a session.
type stay struct {
	start, end  instant
	session, ts string
}

func (st stay) compare(o stay) int {
	return cmp.Or(cmp.Compare(st.start, o.start), cmp.Compare(st.end, o.end), strings.Compare(st.session, o.session))
}

func rhythmKey(k placeKey) dueKey {
	return dueKey{rank: rankRhythm, sensor: k.sensor, attacker: k.attacker}
}

// Active takes in a session that went on after its login and has ended.
func (s *Set) Active(a *Activity, emit Emit) {
	st := stay{instantOf(a.Start), instantOf(a.End), strings.Clone(a.Session), strings.Clone(a.TS)}
	e := s.rhythms.Find(placeKey{a.Sensor, a.Attacker})
	if e != nil && !e.Value.admits(st) {
		if len(e.Value.stays) == maxStays {
			s.evicted++
		}
		s.emitRhythm(&e.Key, &e.Value, emit)
		s.rhythms.Remove(e)
		e.Value.alarm.gone()
		e = nil
	}
	if e == nil {
		key := placeKey{s.Keep(a.Sensor), s.Keep(a.Attacker)}
		alarm := &Alarm{key: rhythmKey(key)}
		s.begins(&alarm.key, func(sp span) bool { return sp.within(st.start, beaconGap) })
		e = s.rhythms.Add(key, rhythm{alarm: alarm, ip: s.Keep(a.IP), access: a.Access, first: st.start, last: st.end}, 0)
		alarm.of = openRhythm{e}
	}
	e.Value.add(st, a.Access)
	s.rhythms.Weigh(e, e.Value.weight())
	s.touch(e.Value.alarm, st.end, emit)
	for e := s.rhythms.Overflow(); e != nil; e = s.rhythms.Overflow() {
		s.evicted++
		e.Value.alarm.gone()
		s.emitRhythm(&e.Key, &e.Value, emit)
	}
}

func (r *rhythm) weight() int { return 350 + 90*len(r.stays) }

func (r *rhythm) admits(st stay) bool {
	return len(r.stays) < maxStays && st.start.after(r.last) < beaconGap && r.first.after(st.end) < beaconGap
}

func (r *rhythm) add(st stay, access Access) {
	r.first, r.last = min(r.first, st.start), max(r.last, st.end)
	if r.mixed = r.mixed || access != r.access; r.mixed {
		r.stays = nil
		return
	}
	if i, known := slices.BinarySearchFunc(r.stays, st, stay.compare); !known {
		r.stays = slices.Insert(r.stays, i, st)
	}
}

// measure returns the mean of the gaps between sessions, from the end of one
// to the start of the next, and their deviation as a share of it; ok is false
// when r is no beacon.
func (r *rhythm) measure() (mean, jitter float64, ok bool) {
	if len(r.stays) <= minGaps {
		return 0, 0, false
	}
	gap := func(i int) float64 { return r.stays[i+1].start.after(r.stays[i].end).Seconds() }
	n, squares := float64(len(r.stays)-1), 0.0
	for i := range r.stays[1:] {
		mean += gap(i) / n
	}
	if mean < minMean.Seconds() {
		return 0, 0, false
	}
	for i := range r.stays[1:] {
		squares += (gap(i) - mean) * (gap(i) - mean)
	}
	return round6(mean), round6(math.Sqrt(squares/n) / mean), true
}

func round6(x float64) float64 { return math.Round(x*1e6) / 1e6 }

func (s *Set) emitRhythm(key *placeKey, r *rhythm, emit Emit) {
	mean, jitter, ok := r.measure()
	if !ok {
		return
	}
	last := &r.stays[len(r.stays)-1]
	o := &origin{event.KindSession, key.sensor, key.attacker, r.ip, last.start, last.ts}
	ev := o.event(emit, "beacon:"+key.sensor+":"+r.stays[0].session)
	ev.SessionID = event.Some(last.session)
	ev.Set(s.fields.interval, event.NumberValue(mean))
	ev.Set(s.fields.jitter, event.NumberValue(jitter))
}

// An openRhythm is the thing that a rhythm is.
type openRhythm struct {
	*state.Entry[placeKey, rhythm]
}

func (e openRhythm) sensor() string { return e.Key.sensor }

func (e openRhythm) deadline() instant { return e.Value.last.plus(beaconGap) }

func (e openRhythm) close(s *Set, _ instant, emit Emit) {
	s.cutOff(&e.Value.alarm.key, e.Value.first, e.Value.last)
	s.rhythms.Remove(e.Entry)
	e.Value.alarm.gone()
	s.emitRhythm(&e.Key, &e.Value, emit)
}

func (r *rhythm) code(c *state.Codec) {
	CodeAlarm(c, &r.alarm)
	c.Text(&r.ip)
	c.Fixed(r.access[:])
	c.Flag(&r.mixed)
	codeInstant(c, &r.first)
	codeInstant(c, &r.last)
	state.Slice(c, &r.stays, func(c *state.Codec, st *stay) {
		codeInstant(c, &st.start)
		codeInstant(c, &st.end)
		c.Text(&st.session)
		c.Text(&st.ts)
	})
}
