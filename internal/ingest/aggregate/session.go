package aggregate

import "time"

// A Reader keeps sessions that are over when they have been silent for a
// while, by the same time as aggregates are.
type Reader interface {
	// Session returns the alarm of an open session, and when it will have been
	// silent for too long.
	Session(sensor, session string) (alarm *Alarm, deadline time.Time, ok bool)
	// Leave ends an open session that has been silent for too long.
	Leave(sensor, session string, byClock bool, emit Emit)
}

// Read makes r the reader whose sessions the Set watches.
func (s *Set) Read(r Reader) { s.sorts[rankSession] = sessionSort{s, r} }

// Watch has the reader's session looked at when its deadline comes.
// A line of it was of the time at.
func (s *Set) Watch(sensor, session string, at time.Time, emit Emit) {
	s.touch(dueKey{rank: rankSession, sensor: sensor, service: session}, instantOf(at), emit)
}

// Resume is Watch for a session that was read from a state.
func (s *Set) Resume(sensor, session string, emit Emit) {
	s.wait(dueKey{rank: rankSession, sensor: sensor, service: session}, emit)
}

// sessionSort is the sort of the reader's sessions.
type sessionSort struct {
	set    *Set
	reader Reader
}

func (s sessionSort) alarm(k dueKey) (*Alarm, string) {
	alarm, _, _ := s.reader.Session(k.sensor, k.service)
	return alarm, k.sensor
}

func (s sessionSort) deadline(k dueKey) instant {
	_, at, _ := s.reader.Session(k.sensor, k.service)
	return instantOf(at)
}

func (s sessionSort) close(k dueKey, _ instant, emit Emit) {
	s.reader.Leave(k.sensor, k.service, s.set.byClock, emit)
}

// noSessions is the sort while nobody reads sessions.
type noSessions struct{}

func (noSessions) alarm(dueKey) (*Alarm, string) { return nil, "" }
func (noSessions) deadline(dueKey) instant       { return endOfTime }
func (noSessions) close(dueKey, instant, Emit)   {}
