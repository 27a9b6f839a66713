package aggregate

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/state"
)

// What makes a rhythm a beacon.
const (
	beaconGap    = 24 * time.Hour
	minIntervals = 10
	minMean      = 10 * time.Second
)

// maxStarts is how many sessions a run holds; the next begins another.
const maxStarts = 8 << 10

// A rhythm is a run of sessions of one attacker at one sensor.
type rhythm struct {
	ip     string
	starts []start
}

// A start is the beginning of a session. Of those between the first and the
// last only the time is used, and kept.
type start struct {
	at          instant
	session, ts string
}

// Active takes in a session that went on after its login.
func (s *Set) Active(a *Activity, emit Emit) {
	at := instantOf(a.Start)
	key := placeKey{a.Sensor, a.Attacker}
	e := s.rhythms.Find(key)
	if e != nil && !e.Value.admits(at) {
		if len(e.Value.starts) == maxStarts {
			s.evicted++
		}
		s.emitRhythm(&e.Key, &e.Value, emit)
		s.rhythms.Remove(e)
		e = nil
	}
	if e == nil {
		key = placeKey{strings.Clone(a.Sensor), strings.Clone(a.Attacker)}
		e = s.rhythms.Add(key, rhythm{ip: strings.Clone(a.IP)}, 0)
	}
	e.Value.add(start{at, strings.Clone(a.Session), strings.Clone(a.TS)})
	s.rhythms.Weigh(e, e.Value.weight())
	for e := s.rhythms.Overflow(); e != nil; e = s.rhythms.Overflow() {
		s.evicted++
		s.emitRhythm(&e.Key, &e.Value, emit)
	}
}

func (r *rhythm) weight() int { return 300 + 48*len(r.starts) }

func (r *rhythm) first() *start { return &r.starts[0] }

func (r *rhythm) last() *start { return &r.starts[len(r.starts)-1] }

func (r *rhythm) admits(at instant) bool {
	return len(r.starts) < maxStarts && at.after(r.last().at) < beaconGap && r.first().at.after(at) < beaconGap
}

// add keeps the starts in order of time.
func (r *rhythm) add(st start) {
	i, known := slices.BinarySearchFunc(r.starts, st, func(a, b start) int { return cmp.Compare(a.at, b.at) })
	if known {
		return
	}
	r.starts = slices.Insert(r.starts, i, st)
	for _, k := range [...]int{i - 1, i, i + 1} {
		if 0 < k && k < len(r.starts)-1 {
			r.starts[k].session, r.starts[k].ts = "", ""
		}
	}
}

// measure returns the mean of the intervals and their deviation as a share of
// it; ok is false when r is no beacon.
func (r *rhythm) measure() (mean, jitter float64, ok bool) {
	n := float64(len(r.starts) - 1)
	mean = r.last().at.after(r.first().at).Seconds() / n
	if n < minIntervals || mean < minMean.Seconds() {
		return 0, 0, false
	}
	squares := 0.0
	for i := range r.starts[1:] {
		d := r.starts[i+1].at.after(r.starts[i].at).Seconds() - mean
		squares += d * d
	}
	return round6(mean), round6(math.Sqrt(squares/n) / mean), true
}

func round6(x float64) float64 { return math.Round(x*1e6) / 1e6 }

func (r *rhythm) id(sensor string) string { return "beacon:" + sensor + ":" + r.first().session }

func (s *Set) emitRhythm(key *placeKey, r *rhythm, emit Emit) {
	mean, jitter, ok := r.measure()
	if !ok {
		return
	}
	o := &origin{event.KindSession, key.sensor, key.attacker, r.ip, r.last().at, r.last().ts}
	ev := o.event(emit, r.id(key.sensor))
	ev.SessionID = event.Some(r.last().session)
	ev.Set(s.fields.interval, event.NumberValue(mean))
	ev.Set(s.fields.jitter, event.NumberValue(jitter))
}

func (s *Set) closeRhythms(now instant) {
	for e := range s.rhythms.All() {
		r := &e.Value
		if silent(r.last().at, now, beaconGap) {
			s.queue = append(s.queue, closing{r.last().at, rankRhythm, r.id(e.Key.sensor) + e.Key.attacker,
				func(emit Emit) { s.emitRhythm(&e.Key, r, emit) }})
			s.rhythms.Remove(e)
		}
	}
}

func (r *rhythm) code(c *state.Codec) {
	c.Text(&r.ip)
	state.Slice(c, &r.starts, func(c *state.Codec, st *start) {
		codeInstant(c, &st.at)
		c.Text(&st.session)
		c.Text(&st.ts)
	})
	if len(r.starts) == 0 {
		c.Fail()
		r.starts = []start{{}}
	}
}
