package corpus

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/lines"
)

// sharedData holds the captures, which are not part of this repository.
const sharedData = "../../../shared/data"

// TestCaptureScores holds the pack to what docs/labelling.md says of it on the
// labelled captures.
func TestCaptureScores(t *testing.T) {
	labels, err := ReadShapeLabels(context.Background(), Corpus{Input: lines.Input{Name: capturesLabels}}, attack.Load())
	if err != nil {
		t.Fatal(err)
	}
	s := NewShapeScorer(shippedPack(t), labels, time.Time{})
	for _, sensor := range []string{"sensor-2018", "sensor-2026"} {
		for _, text := range cowrieCommands(t, sensor) {
			s.Add(sensor, commandEvent("", text))
		}
	}
	samdavi := Benign{{Input: lines.Input{Name: filepath.Join(sharedData, "commands/samdavi_commands.jsonl")}}}
	if err := samdavi.Rows(context.Background(), func(r *Row) error { s.Add("samdavi", r); return nil }); err != nil {
		t.Fatal(err)
	}
	r := s.Report(nil)
	for _, x := range r.Unlabelled {
		t.Errorf("%q has no label", x.Text)
	}
	for _, x := range append(r.Sources, r.All) {
		atLeast(t, x.Source+" recall", x.Recall, 0.92)
		atLeast(t, x.Source+" precision, high band", x.High.Precision, 0.98)
		atLeast(t, x.Source+" precision, medium band", x.Medium.Precision, 0.92)
	}
}

// TestAtomicScores does so for the Atomic tests, with what names them hidden.
func TestAtomicScores(t *testing.T) {
	name := filepath.Join(sharedData, "commands/atomic_linux.dev.jsonl")
	if _, err := os.Stat(name); err != nil {
		t.Skip("no captures here")
	}
	labels, err := ReadAtomicLabels(context.Background(), Corpus{Input: lines.Input{Name: "../../testdata/corpus/labels_atomic.jsonl"}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := ScoreAtomic(context.Background(), shippedPack(t), []Corpus{{Input: lines.Input{Name: name}}}, AtomicOptions{Labels: labels, ScrubIDs: true}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	atLeast(t, "exact recall", &r.ExactRecall, 0.75)
	atLeast(t, "exact recall of what can be shown", &r.Shown.ExactRecall, 0.90)
	if r.TechniquesHit < 80 || r.Unlabelled > 0 {
		t.Errorf("%d techniques hit, %d tests without a label; want at least 80 and none", r.TechniquesHit, r.Unlabelled)
	}
}

func atLeast(t *testing.T, what string, got *float64, want float64) {
	t.Helper()
	if got == nil || *got < want {
		t.Errorf("%s = %s, want at least %v", what, shown(got), want)
	}
}

// cowrieCommands returns the commands in the logs of a sensor.
func cowrieCommands(t *testing.T, sensor string) (texts []string) {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(sharedData, "cowrie", sensor, "*.gz"))
	if len(names) == 0 {
		t.Skip("no captures here")
	}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		s := bufio.NewScanner(z)
		s.Buffer(nil, 8<<20)
		for s.Scan() {
			var e struct{ EventID, Input string }
			if json.Unmarshal(s.Bytes(), &e) == nil && e.EventID == "cowrie.command.input" {
				texts = append(texts, e.Input)
			}
		}
	}
	return texts
}

func shown(f *float64) string {
	if f == nil {
		return "none"
	}
	return strconv.FormatFloat(*f, 'f', 3, 64)
}

// TestReadingVerdicts asks that the committed verdicts load.
func TestReadingVerdicts(t *testing.T) {
	for _, name := range []string{"verdicts_reading.jsonl", "verdicts_benign.jsonl"} {
		read, err := ReadReadings(context.Background(), Corpus{Input: lines.Input{Name: "../../testdata/corpus/" + name}})
		if err != nil {
			t.Fatal(err)
		}
		if len(read) < 500 {
			t.Errorf("%s: %d verdicts, want at least 500", name, len(read))
		}
	}
}
