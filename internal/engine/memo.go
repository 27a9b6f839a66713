package engine

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"ttpctl/internal/event"
)

// Bounds of a memo: 512 KiB for the last 32,768 texts, and what is known of those
// that came twice.
const (
	memoSets   = 1 << 12
	memoWays   = 8 // a set's hashes fill a line of the processor's cache
	maxMemoKey = 1 << 10
	maxOutcome = 8 << 10 // of one text
	maxMemo    = 24 << 20
	// memoAdvance is how many more texts one goroutine may learn when they first
	// come than it knew of others.
	memoAdvance = 1 << 11
)

// A memo is what came of the command lines and requests that one snapshot has
// judged. A sensor sees the same ones again and again, and which rules hold on
// one, where and why, depends on nothing but the fields that matchers read. Those
// spelled out are the key; the outcome under it is the whole truth, so that an
// event that is known is neither parsed nor judged again. What is no part of it is
// made anew each time: whether a rule may fire now, and the fields that tags show.
//
// A text is learned when it first comes as long as others are known when they come:
// learning costs less than the judgement that was saved before. Where most of what
// comes is new, only the hash of a text is kept the first time, so that a flood of
// texts that never come again costs one hash each, until its pace leaves the memo
// alone, see [pace]. All who judge under the
// snapshot share the memo, without locks: an outcome is complete and never changes
// before others can see it.
type memo struct {
	once   sync.Once
	seed   maphash.Seed
	sets   []memoSet
	weight atomic.Int64 // of all outcomes, in bytes
}

// A memoSet holds the hashes of texts that came, and what came of those that came
// again. A text may be in any of its ways.
type memoSet struct {
	seen  [memoWays]atomic.Uint64
	known [memoWays]atomic.Pointer[outcome]
}

// A memoNote is what a Scratch notes of the event at hand, and when it asks the memo.
type memoNote struct {
	of       *memo // that paces are about
	paces    [event.NumKinds]pace
	key      []byte
	hash     uint64
	set      *memoSet // nil = the event is not remembered
	way      int      // of set, where the event's hash is
	next     int      // the way that goes next, an empty one if there is one
	ahead    int      // texts learned when they first came, less those that were known
	again    bool     // its hash came before
	learning bool     // what comes of the event is put into out
	odd      bool     // it made a matcher panic, which is to be noted each time
	out      *outcome
}

// paceOf returns when m is asked about events of a kind. Under another snapshot nothing
// of the last one's counts.
func (n *memoNote) paceOf(m *memo, k event.Kind) *pace {
	if n.of != m {
		n.of, n.paces = m, [event.NumKinds]pace{}
	}
	return &n.paces[k]
}

// pass leaves the event at hand to others: it is neither looked up nor learned.
func (n *memoNote) pass() { n.set, n.again, n.learning, n.odd = nil, false, false, false }

// recall returns what is known of ev, nil when that is nothing yet.
func (s *Snapshot) recall(ev *event.Event, sc *Scratch) *outcome {
	n := &sc.memo
	n.pass()
	fields := s.ruleset.reading[ev.Kind].fields
	if s.memo == nil || fields == nil {
		return nil
	}
	s.memo.once.Do(s.memo.open)
	if n.hash = n.hashOf(s.memo.seed, ev, fields); n.hash == 0 {
		return nil
	}
	set := &s.memo.sets[n.hash%memoSets]
	way := -1
	n.next = (n.next + 1) % memoWays
	for i := range set.seen {
		seen := set.seen[i].Load()
		if seen == 0 { // nothing has to make room
			n.next = i
		}
		if seen != n.hash {
			continue
		}
		n.again = true
		if o := set.known[i].Load(); o != nil && n.spells(o.key, ev, fields) {
			n.set, n.ahead = set, max(n.ahead-1, 0)
			return o
		}
		way = i
		break
	}
	if way < 0 {
		if n.ahead >= memoAdvance {
			n.set = set
			return nil
		}
		n.ahead++
		way = n.next
	}
	if n.makeKey(ev, fields) {
		n.set = set
		n.learn(way)
	}
	return nil
}

// learn makes the note that what comes of the event is for a way of its set.
func (n *memoNote) learn(way int) { n.way, n.learning, n.out = way, true, &outcome{} }

func (m *memo) open() { m.seed, m.sets = maphash.MakeSeed(), make([]memoSet, memoSets) }

// learn notes what came of the event that recall did not know. apart are the
// rules that are judged each time.
func (m *memo) learn(n *memoNote, apart []uint32, cut bool) {
	switch {
	case n.set == nil || n.odd:
	case n.learning:
		n.out.finish(n.key, apart, cut)
		n.set.seen[n.way].Store(n.hash)
		m.keep(n.set, n.way, n.out)
	default:
		m.keep(n.set, n.next, nil)
		n.set.seen[n.next].Store(n.hash)
	}
	n.learning, n.out = false, nil
}

// keep puts o in place of what a way held. When all outcomes weigh too much, those
// of the set make room.
func (m *memo) keep(set *memoSet, way int, o *outcome) {
	m.put(set, way, nil)
	if o == nil || o.weight > maxOutcome {
		return
	}
	for i := 0; i < memoWays && m.weight.Load()+o.weight > maxMemo; i++ {
		m.put(set, i, nil)
	}
	if m.weight.Load()+o.weight <= maxMemo {
		m.put(set, way, o)
	}
}

func (m *memo) put(set *memoSet, way int, o *outcome) {
	switch {
	case o != nil:
		m.weight.Add(o.weight)
	case set.known[way].Load() == nil:
		return // as where most texts are new: a swap would cost more than all else here
	}
	if old := set.known[way].Swap(o); old != nil {
		m.weight.Add(-old.weight)
	}
}

// replay does for a known event what is left to do: it makes the tags of the rules
// that hold, judges those that look at other things, and shows the stage what it
// is to know.
func (s *Snapshot) replay(dst []event.Tag, ev *event.Event, now time.Time, sc *Scratch, o *outcome) []event.Tag {
	sc.hit.line = nil
	switch {
	case o.open:
		s.ruleset.derive(ev, sc)
	case o.cut:
		sc.CutShort++
	}
	sc.evidence.begin()
	sc.evidence.know(o.fields)
	from := len(dst)
	for i := range o.held {
		h := &o.held[i]
		st, r, v := &s.effective[h.rule], s.ruleset.rules[h.rule], h.verdict
		if !st.allows(now) {
			continue
		}
		note := sc.noteOf(s.ruleset, h.rule)
		switch said := note.said(sc.evidence.event); {
		case said != nil:
			v = said
		case v != nil && note != nil:
			note.note(sc.evidence.event, v)
		case v == nil:
			if !sc.match(r, allBranches, ev) {
				continue
			}
			v = note.take(sc.evidence.event, sc.verdictOf(r, ev.Kind))
		}
		dst = note.tags(dst, r, ev, v, st.ceiling, sc)
	}
	if s.Ordered() {
		g := s.sighting(ev, now, sc, from, len(dst))
		g.told = o.told
		sc.show(g, ev)
	}
	return dst
}
