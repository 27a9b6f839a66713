package corpus

import (
	"maps"
	"slices"
	"strings"
)

// A TechniqueScore says how well a technique is recognised, by whatever rule,
// on rows that carry expected_techniques. A tag is right when it names an
// expected or acceptable technique, its parent or its sub-technique.
type TechniqueScore struct {
	ID        string  `json:"technique_id"`
	Expected  int     `json:"expected"` // rows that expect it
	Found     int     `json:"found"`    // of these, rows with a right tag
	Tagged    int     `json:"tagged"`   // rows tagged with it
	Right     int     `json:"right"`    // of these, rows that expect or accept it
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
}

type techniqueCounts struct{ expected, found, tagged, right int }

func (w *worker) technique(id string) *techniqueCounts {
	c := w.techniques[id]
	if c == nil {
		c = &techniqueCounts{}
		w.techniques[strings.Clone(id)] = c
	}
	return c
}

// judgeTechniques compares the techniques of the row's tags with those that
// it expects.
func (w *worker) judgeTechniques() {
	var got []string
	for i := range w.tags {
		if id := w.tags[i].MostSpecific(); !slices.Contains(got, id) {
			got = append(got, id)
		}
	}
	for _, want := range w.row.Techniques {
		if !w.s.shows(want) {
			continue
		}
		c := w.technique(want)
		c.expected++
		if slices.ContainsFunc(got, func(id string) bool { return related(id, want) }) {
			c.found++
		}
	}
	for _, id := range got {
		if !w.s.shows(id) {
			continue
		}
		c := w.technique(id)
		c.tagged++
		if w.row.allows(id) {
			c.right++
		}
	}
}

// allows reports whether a tag of the technique is right: it is expected, or
// acceptable, or related to such a technique.
func (r *Row) allows(id string) bool {
	holds := func(want string) bool { return related(id, want) }
	return slices.ContainsFunc(r.Techniques, holds) || slices.ContainsFunc(r.Acceptable, holds)
}

// shows reports whether one of the chosen rules may show the technique, or one
// related to it: what other rules show is not the question then.
func (s *scoring) shows(id string) bool {
	if len(s.opt.Rules) == 0 {
		return true
	}
	return slices.ContainsFunc(s.emitted, func(e string) bool { return related(e, id) })
}

// related reports whether two techniques are the same, or parent and
// sub-technique.
func related(a, b string) bool {
	return a == b || strings.HasPrefix(a, b+".") || strings.HasPrefix(b, a+".")
}

// techniqueScores adds up what the workers counted, by id.
func (s *scoring) techniqueScores() []TechniqueScore {
	sums := map[string]*techniqueCounts{}
	for _, w := range s.made.workers {
		for id, c := range w.techniques {
			t := sums[id]
			if t == nil {
				t = &techniqueCounts{}
				sums[id] = t
			}
			t.expected += c.expected
			t.found += c.found
			t.tagged += c.tagged
			t.right += c.right
		}
	}
	return scoreTechniques(sums)
}

// scoreTechniques returns the scores that follow from counts, by id.
func scoreTechniques(sums map[string]*techniqueCounts) []TechniqueScore {
	scores := []TechniqueScore{}
	for _, id := range slices.Sorted(maps.Keys(sums)) {
		c := sums[id]
		scores = append(scores, TechniqueScore{
			ID: id, Expected: c.expected, Found: c.found, Tagged: c.tagged, Right: c.right,
			Precision: share(c.right, c.tagged), Recall: share(c.found, c.expected),
		})
	}
	return scores
}

// share returns part of whole, 0 of nothing.
func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
