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

// A ShapeScorer compares the tags of commands with the labels of their shapes.
// Each shape is judged once, on the first of its lines, alone: what a sequence
// over a session makes of it is not asked. It belongs to one goroutine.
type ShapeScorer struct {
	judge  *engine.Judge
	labels ShapeLabels
	row    Row

	shapes     map[string]*judgedShape // by key
	names      []string                // of sources, as they came
	unlabelled int                     // of shapes
	more       bool                    // there are more than that
}

// maxUnlabelled bounds the shapes that are kept without a label: of more there
// is no more to say than that there are more.
const maxUnlabelled = 10_000

// A judgedShape is a shape that some source holds.
type judgedShape struct {
	key     string
	text    string // of its first line
	lines   int
	sources []string
	label   *ShapeLabel // nil = it has none
	tags    []shapeTag
}

type shapeTag struct {
	rule, technique string
	confidence      float64
}

// NewShapeScorer returns a ShapeScorer that has seen nothing.
func NewShapeScorer(snap *engine.Snapshot, labels ShapeLabels, now time.Time) *ShapeScorer {
	return &ShapeScorer{judge: engine.NewJudge(snap, now), labels: labels, shapes: map[string]*judgedShape{}}
}

// Add takes a row of a source; rows that are no commands are passed over.
func (s *ShapeScorer) Add(source string, row *Row) {
	if !slices.Contains(s.names, source) {
		s.names = append(s.names, source)
	}
	if row.Event.Kind != event.KindCommand {
		return
	}
	text := eventText(&row.Event)
	x := s.shape(ShapeKey(Shape(text)), text)
	if x == nil {
		return
	}
	x.lines++
	if !slices.Contains(x.sources, source) {
		x.sources = append(x.sources, source)
	}
}

// shape returns the shape of that key, judged on text if it is new, or nil when
// there are too many.
func (s *ShapeScorer) shape(key, text string) *judgedShape {
	if x := s.shapes[key]; x != nil {
		return x
	}
	l, labelled := s.labels[key]
	if !labelled && s.unlabelled >= maxUnlabelled {
		s.more = true
		return nil
	}
	x := &judgedShape{key: key, text: strings.Clone(event.CutText(text, maxText)), tags: s.tag(text)}
	if labelled {
		x.label = &l
	} else {
		s.unlabelled++
	}
	s.shapes[key] = x
	return x
}

// tag returns the rules and techniques that a line by itself is tagged with.
func (s *ShapeScorer) tag(text string) []shapeTag {
	s.row.reset()
	s.row.setCommand(text)
	var all []shapeTag
	tags := s.judge.Tags(&s.row.Event)
	for i := range tags {
		t := &tags[i]
		all = append(all, shapeTag{strings.Clone(t.RuleID), strings.Clone(t.MostSpecific()), t.Confidence})
	}
	return all
}

// Report returns the scores of each source and of all shapes together. clean,
// if not nil, is applied to every text that came from a row.
func (s *ShapeScorer) Report(clean func(string) string) *ShapeReport {
	r := &ShapeReport{Sources: []ShapeTotal{}, Missed: []ShapeMiss{}, Wrong: []ShapeWrong{}, Unlabelled: []UnlabelledShape{}, More: s.more}
	all := s.inOrder(clean)
	for _, name := range s.names {
		t := ShapeTotal{Source: name}
		for _, x := range all {
			if slices.Contains(x.sources, name) {
				t.add(x)
			}
		}
		t.shares()
		r.Sources = append(r.Sources, t)
	}
	techniques := map[string]*techniqueCounts{}
	for _, x := range all {
		r.All.add(x)
		r.list(x)
		countTechniques(techniques, x)
	}
	r.All.shares()
	r.Techniques = scoreTechniques(techniques)
	return r
}

// inOrder returns the shapes by key, with texts that may be shown.
func (s *ShapeScorer) inOrder(clean func(string) string) []*judgedShape {
	all := sorting.Values(maps.Values(s.shapes), func(a, b *judgedShape) int { return cmp.Compare(a.key, b.key) })
	for i, x := range all {
		if clean != nil {
			shown := *x
			shown.text = clean(x.text)
			all[i] = &shown
		}
	}
	return all
}

// has reports whether the shape is tagged with the very technique.
func (x *judgedShape) has(technique string) bool {
	return slices.ContainsFunc(x.tags, func(t shapeTag) bool { return t.technique == technique })
}

// techniques returns what the shape is tagged with, each once.
func (x *judgedShape) techniques() []string {
	ids := []string{}
	for _, t := range x.tags {
		if !slices.Contains(ids, t.technique) {
			ids = append(ids, t.technique)
		}
	}
	slices.Sort(ids)
	return ids
}

// allows reports whether a tag of the technique is true of the shape: it is
// expected or acceptable, or the parent of such a technique, which says less
// and nothing false.
func (l *ShapeLabel) allows(technique string) bool {
	holds := func(id string) bool { return id == technique || strings.HasPrefix(id, technique+".") }
	return slices.ContainsFunc(l.Expected, holds) || slices.ContainsFunc(l.Acceptable, holds)
}

// countTechniques adds what a labelled shape says of techniques.
func countTechniques(sums map[string]*techniqueCounts, x *judgedShape) {
	if x.label == nil {
		return
	}
	of := func(id string) *techniqueCounts {
		if sums[id] == nil {
			sums[id] = &techniqueCounts{}
		}
		return sums[id]
	}
	for _, id := range x.label.Expected {
		c := of(id)
		c.expected++
		if x.has(id) {
			c.found++
		}
	}
	for _, id := range x.techniques() {
		c := of(id)
		c.tagged++
		if x.label.allows(id) {
			c.right++
		}
	}
}
