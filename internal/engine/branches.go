package engine

import "ttpctl/internal/event"

// Most rules are a list of blocks (any_of) of which one must hold, and an event that
// admits such a rule shows what one of them requires, hardly ever what all do. Which
// clause was shown says which blocks can hold at all: only these are asked, and of the
// others, each in a place of its own, nothing is even read.

// A branchSet is the blocks of an any_of that may hold, by their place.
type branchSet uint64

const (
	allBranches branchSet = 1<<64 - 1
	maxBranches           = 63

	// noBranch is the branch of a clause that stands for the whole rule.
	noBranch uint32 = maxBranches
)

func branchSetOf(branch uint32) branchSet {
	if branch >= maxBranches {
		return allBranches
	}
	return 1 << branch
}

// An eventBranches is which branches the event at hand admits, by rule and step. It is
// only good while on is set: whoever did not ask the index, or asked it for another
// event, asks all branches.
type eventBranches struct {
	of []branchSet
	on bool
}

func (b *eventBranches) grow(n int) {
	if n > len(b.of) {
		b.of = append(b.of, make([]branchSet, n-len(b.of))...)
	}
}

// shown reports whether the index found what a rule or step requires on the event at
// hand.
func (sc *Scratch) shown(id uint32) bool { return sc.branches.on && sc.found.Has(id) }

// branchesOf returns the branches to ask of a rule or step that was admitted.
func (sc *Scratch) branchesOf(id uint32) branchSet {
	if !sc.shown(id) {
		return allBranches
	}
	return sc.branches.of[id]
}

// branches returns for each clause of the block's requirement the branch of its any_of
// that it is of, nil when the clauses do not tell.
func (b *block) branches() (of []uint32) {
	var choice anyOf
	for _, c := range b.conditions {
		any, ok := c.(anyOf)
		switch req, known := c.requirement(); {
		case ok && (choice != nil || len(any) > maxBranches):
			return nil
		case ok && known:
			choice = any
		case known && len(req) > 1:
			return nil // it may be the one that is looked up
		}
	}
	for i, branch := range choice {
		req, _ := branch.requirement()
		for range req {
			of = append(of, uint32(i))
		}
	}
	return of
}

// holdsAmong is holds of a block of whose any_of only some branches can hold.
func (b *block) holdsAmong(branches branchSet, ev *event.Event, h *Hit) bool {
	if branches == allBranches {
		return b.holds(ev, h)
	}
	if !b.gate.admits(h.line) || !b.composed && !b.inSketch(h.line) {
		return false
	}
	had := h.hasSpan
	for _, c := range b.conditions {
		any, ok := c.(anyOf)
		if ok && !any.holdsAmong(branches, ev, h) || !ok && !c.holds(ev, h) {
			h.hasSpan = had
			return false
		}
	}
	return true
}

func (bs anyOf) holdsAmong(branches branchSet, ev *event.Event, h *Hit) bool {
	for i, b := range bs {
		if branches>>i&1 != 0 && b.holds(ev, h) {
			return true
		}
	}
	return false
}
