package corpus

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestShapeScorer(t *testing.T) {
	snap := snapshotOf(t, ruleText("R0018", `uname`, 0.7), ruleText("R0019", `arch`, 0.9))
	labels := ShapeLabels{}
	for shape, l := range map[string]ShapeLabel{
		"uname -a": {Expected: []string{"T1082"}},
		"arch <n>": {Expected: []string{"T1057"}, Acceptable: []string{"T1082"}},
		"uname; x": {Expected: []string{}},
	} {
		l.Key = ShapeKey(shape)
		labels[l.Key] = l
	}
	s := NewShapeScorer(snap, labels, time.Time{})
	s.Add("a", commandEvent("", "uname -a"))
	s.Add("b", commandEvent("", "uname   -a"))
	s.Add("b", commandEvent("", "arch 1"))
	s.Add("b", commandEvent("", "arch 2"))
	s.Add("b", commandEvent("", "uname; x"))
	s.Add("b", commandEvent("", "secret"))
	r := s.Report(func(text string) string { return strings.ReplaceAll(text, "secret", "hidden") })

	zero, half, one := 0.0, 0.5, 1.0
	want := []ShapeTotal{
		{Source: "a", Shapes: 1, Labelled: 1, Taggable: 1, Hit: 1, Expected: 1, Found: 1, Related: 1, Recall: &one, Medium: BandTotal{1, 1, &one}},
		{Source: "b", Shapes: 4, Labelled: 3, Taggable: 2, Hit: 1, Expected: 2, Found: 1, Related: 1, Recall: &half,
			Alone: AloneTotal{2, 1, 0, &zero}, High: BandTotal{1, 1, &one}, Medium: BandTotal{2, 1, &half}},
	}
	if diff := cmp.Diff(want, r.Sources); diff != "" {
		t.Errorf("Sources (-want +got):\n%s", diff)
	}
	if r.All.Shapes != 4 || r.All.Lines != 6 || r.All.Expected != 2 {
		t.Errorf("All = %+v, want 4 shapes of 6 lines, 2 techniques", r.All)
	}
	if diff := cmp.Diff([]ShapeMiss{{ShapeKey("arch <n>"), "T1057", []string{"T1082"}, []string{"b"}, "arch 1"}}, r.Missed); diff != "" {
		t.Errorf("Missed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]ShapeWrong{{ShapeKey("uname; x"), "R0018", "T1082", 0.7, []string{"b"}, "uname; x"}}, r.Wrong); diff != "" {
		t.Errorf("Wrong (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]UnlabelledShape{{ShapeKey("secret"), 1, []string{}, []string{"b"}, "hidden"}}, r.Unlabelled); diff != "" {
		t.Errorf("Unlabelled (-want +got):\n%s", diff)
	}
}

// Shapes without a label are kept up to a bound, those with one always.
func TestShapeScorerBound(t *testing.T) {
	label := ShapeLabel{Key: ShapeKey("uname"), Expected: []string{"T1082"}}
	s := NewShapeScorer(snapshotOf(t, ruleText("R0018", `uname`, 0.7)), ShapeLabels{label.Key: label}, time.Time{})
	row := commandEvent("", "")
	for i := range maxUnlabelled + 5 {
		name := []byte{}
		for n := i; len(name) < 6; n /= 5 { // letters alone: numbers are all one to a shape
			name = append(name, "aeiou"[n%5])
		}
		row.setCommand(string(name))
		s.Add("a", row)
	}
	s.Add("a", commandEvent("", "uname"))
	r := s.Report(nil)
	if !r.More || len(r.Unlabelled) != maxUnlabelled || r.All.Found != 1 {
		t.Errorf("More = %v, %d without a label, %d found; want more than %d, and the labelled one", r.More, len(r.Unlabelled), r.All.Found, maxUnlabelled)
	}
}
