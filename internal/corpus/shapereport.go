package corpus

import "slices"

// A BandTotal counts tags, each rule and technique once on a shape.
type BandTotal struct {
	Tags      int      `json:"tags"`
	Right     int      `json:"right"`
	Precision *float64 `json:"precision"` // null = no tag
}

// An AloneTotal counts techniques of shapes that one source alone has.
type AloneTotal struct {
	Shapes   int      `json:"shapes"`
	Expected int      `json:"expected"`
	Found    int      `json:"found"`
	Recall   *float64 `json:"recall"`
}

// A ShapeTotal adds up the shapes of one source.
type ShapeTotal struct {
	Source   string   `json:"source,omitempty"` // "" = all of them
	Lines    int      `json:"lines,omitempty"`  // of all sources together
	Shapes   int      `json:"shapes"`
	Labelled int      `json:"labelled"`
	Taggable int      `json:"taggable"` // labelled shapes that expect a technique
	Hit      int      `json:"hit"`      // of these, shapes with at least one of theirs
	Expected int      `json:"expected"` // techniques, over all labelled shapes
	Found    int      `json:"found"`    // of these, tagged by the very id
	Related  int      `json:"related"`  // of these, tagged by the id, its parent or its sub-technique
	Recall   *float64 `json:"recall"`   // Found of Expected, null = nothing is expected
	// Alone counts the shapes that no other source of the run has: what rules
	// were written on elsewhere, they are tried on here.
	Alone  AloneTotal `json:"alone"`
	High   BandTotal  `json:"high"` // tags of labelled shapes with a confidence of 0.85 and more
	Medium BandTotal  `json:"medium"`
}

// A ShapeMiss is a technique that a shape should have been tagged with.
type ShapeMiss struct {
	Key       string   `json:"shape"`
	Technique string   `json:"technique_id"`
	Tagged    []string `json:"tagged"`
	Sources   []string `json:"sources"`
	Text      string   `json:"text"`
}

// A ShapeWrong is a tag that the label of the shape does not allow.
type ShapeWrong struct {
	Key        string   `json:"shape"`
	RuleID     string   `json:"rule_id"`
	Technique  string   `json:"technique_id"`
	Confidence float64  `json:"confidence"`
	Sources    []string `json:"sources"`
	Text       string   `json:"text"`
}

// An UnlabelledShape is one that nobody labelled yet.
type UnlabelledShape struct {
	Key     string   `json:"shape"`
	Lines   int      `json:"lines"`
	Tagged  []string `json:"tagged"`
	Sources []string `json:"sources"`
	Text    string   `json:"text"`
}

// A ShapeReport is what a ShapeScorer found.
type ShapeReport struct {
	All        ShapeTotal        `json:"all"`
	Sources    []ShapeTotal      `json:"sources"`
	Techniques []TechniqueScore  `json:"techniques"` // by the very id, over all sources
	Missed     []ShapeMiss       `json:"missed"`
	Wrong      []ShapeWrong      `json:"wrong"`
	Unlabelled []UnlabelledShape `json:"unlabelled"`
	More       bool              `json:"more_unlabelled"` // there are more than Unlabelled
}

// add counts a shape.
func (t *ShapeTotal) add(x *judgedShape) {
	t.Shapes++
	t.Lines += x.lines
	if x.label == nil {
		return
	}
	t.Labelled++
	if len(x.sources) == 1 {
		t.Alone.add(x)
	}
	found := 0
	tagged := x.techniques()
	for _, id := range x.label.Expected {
		if x.has(id) {
			found++
		}
		if slices.ContainsFunc(tagged, func(got string) bool { return related(got, id) }) {
			t.Related++
		}
	}
	t.Expected += len(x.label.Expected)
	t.Found += found
	if len(x.label.Expected) > 0 {
		t.Taggable++
	}
	if found > 0 {
		t.Hit++
	}
	for _, g := range x.tags {
		t.band(g.confidence).count(x.label.allows(g.technique))
	}
}

func (a *AloneTotal) add(x *judgedShape) {
	a.Shapes++
	a.Expected += len(x.label.Expected)
	for _, id := range x.label.Expected {
		if x.has(id) {
			a.Found++
		}
	}
	a.Recall = nil
	if a.Expected > 0 {
		a.Recall = known(share(a.Found, a.Expected))
	}
}

func (t *ShapeTotal) band(confidence float64) *BandTotal {
	if confidence >= highBand {
		return &t.High
	}
	return &t.Medium
}

func (b *BandTotal) count(right bool) {
	b.Tags++
	if right {
		b.Right++
	}
}

// shares fills in what follows from the counts.
func (t *ShapeTotal) shares() {
	if t.Source != "" {
		t.Lines = 0 // a line is not counted by source
	}
	if t.Expected > 0 {
		t.Recall = known(share(t.Found, t.Expected))
	}
	for _, b := range []*BandTotal{&t.High, &t.Medium} {
		if b.Tags > 0 {
			b.Precision = known(share(b.Right, b.Tags))
		}
	}
}

// list adds what is wrong with a shape.
func (r *ShapeReport) list(x *judgedShape) {
	tagged := x.techniques()
	if x.label == nil {
		r.Unlabelled = append(r.Unlabelled, UnlabelledShape{x.key, x.lines, tagged, x.sources, x.text})
		return
	}
	for _, id := range x.label.Expected {
		if !x.has(id) {
			r.Missed = append(r.Missed, ShapeMiss{x.key, id, tagged, x.sources, x.text})
		}
	}
	for _, g := range x.tags {
		if !x.label.allows(g.technique) {
			r.Wrong = append(r.Wrong, ShapeWrong{x.key, g.rule, g.technique, g.confidence, x.sources, x.text})
		}
	}
}
