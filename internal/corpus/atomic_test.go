package corpus

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestScoreAtomic(t *testing.T) {
	snap := snapshotOf(t, ruleText("R0018", `uname`, 0.7))
	labels := AtomicLabels{"g1": {GUID: "g1", Shown: true}, "g3": {GUID: "g3", Reason: "a helper does it"}}
	r, err := ScoreAtomic(context.Background(), snap, []Corpus{corpusOf("a", "",
		`{"technique":"T1082","guid":"g1","name":"one","commands":["cd /","uname -a"]}`,
		`{"technique":"T1082","guid":"g2","name":"two","commands":["arch"]}`,
		`{"technique":"T1059.004","guid":"g3","name":"three","commands":["uname"]}`)}, AtomicOptions{Labels: labels}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	want := &AtomicReport{
		AtomicCount: AtomicCount{3, 1, 1, 1.0 / 3, 1.0 / 3}, Shown: &AtomicCount{1, 1, 1, 1, 1}, Unlabelled: 1, TechniquesHit: 1,
		Techniques: []AtomicScore{{"T1059.004", "Unix Shell", AtomicCount{Tests: 1}}, {"T1082", "System Information Discovery", AtomicCount{2, 1, 1, 0.5, 0.5}}},
		Missed: []AtomicMiss{
			{ID: "T1082", Name: "two", GUID: "g2", File: "a", Line: 2, Commands: []string{"arch"}, Tagged: []string{}},
			{ID: "T1059.004", Name: "three", GUID: "g3", File: "a", Line: 3, Beyond: "a helper does it", Commands: []string{"uname"}, Tagged: []string{"T1082"}},
		},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("ScoreAtomic() (-want +got):\n%s", diff)
	}
	for _, tt := range []struct{ line, want string }{
		{"nonsense", "a:1: invalid character"}, {`{"technique":"T0","commands":["x"]}`, "unknown technique"},
		{`{"technique":"T1082"}`, "commands is missing"}, {"", "no labelled row"},
	} {
		if _, err := ScoreAtomic(context.Background(), snap, []Corpus{corpusOf("a", "", tt.line)}, AtomicOptions{}, time.Time{}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ScoreAtomic(%s) = %v, want %q", tt.line, err, tt.want)
		}
	}
}

// A tag of the parent finds a test of a sub-technique, and is not the exact one.
func TestScoreAtomicExact(t *testing.T) {
	rule := ruleText("R0018", `dmidecode`, 0.7)
	rule.Data = bytes.ReplaceAll(rule.Data, []byte("T1082"), []byte("T1497"))
	r, err := ScoreAtomic(context.Background(), snapshotOf(t, rule), []Corpus{corpusOf("a", "",
		`{"technique":"T1497.001","name":"one","commands":["dmidecode"]}`)}, AtomicOptions{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Exact != 0 || r.Found != 1 || len(r.Missed) != 1 || !r.Missed[0].Related || r.TechniquesHit != 0 || r.Shown != nil {
		t.Errorf("ScoreAtomic() = %+v, want one test with a related tag and no count of what can be shown", r)
	}
}

func TestScrubAtomic(t *testing.T) {
	test := &AtomicTest{GUID: "g", Commands: []string{
		"cp /tmp/AtomicRedTeam/atomics/T1222.002/src/x.c /tmp/T1222002", "/tmp/T1222002own; echo T1222.002 t1222_002",
		"curl -O https://raw.example.com/redcanaryco/atomic-red-team/master/x", "uname -a; echo T12 AT1082",
	}}
	got := scrubAtomic(test)
	all := strings.Join(got, "\n")
	for _, name := range []string{"1222", "tomic", "redcanary", "red-team"} {
		if strings.Contains(all, name) {
			t.Errorf("scrubAtomic() = %q, which holds %q", got, name)
		}
	}
	if got[3] != test.Commands[3] {
		t.Errorf("scrubAtomic(%q) = %q, want it as it was", test.Commands[3], got[3])
	}
	if run, _, _ := strings.Cut(got[1], ";"); !strings.HasSuffix(got[0]+"own", run) {
		t.Errorf("scrubAtomic() = %q, want one name for one file", got[:2])
	}
	if again := scrubAtomic(test); !cmp.Equal(got, again) {
		t.Errorf("scrubAtomic() = %q, then %q", got, again)
	}
}

func TestReadAtomicLabels(t *testing.T) {
	_, err := ReadAtomicLabels(context.Background(), corpusOf("l", "",
		`{"guid":"a","shown":true}`, `{"guid":"b","shown":false,"reason":"no"}`, `{"guid":"a","shown":true}`,
		`{"guid":"c","shown":false}`, `{"guid":"d","shown":true,"reason":"no"}`, `{"shown":true}`))
	for _, want := range []string{"l:3: \"a\" has a label already", "l:4: a reason", "l:5: a reason", "l:6: guid is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ReadAtomicLabels() = %v, want %q", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), "l:2") {
		t.Errorf("ReadAtomicLabels() = %v, want line 2 taken", err)
	}
}
