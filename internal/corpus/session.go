package corpus

// A Session is a person's way through samples: one is at hand, and an answer
// leads to the next without one. It knows nothing of terminals. It belongs to
// one goroutine.
type Session struct {
	Answers *Answers

	samples []Sample
	save    func(Answer) error // called with each answer before it counts
	at      int
	trail   []int // where answers were given, for Back
}

// NewSession begins at the first sample without an answer. save must have
// stored an answer durably when it returns.
func NewSession(samples []Sample, answers *Answers, save func(Answer) error) *Session {
	s := &Session{Answers: answers, samples: samples, save: save, at: -1}
	s.next()
	return s
}

// Current returns the sample at hand and the answer it has; ok is false at the
// end.
func (s *Session) Current() (x *Sample, a Answer, ok bool) {
	if s.at >= len(s.samples) {
		return nil, Answer{}, false
	}
	x = &s.samples[s.at]
	a, _ = s.Answers.Of(x.RuleID, x.Label)
	return x, a, true
}

// Progress returns how many samples have an answer, and how many there are.
func (s *Session) Progress() (done, total int) {
	for i := range s.samples {
		if s.answered(i) {
			done++
		}
	}
	return done, len(s.samples)
}

func (s *Session) answered(i int) bool {
	_, ok := s.Answers.Of(s.samples[i].RuleID, s.samples[i].Label)
	return ok
}

// Answer gives the sample at hand an opinion and goes on. A note it has stays.
func (s *Session) Answer(o Opinion) error {
	x, a, ok := s.Current()
	if !ok {
		return nil
	}
	if err := s.store(Answer{x.RuleID, x.Label, o, a.Note}); err != nil {
		return err
	}
	s.trail = append(s.trail, s.at)
	s.next()
	return nil
}

// Note gives the sample at hand a note; without an opinion yet it is unsure.
func (s *Session) Note(text string) error {
	x, a, ok := s.Current()
	if !ok {
		return nil
	}
	if a.Opinion == "" {
		a.Opinion = Unsure
	}
	return s.store(Answer{x.RuleID, x.Label, a.Opinion, text})
}

func (s *Session) store(a Answer) error {
	if err := s.save(a); err != nil {
		return err
	}
	s.Answers.Set(a)
	return nil
}

// Back returns to the sample answered before, whose answer stays until it is
// given another.
func (s *Session) Back() bool {
	n := len(s.trail)
	if n == 0 {
		return false
	}
	s.at, s.trail = s.trail[n-1], s.trail[:n-1]
	return true
}

// next goes on to the next sample without an answer.
func (s *Session) next() {
	for s.at++; s.at < len(s.samples) && s.answered(s.at); s.at++ {
	}
}
