package aggregate

import "time"

// A Session is a reader's. It is over when it has been silent for a while, by
// the same time as aggregates are.
type Session interface {
	// Deadline returns when it will have been silent for too long.
	Deadline() time.Time
	// Leave ends it: it has been silent for too long. The reader turns its alarm
	// off.
	Leave(byClock bool, emit Emit)
}

// A watched session is the thing that a reader's session is.
type watched struct {
	Session
	name string // of its sensor
}

func (w *watched) sensor() string { return w.name }

func (w *watched) deadline() instant { return instantOf(w.Deadline()) }

func (w *watched) close(s *Set, _ instant, emit Emit) { w.Leave(s.byClock, emit) }

// SessionAlarm returns the alarm of an open session. What it is given it keeps.
func SessionAlarm(sensor, session string, of Session) *Alarm {
	return &Alarm{key: dueKey{rank: rankSession, sensor: sensor, service: session}, of: &watched{of, sensor}}
}

// Off has the session of a, which is no longer open, looked at no more.
func (a *Alarm) Off() { a.gone() }

// Watch has a session looked at when its deadline comes. A line of it was of the
// time at.
func (s *Set) Watch(a *Alarm, at time.Time, emit Emit) { s.touch(a, instantOf(at), emit) }

// Resume is Watch for a session that was read from a state, with the alarm read.
// It returns the alarm that the session has from now on.
func (s *Set) Resume(read, a *Alarm, emit Emit) {
	a.lag = read.lag
	s.wait(a, emit)
}
