package aggregate

import (
	"time"

	"ttpctl/internal/state"
)

// maxCut is how many aggregates that were closed by the clock are remembered.
const maxCut = 4096

// A span is what an aggregate that was closed by the clock had seen.
type span struct{ first, last instant }

// cutOff notes, when it is by the clock, that an aggregate is closed.
func (s *Set) cutOff(k *dueKey, first, last instant) {
	if !s.byClock {
		return
	}
	d := s.hash.key(k)
	if e := s.cut.Find(d); e != nil {
		s.cut.Remove(e)
	}
	s.cut.Add(d, span{first, last}, 1)
	s.cut.Overflow()
}

// begins is told that an observation begins an aggregate. It counts the
// observation as late when the one before, closed by the clock, would have
// taken it.
func (s *Set) begins(k *dueKey, admits func(span) bool) {
	if s.cut.Len() == 0 {
		return
	}
	if e := s.cut.Find(s.hash.key(k)); e != nil {
		if admits(e.Value) {
			s.late++
		}
		s.cut.Remove(e)
	}
}

// CountLate counts a line of a session that the clock had closed.
func (s *Set) CountLate() { s.late++ }

// Late returns how many observations so far came after the clock had closed
// what they belonged to.
func (s *Set) Late() int { return s.late }

func (sp *span) code(c *state.Codec) {
	codeInstant(c, &sp.first)
	codeInstant(c, &sp.last)
}

// within reports whether a time is less than gap away from sp.
func (sp span) within(at instant, gap time.Duration) bool {
	return at.after(sp.last) < gap && sp.first.after(at) < gap
}

// admits reports whether a time is at most gap away from sp, which stays
// shorter than most with it.
func (sp span) admits(at instant, gap, most time.Duration) bool {
	return at.after(sp.last) <= gap && sp.first.after(at) <= gap && max(sp.last, at).after(min(sp.first, at)) < most
}
