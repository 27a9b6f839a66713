package engine

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
	"strings"

	"ttpctl/internal/event"
)

// hashOf returns the hash of what makeKey would spell out, which of most events is never spelled out: whether a
// text came before, its hash says. It is 0 of what is too long to be remembered.
func (n *memoNote) hashOf(seed maphash.Seed, ev *event.Event, fields []event.FieldID) uint64 {
	const spread = 0x9e3779b97f4a7c15
	h, size := uint64(ev.Kind)<<1, 0
	if ev.IdentityUUID == "" {
		h++
	}
	for _, id := range fields {
		v := ev.Value(id)
		h *= spread
		switch {
		case v == nil:
		case v.Kind == event.String:
			if size += len(v.Str); size > maxMemoKey {
				return 0
			}
			h ^= maphash.String(seed, v.Str)
		default:
			n.key = n.key[:0]
			if !n.addValue(v) {
				return 0
			}
			h ^= maphash.Bytes(seed, n.key)
		}
		h ^= h >> 32
	}
	return max(h*spread, 1)
}

// makeKey spells out what matchers may read of ev; false when that is too long.
func (n *memoNote) makeKey(ev *event.Event, fields []event.FieldID) bool {
	n.key = append(n.key[:0], byte(ev.Kind), anchorMark(ev))
	for _, id := range fields {
		if !n.addField(ev.Value(id)) {
			return false
		}
	}
	return true
}

// anchorMark says whether the event has an identity.
func anchorMark(ev *event.Event) byte {
	if ev.IdentityUUID == "" {
		return '-'
	}
	return 'i'
}

// spells reports whether key is what makeKey would make of ev. Texts are compared where they are.
func (n *memoNote) spells(key string, ev *event.Event, fields []event.FieldID) bool {
	if key[0] != byte(ev.Kind) || key[1] != anchorMark(ev) {
		return false
	}
	key = key[2:]
	for _, id := range fields {
		v, text := ev.Value(id), ""
		n.key = n.key[:0]
		if v != nil && v.Kind == event.String {
			n.addHead(v)
			text = v.Str
		} else if !n.addField(v) {
			return false
		}
		if !strings.HasPrefix(key, string(n.key)) || !strings.HasPrefix(key[len(n.key):], text) {
			return false
		}
		key = key[len(n.key)+len(text):]
	}
	return key == ""
}

// addField spells out a field; nil = it is absent.
func (n *memoNote) addField(v *event.Value) bool {
	if v == nil {
		n.key = append(n.key, 0)
		return true
	}
	return n.addValue(v)
}

// addValue spells out a value, so that no two have the same spelling and none is
// the beginning of another.
func (n *memoNote) addValue(v *event.Value) bool {
	if v.Kind == event.String {
		n.addHead(v)
		return n.addBytes(v.Str)
	}
	n.key = append(n.key, byte(v.Kind)+1)
	switch v.Kind {
	case event.Number, event.Bool:
		n.key = binary.BigEndian.AppendUint64(n.key, math.Float64bits(v.Num))
		return true
	}
	n.key = binary.AppendUvarint(n.key, uint64(len(v.List)))
	for i := range v.List {
		if v.Kind == event.Object && !n.addText(v.Keys[i]) || !n.addValue(&v.List[i]) {
			return false
		}
	}
	return true
}

// addHead spells out that a text of so many bytes follows.
func (n *memoNote) addHead(v *event.Value) {
	n.key = binary.AppendUvarint(append(n.key, byte(v.Kind)+1), uint64(len(v.Str)))
}

func (n *memoNote) addText(s string) bool {
	n.key = binary.AppendUvarint(n.key, uint64(len(s)))
	return n.addBytes(s)
}

func (n *memoNote) addBytes(s string) bool {
	if len(n.key)+len(s) > maxMemoKey {
		return false
	}
	n.key = append(n.key, s...)
	return true
}

// A memoReading says which fields decide what comes of an event of one kind.
type memoReading struct {
	fields []event.FieldID // nil = any: nothing is remembered
	// apart are the rules that read none of what is derived from the event's text,
	// and read fields that change from event to event. They are judged each time.
	apart []uint32
}

// memoReadingsOf puts together what rules, whose ids are their places, read of
// command lines and of requests. A rule or a step that reads such a text and other
// fields makes these part of what is remembered.
func memoReadingsOf(rules []*Rule) (all [event.NumKinds]memoReading) {
	for k, base := range memoTexts() {
		all[k] = memoReadingOf(k, base, rules)
	}
	return all
}

// memoTexts are the fields that hold the text of an event, by the kinds that are
// remembered.
func memoTexts() map[event.Kind][]event.FieldID {
	return map[event.Kind][]event.FieldID{
		event.KindCommand:     {commandText, commandPwd},
		event.KindHTTPRequest: requestSources,
	}
}

func memoReadingOf(k event.Kind, base []event.FieldID, rules []*Rule) (m memoReading) {
	fields := slices.Clone(base)
	for i, r := range rules {
		switch reads := r.readingOf(k); {
		case reads.any:
			return memoReading{}
		case reads.apart:
			m.apart = append(m.apart, uint32(i))
		default:
			fields = append(fields, reads.more...)
		}
	}
	slices.Sort(fields)
	m.fields = slices.Compact(fields)
	return m
}

// A ruleReading is what one rule reads of an event besides its text.
type ruleReading struct {
	any   bool // whatever it likes
	more  []event.FieldID
	apart bool // more, and nothing that is derived from the text
}

// readingOf returns what r reads of events of kind k.
func (r *Rule) readingOf(k event.Kind) *ruleReading {
	if k == event.KindCommand {
		return &r.reading.line
	}
	return &r.reading.request
}

// A ruleReadings is what a rule reads of the kinds that are remembered.
type ruleReadings struct{ line, request ruleReading }

func memoReadsOf(r *Rule) ruleReadings {
	texts := memoTexts()
	return ruleReadings{
		line:    readingOfKind(r, event.KindCommand, texts[event.KindCommand]),
		request: readingOfKind(r, event.KindHTTPRequest, texts[event.KindHTTPRequest]),
	}
}

func readingOfKind(r *Rule, k event.Kind, base []event.FieldID) (reading ruleReading) {
	reader, ok := r.matcher.(Reader)
	if !ok {
		return ruleReading{any: slices.Contains(r.AppliesTo, k)}
	}
	derived := r.line || r.ordered()
	for _, id := range decidedBy(reader, k) {
		switch {
		case id.Field().Derived:
			derived = true
		case !slices.Contains(base, id):
			reading.more = append(reading.more, id)
		}
	}
	reading.apart = !derived && len(reading.more) > 0 && slices.Contains(r.AppliesTo, k)
	return reading
}

// decidedBy returns the fields of an event of kind k on which it depends whether a
// matcher matches.
func decidedBy(r Reader, k event.Kind) []event.FieldID {
	if d, ok := r.(Decider); ok {
		return d.Decides(k)
	}
	return r.Reads(k)
}
