package corpus

import (
	"context"
	"slices"
	"testing"

	"ttpctl/internal/attack"
	"ttpctl/internal/lines"
)

const capturesLabels = "../../testdata/corpus/labels_captures.jsonl"

// TestCaptureLabels holds the committed labels to their own rules: they load,
// every technique is in force, and none is both expected and acceptable.
func TestCaptureLabels(t *testing.T) {
	labels, err := ReadShapeLabels(context.Background(), Corpus{Input: lines.Input{Name: capturesLabels}}, attack.Load())
	if err != nil {
		t.Fatal(err)
	}
	if len(labels) < 100 {
		t.Errorf("%d labels, want the shapes of three captures", len(labels))
	}
	c := attack.Load()
	for key, l := range labels {
		for _, id := range slices.Concat(l.Expected, l.Acceptable) {
			if tech, _ := c.Find(id); tech.Status != attack.Active {
				t.Errorf("shape %s: %s is not in force", key, id)
			}
		}
		for _, id := range l.Expected {
			if slices.Contains(l.Acceptable, id) {
				t.Errorf("shape %s: %s is expected and acceptable", key, id)
			}
		}
	}
}

func TestShapeLabelAllows(t *testing.T) {
	l := ShapeLabel{Expected: []string{"T1059.004"}, Acceptable: []string{"T1098"}}
	for id, want := range map[string]bool{
		"T1059.004": true, "T1059": true, "T1098": true, "T1098.004": false, "T1059.006": false, "T105": false,
	} {
		if got := l.allows(id); got != want {
			t.Errorf("allows(%s) = %v, want %v", id, got, want)
		}
	}
}

// TestAtomicLabels holds the labels of the Atomic tests to theirs.
func TestAtomicLabels(t *testing.T) {
	labels, err := ReadAtomicLabels(context.Background(), Corpus{Input: lines.Input{Name: "../../testdata/corpus/labels_atomic.jsonl"}})
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, l := range labels {
		if l.Shown {
			shown++
		}
	}
	if len(labels) != 201 || shown != 169 {
		t.Errorf("%d labels, %d shown; docs/labelling.md says 201 and 169", len(labels), shown)
	}
}
