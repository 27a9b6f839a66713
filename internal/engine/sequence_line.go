package engine

import "ttpctl/internal/event"

// A lineSequence is a sequence over one line: a condition like others.
type lineSequence struct{ *sequence }

// holds tries the cheap question first: whether every step holds somewhere.
func (s lineSequence) holds(ev *event.Event, h *Hit) bool {
	chain := s.chain(ev, h)
	if chain == nil {
		return false
	}
	if !h.hasSpan {
		h.noteSteps(chain)
	}
	return true
}

// chain returns the places of the steps of the sequence that is complete
// first, with the latest start; nil when there is none.
func (s *sequence) chain(ev *event.Event, h *Hit) []place {
	had := h.hasSpan
	defer func() { h.hasSpan = had }()
	if h.line == nil {
		return nil
	}
	for i := range s.steps {
		if !s.steps[i].root.holds(ev, h) {
			return nil
		}
	}
	f := finder{ev, h, s.same}
	var copies []fileCopy
	if s.same == sameFile {
		copies = f.copies()
	}
	var links [][]link
	for i := range s.steps {
		var row []link
		for _, p := range f.step(&s.steps[i], allBranches) {
			if from := s.latest(links, i, &p); from >= 0 {
				row = append(row, link{p, from, p.at})
			}
		}
		if len(row) == 0 {
			return nil
		}
		if i < len(s.steps)-1 {
			row = follow(row, copies)
		}
		links = append(links, row)
	}
	return trace(links)
}

// A link is a place, and which place of the step before it follows. The step
// behind it comes after a place of its own where the file was renamed.
type link struct {
	place
	from  int
	after int
}

// latest returns the latest place of the step before i that p may follow, -1
// when there is none; 0 for the first step.
func (s *sequence) latest(links [][]link, i int, p *place) int {
	if s.same != sameNothing && p.bound.value == "" {
		return -1
	}
	if i == 0 {
		return 0
	}
	best := -1
	for k := range links[i-1] {
		before := &links[i-1][k]
		if before.after < p.at && (s.same == sameNothing || before.bound.equal(p.bound, s.same)) && (best < 0 || before.at >= links[i-1][best].at) {
			best = k
		}
	}
	return best
}

// trace returns the chain that ends first.
func trace(links [][]link) []place {
	last := len(links) - 1
	k := 0
	for i := range links[last] {
		if links[last][i].at < links[last][k].at {
			k = i
		}
	}
	chain := make([]place, len(links))
	for i := last; i >= 0; i-- {
		chain[i] = links[i][k].place
		k = links[i][k].from
	}
	return chain
}

func (s lineSequence) reads(ids *[]event.FieldID) {
	for i := range s.steps {
		s.steps[i].root.reads(ids)
	}
}

// requirement is that of all steps: each must hold.
func (s lineSequence) requirement() (requirement, bool) {
	var all requirement
	for i := range s.steps {
		if req, ok := s.steps[i].root.requirement(); ok {
			all = all.and(req)
		}
	}
	return all, all != nil
}

// places of a sequence inside another block: where it is complete.
func (s lineSequence) places(f *finder) []place {
	chain := s.chain(f.ev, f.h)
	if chain == nil {
		return nil
	}
	return chain[len(chain)-1:]
}

func (s lineSequence) explain(ev *event.Event, h *Hit) Part {
	return s.sequence.explain(ev, h)
}

// explain shows each step by itself; the sequence holds when they come one
// behind the other.
func (s *sequence) explain(ev *event.Event, h *Hit) Part {
	p := Part{Op: "sequence", Holds: s.chain(ev, h.like()) != nil}
	for i := range s.steps {
		p.Parts = append(p.Parts, s.steps[i].root.explain(ev, h))
	}
	return p
}
