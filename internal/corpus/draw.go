package corpus

import (
	"cmp"
	"maps"
	"strings"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// A Drawn is a hit, or a command that nothing hit, to be read by a person. What
// was captured may not be published: a [Reading] names its shape by a hash.
type Drawn struct {
	Reading
	Source string `json:"source"`
	Kind   string `json:"source_kind"`
	Text   string `json:"text"`
	// Matched is the part of a line that the rule held on, else its evidence.
	Matched string `json:"matched,omitempty"`

	rank uint64 // by lot: the lowest are taken
}

// A Draw takes hits and misses by lot, each rule, technique and shape once, and
// each shape without a tag once. What is drawn depends on the seed and on what
// was seen, not on its order. It belongs to one goroutine.
type Draw struct {
	judge        *engine.Judge
	hits, misses lottery
	read         Readings
}

// NewDraw returns a Draw of at most so many hits and misses. What read speaks
// of carries its verdict.
func NewDraw(snap *engine.Snapshot, now time.Time, seed uint64, hits, misses int, read Readings) *Draw {
	d := &Draw{judge: engine.NewJudge(snap, now), read: read, hits: newLottery(seed, hits), misses: newLottery(seed, misses)}
	d.judge.KeepSessions()
	return d
}

// Add offers the hits on a row of a source, or the row as a miss.
func (d *Draw) Add(source string, row *Row) {
	ev := &row.Event
	tags := d.judge.Tags(ev)
	if len(tags) == 0 && ev.Kind != event.KindCommand {
		return // only of commands can a person say that something is missed
	}
	key := ShapeKey(readShape(ev))
	if len(tags) == 0 {
		d.misses.offer(key, "", func() Drawn { return d.drawn(source, row, Reading{Key: key}) })
	}
	for i := range tags {
		t := &tags[i]
		r := Reading{Key: key, RuleID: t.RuleID, Technique: t.MostSpecific()}
		d.hits.offer(r.RuleID+" "+r.Technique, key, func() Drawn {
			r.Confidence = t.Confidence
			x := d.drawn(source, row, r)
			x.Matched = event.CutText(strings.Clone(cmp.Or(matched(t.Evidence), string(t.Evidence))), maxText)
			return x
		})
	}
}

// readShape is what tells events apart for a reader: the shape of the text that
// an attacker wrote, and of the others only which fields they have. Whose
// password was tried, or how long a session took, is no other behaviour.
func readShape(ev *event.Event) string {
	switch ev.Kind {
	case event.KindCommand, event.KindHTTPRequest, event.KindPayload, event.KindEmail:
		return Shape(eventText(ev))
	}
	names := []string{ev.Kind.String()}
	for _, id := range event.FieldsOf(ev.Kind) {
		if f := id.Field(); ev.Value(id) != nil && !f.Derived {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, " ")
}

func (d *Draw) drawn(source string, row *Row, r Reading) Drawn {
	r.RuleID, r.Technique = strings.Clone(r.RuleID), strings.Clone(r.Technique)
	r.Verdict = d.read[r.id()].Verdict
	return Drawn{Reading: r, Source: source, Kind: row.Event.Kind.String(), Text: strings.Clone(event.CutText(row.text(), 8*maxText))}
}

// Drawn returns what was drawn: hits by rule, technique and shape, then misses.
// clean, if not nil, is applied to every text that came from a row.
func (d *Draw) Drawn(clean func(string) string) []Drawn {
	all := append(d.hits.won(), d.misses.won()...)
	for i := range all {
		if clean != nil {
			all[i].Text, all[i].Matched = clean(all[i].Text), clean(all[i].Matched)
		}
	}
	return all
}

// A lottery keeps those of the lowest ranks.
type lottery struct {
	seed    uint64
	size    int
	entries map[string]Drawn
}

func newLottery(seed uint64, size int) lottery {
	return lottery{seed: seed, size: size, entries: map[string]Drawn{}}
}

// offer enters a lot under two names, once.
func (l *lottery) offer(name, shape string, make func() Drawn) {
	rank, id := lot(l.seed, name, shape), name+" "+shape
	if _, in := l.entries[id]; in || l.size == 0 {
		return
	}
	if len(l.entries) >= l.size {
		worst, top := "", rank
		for key, x := range l.entries {
			if x.rank > top {
				worst, top = key, x.rank
			}
		}
		if top == rank {
			return
		}
		delete(l.entries, worst)
	}
	x := make()
	x.rank = rank
	l.entries[id] = x
}

func (l *lottery) won() []Drawn {
	return sorting.Values(maps.Values(l.entries), func(a, b Drawn) int {
		return cmp.Or(cmp.Compare(a.RuleID, b.RuleID), cmp.Compare(a.Technique, b.Technique), cmp.Compare(a.Key, b.Key))
	})
}
