package engine

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
	"time"

	"ttpctl/internal/event"
)

// Bounds of what a Scratch remembers of lines: 512 KiB, and the keys and rules of
// those that came twice at least, which are some 150 bytes each in a capture.
const (
	quietSlots  = 1 << 15
	maxQuietKey = 512
)

// quietLines are command lines that one snapshot has judged. A sensor sees the same
// lines again and again, and what a line comes to depends on nothing but the
// fields that matchers read. A quiet line, on which no rule and no step holds and
// which leaves the session where it is, is neither parsed nor judged again; on any
// other only those rules and steps are tried that held.
// Each has one slot, which the next line of the same hash takes over.
type quietLines struct {
	snap  *Snapshot
	seed  maphash.Seed
	slots []quietLine
	key   []byte // of the event at hand
	slot  *quietLine
	hash  uint64
	loud  bool     // the event at hand has something to say, or says something else at another time
	held  []uint32 // the rules and steps that hold on it, but for those that are judged each time
	odd   bool     // it made a matcher panic, which is to be noted each time
}

// A quietLine is the hash of a line, and the line when it came again.
type quietLine struct {
	hash  uint64
	known *knownLine
}

// A knownLine is what comes of a line.
type knownLine struct {
	key  string
	loud bool
	held []uint32 // what is to be tried when it is loud, ascending
}

// knows reports whether ev is known under s; slot then tells what comes of it.
func (q *quietLines) knows(s *Snapshot, ev *event.Event) bool {
	q.slot, q.loud, q.odd, q.held = nil, false, false, q.held[:0]
	fields := s.ruleset.reading.fields
	if ev.Kind != event.KindCommand || fields == nil {
		return false
	}
	if q.snap != s {
		if q.slots == nil {
			q.slots, q.seed = make([]quietLine, quietSlots), maphash.MakeSeed()
		}
		clear(q.slots)
		q.snap = s
	}
	if !q.makeKey(ev, fields) {
		return false
	}
	q.hash = maphash.Bytes(q.seed, q.key)
	q.slot = &q.slots[q.hash%quietSlots]
	return q.slot.hash == q.hash && q.slot.known != nil && q.slot.known.key == string(q.key)
}

// makeKey spells out what matchers may read of ev; false when that is too long,
// or no text.
func (q *quietLines) makeKey(ev *event.Event, fields []event.FieldID) bool {
	q.key = append(q.key[:0], 'i')
	if ev.IdentityUUID == "" {
		q.key[0] = '-'
	}
	for _, id := range fields {
		v := ev.Value(id)
		if v == nil {
			q.key = append(q.key, 0)
			continue
		}
		q.key = append(q.key, byte(v.Kind)+1)
		switch v.Kind {
		case event.String:
			q.key = binary.AppendUvarint(q.key, uint64(len(v.Str)))
			if len(q.key)+len(v.Str) > maxQuietKey {
				return false
			}
			q.key = append(q.key, v.Str...)
		case event.Number, event.Bool:
			q.key = binary.BigEndian.AppendUint64(q.key, math.Float64bits(v.Num))
		default:
			return false
		}
	}
	return true
}

// hold notes that a rule or step holds, or may at another time.
func (q *quietLines) hold(id uint32) {
	q.loud = true
	q.held = append(q.held, id)
}

// learn notes what came of ev, of which knows did not know.
func (q *quietLines) learn(apart []uint32) {
	switch {
	case q.slot == nil || q.odd:
	case q.slot.hash == q.hash && q.slot.known == nil:
		q.slot.known = &knownLine{key: string(q.key), loud: q.loud}
		if q.loud {
			q.slot.known.held = slices.Concat(q.held, apart)
			slices.Sort(q.slot.known.held)
		}
	default:
		*q.slot = quietLine{hash: q.hash}
	}
}

// quiet does for a known line what is left to do: it judges the rules that look at
// other things than the line, and shows the stage that there was a command.
func (s *Snapshot) quiet(dst []event.Tag, ev *event.Event, now time.Time, sc *Scratch) []event.Tag {
	sc.hit.line = nil
	from := len(dst)
	dst = s.judge(dst, ev, now, sc, s.ruleset.reading.apart)
	if s.Ordered() {
		sc.sightings = append(sc.sightings, s.sighting(ev, now, from, len(dst)))
	}
	return dst
}

// A lineReading says which fields decide what comes of a command line.
type lineReading struct {
	fields []event.FieldID // nil = any: nothing is remembered
	// apart are the rules that read none of what is derived from the line, and read
	// fields that change from event to event. They are judged each time.
	apart []uint32
}

func (l *lineReading) isApart(rule uint32) bool { return slices.Contains(l.apart, rule) }

// lineReadingOf puts together what rules, whose ids are their places, read of a
// command line. A rule or a step that reads the line and other fields makes these
// part of what is remembered.
func lineReadingOf(rules []*Rule) (l lineReading) {
	fields := []event.FieldID{commandText, commandPwd}
	for i, r := range rules {
		switch reads := r.reading; {
		case reads.any:
			return lineReading{}
		case reads.apart:
			l.apart = append(l.apart, uint32(i))
		default:
			fields = append(fields, reads.more...)
		}
	}
	slices.Sort(fields)
	l.fields = slices.Compact(fields)
	return l
}

// A ruleReading is what one rule reads of a command event besides the line and
// where it is typed.
type ruleReading struct {
	any   bool // whatever it likes
	more  []event.FieldID
	apart bool // more, and nothing that is derived from the line
}

func lineReadsOf(r *Rule) (reading ruleReading) {
	reader, ok := r.matcher.(Reader)
	if !ok {
		return ruleReading{any: slices.Contains(r.AppliesTo, event.KindCommand)}
	}
	derived := r.readsLine() || r.ordered()
	for _, id := range decidedBy(reader) {
		switch {
		case id.Field().Derived:
			derived = true
		case id != commandText && id != commandPwd:
			reading.more = append(reading.more, id)
		}
	}
	reading.apart = !derived && len(reading.more) > 0 && slices.Contains(r.AppliesTo, event.KindCommand)
	return reading
}

// decidedBy returns the fields of a command event on which it depends whether a
// matcher matches.
func decidedBy(r Reader) []event.FieldID {
	if d, ok := r.(Decider); ok {
		return d.Decides(event.KindCommand)
	}
	return r.Reads(event.KindCommand)
}
