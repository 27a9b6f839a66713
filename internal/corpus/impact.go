package corpus

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// A Change is what a change of rules does to a tag.
type Change string

// The changes.
const (
	Added   Change = "added"
	Removed Change = "removed"
	Moved   Change = "moved" // in confidence
)

// A ShapeChange is one change to the tags of one technique on rows of one
// shape.
type ShapeChange struct {
	Change    Change   `json:"change"`
	Technique string   `json:"technique_id"` // the most specific
	From      *float64 `json:"from"`         // confidence; null = no tag
	To        *float64 `json:"to"`
	Tags      int      `json:"tags"`
	Shape     string   `json:"shape"`
	Examples  []string `json:"examples"`
}

// A RuleImpact is what a change of rules does to the tags of one rule.
type RuleImpact struct {
	RuleID    string        `json:"rule_id"`
	Added     int           `json:"added"`
	Removed   int           `json:"removed"`
	Moved     int           `json:"moved"`
	Unchanged int           `json:"unchanged"`
	Shapes    []ShapeChange `json:"shapes"` // the commonest first
	More      bool          `json:"more_shapes"`
}

// An ImpactReport is what an Impact counted.
type ImpactReport struct {
	Rows        int          `json:"rows"`
	RowsChanged int          `json:"rows_changed"`
	Added       int          `json:"added"`
	Removed     int          `json:"removed"`
	Moved       int          `json:"moved"`
	Unchanged   int          `json:"unchanged"`
	Rules       []RuleImpact `json:"rules"` // those with a change, rule_id order
}

// An Impact compares the tags of two rulesets, row by row. Versions of rules do
// not count as a change: what they tag does. It belongs to one goroutine.
type Impact struct {
	old, new *engine.Judge

	rows, changed int
	rules         map[string]*ruleImpact
}

type ruleImpact struct {
	counts map[Change]int
	same   int
	shapes map[shapeKey]*ShapeChange
	more   bool
}

type shapeKey struct {
	change           Change
	technique, shape string
	from, to         float64
}

// NewImpact returns an empty Impact.
func NewImpact(old, new *engine.Snapshot, now time.Time) *Impact {
	m := &Impact{old: engine.NewJudge(old, now), new: engine.NewJudge(new, now), rules: map[string]*ruleImpact{}}
	m.old.KeepSessions()
	m.new.KeepSessions()
	return m
}

// Add compares the tags of one row.
func (m *Impact) Add(row *Row) {
	ev := &row.Event
	m.rows++
	was, is := m.old.Tags(ev), m.new.Tags(ev)
	changed := false
	for i := range was {
		t := &was[i]
		n := slices.IndexFunc(is, func(o event.Tag) bool { return sameTag(&o, t) })
		switch {
		case n < 0:
			m.note(ev, t, Removed, &t.Confidence, nil)
		case is[n].Confidence != t.Confidence:
			m.note(ev, t, Moved, &t.Confidence, &is[n].Confidence)
		default:
			m.rule(t.RuleID).same++
			continue
		}
		changed = true
	}
	for i := range is {
		t := &is[i]
		if !slices.ContainsFunc(was, func(o event.Tag) bool { return sameTag(&o, t) }) {
			m.note(ev, t, Added, nil, &t.Confidence)
			changed = true
		}
	}
	if changed {
		m.changed++
	}
}

func sameTag(a, b *event.Tag) bool {
	return a.RuleID == b.RuleID && a.Technique == b.Technique && a.SubTechnique == b.SubTechnique && a.Tactic == b.Tactic
}

func (m *Impact) rule(id string) *ruleImpact {
	r := m.rules[id]
	if r == nil {
		r = &ruleImpact{counts: map[Change]int{}, shapes: map[shapeKey]*ShapeChange{}}
		m.rules[strings.Clone(id)] = r
	}
	return r
}

func (m *Impact) note(ev *event.Event, t *event.Tag, change Change, from, to *float64) {
	r := m.rule(t.RuleID)
	r.counts[change]++
	key := shapeKey{change: change, technique: t.MostSpecific(), shape: shownShape(ev)}
	if from != nil {
		key.from = *from
	}
	if to != nil {
		key.to = *to
	}
	s := r.shapes[key]
	if s == nil {
		if len(r.shapes) >= maxShapes {
			r.more = true
			return
		}
		s = &ShapeChange{Change: change, Technique: key.technique, Shape: key.shape}
		if from != nil {
			s.From = known(*from)
		}
		if to != nil {
			s.To = known(*to)
		}
		r.shapes[key] = s
	}
	s.Tags++
	if text := shownText(ev); len(s.Examples) < maxExamples && !slices.Contains(s.Examples, text) {
		s.Examples = append(s.Examples, text)
	}
}

// Report returns what was counted so far.
func (m *Impact) Report() *ImpactReport {
	report := &ImpactReport{Rows: m.rows, RowsChanged: m.changed, Rules: []RuleImpact{}}
	for _, id := range slices.Sorted(maps.Keys(m.rules)) {
		r := m.rules[id]
		out := RuleImpact{
			RuleID: id, Added: r.counts[Added], Removed: r.counts[Removed], Moved: r.counts[Moved],
			Unchanged: r.same, More: r.more, Shapes: []ShapeChange{},
		}
		report.Added += out.Added
		report.Removed += out.Removed
		report.Moved += out.Moved
		report.Unchanged += out.Unchanged
		if out.Added+out.Removed+out.Moved == 0 {
			continue
		}
		list := sorting.Values(maps.Values(r.shapes), compareChanges)
		for _, s := range list[:min(len(list), topShapes)] {
			out.Shapes = append(out.Shapes, *s)
		}
		out.More = out.More || len(list) > topShapes
		report.Rules = append(report.Rules, out)
	}
	return report
}

func compareChanges(a, b *ShapeChange) int {
	return cmp.Or(cmp.Compare(b.Tags, a.Tags), cmp.Compare(a.Change, b.Change),
		cmp.Compare(a.Technique, b.Technique), cmp.Compare(a.Shape, b.Shape))
}
