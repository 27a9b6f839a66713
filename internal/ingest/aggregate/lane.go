package aggregate

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/state"
)

// A rank is a sort of thing that closes; those that are due at one time close
// in this order.
type rank uint8

const (
	rankSession rank = iota
	rankGuesses
	rankSpraying
	rankRhythm
	rankVisit
)

// A dueKey names a thing that closes. Which of the parts are used is its
// sort's business.
type dueKey struct {
	rank                      rank
	sensor, service, attacker string
}

func (k *dueKey) compare(l *dueKey) int {
	return cmp.Or(cmp.Compare(k.rank, l.rank), strings.Compare(k.sensor, l.sensor),
		strings.Compare(k.service, l.service), strings.Compare(k.attacker, l.attacker))
}

// A due is when something is to be looked at: it may be over then, or its
// deadline may have moved.
type due struct {
	at instant
	*Alarm
}

// dueHeap is a heap of what is due, the earliest first: a binary one in which
// what is at i is due no later than what is at 2i+1 and 2i+2. container/heap
// would move each through an interface, and to the heap of memory.
type dueHeap []due

func (h dueHeap) less(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return h[i].key.compare(&h[j].key) < 0
}

func (h *dueHeap) push(d due) {
	*h = append(*h, d)
	q := *h
	for i := len(q) - 1; i > 0 && q.less(i, (i-1)/2); i = (i - 1) / 2 {
		q[i], q[(i-1)/2] = q[(i-1)/2], q[i]
	}
}

func (h *dueHeap) pop() due {
	q, last := *h, len(*h)-1
	first := q[0]
	q[0], q[last] = q[last], due{}
	*h = q[:last]
	h.sink(0)
	return first
}

// sink moves what is at i down to where it belongs.
func (h dueHeap) sink(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h.less(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

func (d due) compare(e due) int {
	return cmp.Or(cmp.Compare(d.at, e.at), d.key.compare(&e.key))
}

// A lane is one sensor's time, and what waits for it.
type lane struct {
	watermark
	queue dueHeap
	kept  int // length of queue when what is gone was dropped last
}

// An Alarm is when a thing is to be looked at. It is the thing's own, and may
// wait in a queue for longer than the thing is there.
type Alarm struct {
	of  thing   // nil = it is gone
	key dueKey  // by which things close that are due at one time
	set instant // 0 = it is not set
	// lag is how far behind the watermark the last observation was. A log out of
	// order keeps its aggregates open for as long as one in order does.
	lag instant
	// pruned is the number of the prune that found it last.
	pruned int
}

// CodeAlarm writes or reads what of an alarm is remembered. One that was read
// rings once it is told of its thing.
func CodeAlarm(c *state.Codec, a **Alarm) {
	if c.Reading() {
		*a = &Alarm{}
	}
	codeInstant(c, &(*a).lag)
}

// now returns the time that it is for what a is of.
func (a *Alarm) now(t instant) instant {
	if t == endOfTime {
		return t
	}
	return t.plus(-time.Duration(a.lag))
}

// A thing is what closes.
type thing interface {
	// sensor returns the one whose time it goes by.
	sensor() string
	// deadline returns the first moment at which something of it is over.
	deadline() instant
	// close closes all of it that is over at now, and may drop it, which gone
	// tells its alarm. When it is still there, its deadline is later than now:
	// else it would be looked at again and again at the same line.
	close(s *Set, now instant, emit Emit)
}

// gone tells a that its thing is not there any more.
func (a *Alarm) gone() { a.of = nil }

// maxSensors is how many sensors have a time of their own. Names come from the
// input.
const maxSensors = 1024

// perLine is how many things close at one line at most; what is left closes at
// the next ones. It bounds the events that one line can make.
const perLine = 64

// laneOf returns the lane of a sensor, which is new if need be. The one that
// had no line for longest makes room: what waits in it closes early.
func (s *Set) laneOf(sensor string, emit Emit) *lane {
	if e := s.lanes.Peek(sensor); e != nil {
		return e.Value
	}
	l := s.lanes.Add(strings.Clone(sensor), &lane{}, 1).Value
	for old := s.lanes.Overflow(); old != nil; old = s.lanes.Overflow() {
		s.abandon(old.Key, old.Value, emit)
	}
	return l
}

// abandon closes all that waits in l, unless it has come to wait elsewhere.
func (s *Set) abandon(name string, l *lane, emit Emit) {
	s.prune(l)
	slices.SortFunc(l.queue, due.compare)
	for _, d := range l.queue {
		if d.of == nil { // what closed before it, a session, made an end of it
			continue
		}
		d.set = 0
		if d.of.sensor() != name {
			s.wait(d.Alarm, emit)
			continue
		}
		s.evicted++
		d.of.close(s, endOfTime, emit)
	}
}

// Line takes in the time of a line of a sensor, and closes what is over by it.
// A reader tells of every line before it tells what the line holds.
func (s *Set) Line(sensor string, at time.Time, emit Emit) {
	l := s.laneOf(sensor, emit)
	s.lanes.Find(sensor) // marks it active
	if !l.see(instantOf(at)) {
		return
	}
	now := l.at.plus(-lateness)
	for n := 0; n < perLine && len(l.queue) > 0 && l.queue[0].at <= now; {
		if d := l.queue.pop(); s.rings(d, emit) {
			s.closeAt(d.Alarm, now, emit)
			n++
		}
	}
}

// rings reports whether something of what d names is over at its time. What
// is gone is not, and what has a later deadline by now waits for that.
func (s *Set) rings(d due, emit Emit) bool {
	s.looks++
	if d.of == nil || d.set != d.at {
		return false
	}
	d.set = 0
	if d.of.deadline() <= d.now(d.at) {
		return true
	}
	s.wait(d.Alarm, emit)
	return false
}

// touch takes in that the thing of a was observed at a time, and has it looked
// at when its deadline comes.
func (s *Set) touch(a *Alarm, at instant, emit Emit) {
	a.lag = 0
	if l := s.laneOf(a.of.sensor(), emit); l.set && l.at > at && l.at.after(at) <= maxStep {
		a.lag = instant(l.at.after(at))
	}
	s.wait(a, emit)
}

// closeAt closes what of the thing of a is over at a time of its lane.
func (s *Set) closeAt(a *Alarm, now instant, emit Emit) {
	if a.of != nil {
		a.of.close(s, a.now(now), emit)
		s.wait(a, emit)
	}
}

// wait has the thing of a looked at when its deadline comes, unless it is gone or
// that is to happen earlier anyway.
func (s *Set) wait(a *Alarm, emit Emit) {
	s.looks++
	if a.of == nil {
		return
	}
	at := a.of.deadline().plus(time.Duration(a.lag))
	if at == 0 {
		at = 1 // 0 is no alarm
	}
	if a.set != 0 && a.set <= at {
		return
	}
	a.set = at
	l := s.laneOf(a.of.sensor(), emit)
	l.queue.push(due{at, a})
	if len(l.queue) > 2*l.kept+4096 {
		s.prune(l)
	}
}

// prune drops what is gone from the queue of l, and of what is queued twice one: a
// thing is queued twice for one time when it was looked at in between for something
// else. The rest is made a heap again.
func (s *Set) prune(l *lane) {
	s.prunes++
	l.queue = slices.DeleteFunc(l.queue, func(d due) bool {
		s.looks++
		if d.of == nil || d.set != d.at || d.pruned == s.prunes {
			return true
		}
		d.pruned = s.prunes
		return false
	})
	for i := len(l.queue)/2 - 1; i >= 0; i-- {
		l.queue.sink(i)
	}
	l.kept = len(l.queue)
}

// Flush closes everything, for Drain to give out: the input has ended.
func (s *Set) Flush() {
	for e := range s.lanes.All() {
		s.prune(e.Value)
		for _, d := range e.Value.queue {
			d.set = 0
			s.closing = append(s.closing, due{endOfTime, d.Alarm})
		}
		e.Value.queue = nil
	}
	s.orderClosing()
}

// Silent closes, for Drain to give out, what would be over if each sensor's
// time had gone on for a while since its last line. It is for input that has
// no end and that is silent. A line that comes later and would have belonged
// to what was closed is counted, see Late.
func (s *Set) Silent(while time.Duration) {
	for e := range s.lanes.All() {
		l := e.Value
		now := l.at.plus(while - lateness)
		for len(l.queue) > 0 && l.queue[0].at <= now {
			if d := l.queue.pop(); s.rings(d, nil) {
				s.closing = append(s.closing, due{now, d.Alarm})
			}
		}
	}
	s.byClock = true
	s.orderClosing()
}

// orderClosing puts what is to be closed in the order of its deadlines. Numbers
// are sorted, for things are large.
func (s *Set) orderClosing() {
	order, deadlines := make([]int, len(s.closing)), make([]instant, len(s.closing))
	for i, d := range s.closing {
		order[i], deadlines[i] = i, d.of.deadline()
	}
	slices.SortFunc(order, func(i, j int) int {
		if c := cmp.Compare(deadlines[i], deadlines[j]); c != 0 {
			return c
		}
		return s.closing[i].key.compare(&s.closing[j].key)
	})
	sorted := make([]due, len(order))
	for i, from := range order {
		sorted[i] = s.closing[from]
	}
	s.closing = sorted
}

// Drain emits what Flush or Silent closed, at most about most events, and
// reports whether there is more.
func (s *Set) Drain(emit Emit, most int) (more bool) {
	n := 0
	counted := func() *event.Event { n++; return emit() }
	for n < most && len(s.closing) > 0 {
		d := s.closing[0]
		s.closing[0] = due{}
		s.closing = s.closing[1:]
		s.closeAt(d.Alarm, d.at, counted)
	}
	if len(s.closing) == 0 {
		s.byClock = false
	}
	return len(s.closing) > 0
}
