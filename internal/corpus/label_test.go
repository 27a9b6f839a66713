package corpus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func unlabelled(label, command string) string {
	return fmt.Sprintf(`{"label":%q,"source_kind":"command","payload":{"command_text":%q},"count":2}`, label, command)
}

func samplesOf(t *testing.T, seed uint64, size int, lines ...string) []Sample {
	t.Helper()
	snap := snapshotOf(t, ruleText("R0018", `uname`, 0.7), ruleText("R0019", `whoami`, 0.9))
	s := NewSampler(snap, time.Time{}, seed, size, nil)
	if err := s.Read(context.Background(), []Corpus{corpusOf("a", "x", lines...)}); err != nil {
		t.Fatal(err)
	}
	return s.Samples()
}

func TestSampler(t *testing.T) {
	var lines []string
	for i := range 200 {
		lines = append(lines, unlabelled(fmt.Sprint("common", i), fmt.Sprint("uname ", i)))
	}
	for i, word := range []string{"a", "b", "c"} {
		lines = append(lines, unlabelled(fmt.Sprint("rare", i), "uname "+word))
	}
	got := samplesOf(t, 1, 6, lines...)
	rare := 0
	for _, s := range got {
		if strings.HasPrefix(s.Label, "rare") {
			rare++
		}
	}
	if len(got) != 6 || rare != 3 {
		t.Errorf("%d samples, %d of rare shapes, want 6 and 3: shapes come first", len(got), rare)
	}
	if s := got[0]; s.Text[s.Start:s.End] != "uname" {
		t.Errorf("sample %+v marks %q, want uname", s, s.Text[s.Start:s.End])
	}
	slices.Reverse(lines)
	again := samplesOf(t, 1, 6, lines...)
	for i := range again {
		again[i].Line = got[i].Line
	}
	if diff := cmp.Diff(got, again, cmp.AllowUnexported(Sample{})); diff != "" {
		t.Errorf("samples of the same rows backwards (-want +got):\n%s", diff)
	}
	if other := samplesOf(t, 2, 6, lines...); cmp.Equal(labelsOf(got), labelsOf(other)) {
		t.Errorf("samples under two seeds are both %v", labelsOf(got))
	}
}

func labelsOf(samples []Sample) []string {
	var labels []string
	for _, s := range samples {
		labels = append(labels, s.Label)
	}
	return labels
}

func TestSession(t *testing.T) {
	samples := []Sample{{RuleID: "R1", Label: "a"}, {RuleID: "R1", Label: "b"}, {RuleID: "R2", Label: "a"}}
	answers := NewAnswers()
	answers.Set(Answer{"R1", "b", Wrong, ""})
	var saved []Answer
	s := NewSession(samples, answers, func(a Answer) error {
		saved = append(saved, a)
		return nil
	})
	at := func() string {
		x, a, ok := s.Current()
		if !ok {
			return "end"
		}
		return x.RuleID + " " + x.Label + " " + string(a.Opinion) + " " + a.Note
	}
	step := func(what, want string) {
		t.Helper()
		if got := at(); got != want {
			t.Errorf("%s: at %q, want %q", what, got, want)
		}
	}
	step("begin", "R1 a  ")
	if s.Back() {
		t.Error("Back() at the beginning = true, want false")
	}
	s.Note("hm")
	step("note", "R1 a unsure hm")
	s.Answer(Right)
	step("right, over the one with an answer", "R2 a  ")
	s.Back()
	step("back", "R1 a right hm")
	s.Answer(Wrong)
	s.Answer(Unsure)
	step("done", "end")
	if err := s.Answer(Right); err != nil || at() != "end" {
		t.Errorf("Answer() behind the end = %v, want nothing to happen", err)
	}
	want := []Answer{{"R1", "a", Unsure, "hm"}, {"R1", "a", Right, "hm"}, {"R1", "a", Wrong, "hm"}, {"R2", "a", Unsure, ""}}
	if diff := cmp.Diff(want, saved); diff != "" {
		t.Errorf("saved (-want +got):\n%s", diff)
	}
	if done, total := s.Progress(); done != 3 || total != 3 {
		t.Errorf("Progress() = %d, %d, want 3, 3", done, total)
	}
}

func TestSessionSaveFails(t *testing.T) {
	broken := errors.New("disk full")
	s := NewSession([]Sample{{RuleID: "R1", Label: "a"}}, NewAnswers(), func(Answer) error { return broken })
	if err := s.Answer(Right); !errors.Is(err, broken) {
		t.Errorf("Answer() = %v, want the error of saving", err)
	}
	if x, a, ok := s.Current(); !ok || x.Label != "a" || a.Opinion != "" {
		t.Errorf("Current() = %v, %v, want the sample still without an answer", x, a)
	}
}

func TestReadAnswers(t *testing.T) {
	var journal []byte
	for _, a := range []Answer{{"R1", "a", Right, ""}, {"R1", "b", Wrong, "near\nmiss"}, {"R1", "a", Unsure, ""}} {
		journal = AppendAnswer(journal, a)
	}
	got, whole, err := ReadAnswers("j", strings.NewReader(string(journal)+`{"rule_id":"R1","lab`))
	if err != nil || whole != int64(len(journal)) {
		t.Fatalf("ReadAnswers() = %d bytes, %v, want %d without the torn line", whole, err, len(journal))
	}
	want := []Answer{{"R1", "a", Unsure, ""}, {"R1", "b", Wrong, "near\nmiss"}}
	if diff := cmp.Diff(want, got.All()); diff != "" {
		t.Errorf("ReadAnswers() (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"x\n", `{"rule_id":"R1","label":"a","verdict":"maybe"}` + "\n", `{"label":"a","verdict":"right"}` + "\n"} {
		if _, _, err := ReadAnswers("j", strings.NewReader(bad)); err == nil || !strings.HasPrefix(err.Error(), "j:1: ") {
			t.Errorf("ReadAnswers(%q) = %v, want an error at j:1", bad, err)
		}
	}
}

func TestRecords(t *testing.T) {
	samples := []Sample{{RuleID: "R1", Label: "a", Text: "uname -a", End: 5, File: "f", Line: 3}, {RuleID: "R1", Label: "b", Text: "x"}}
	a := NewAnswers()
	a.Set(Answer{"R1", "a", Right, "yes"})
	records := Records(samples, a)
	want := [][]string{csvHeader(), {"R1", "a", "right", "yes", "uname -a", "uname", "f", "3"}, {"R1", "b", "", "", "x", "", "", "0"}}
	if diff := cmp.Diff(want, records); diff != "" {
		t.Errorf("Records() (-want +got):\n%s", diff)
	}
	exists := func(rule, label string) bool { return rule == "R1" && (label == "a" || label == "b") }
	got, err := ImportRecords("s.csv", records, exists)
	if err != nil || !cmp.Equal(got, []Answer{{"R1", "a", Right, "yes"}}) {
		t.Errorf("ImportRecords() = %v, %v, want the one answer", got, err)
	}
	for _, tt := range []struct {
		record []string
		want   string
	}{
		{[]string{"R1", "a", "maybe", ""}, "s.csv:2: unknown verdict"}, {[]string{"R1", "zz", "right", ""}, "s.csv:2: no hit of"}, {[]string{"R1"}, "s.csv:2: fewer"},
	} {
		if _, err := ImportRecords("s.csv", [][]string{csvHeader(), tt.record}, exists); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ImportRecords(%q) = %v, want %q", tt.record, err, tt.want)
		}
	}
	if _, err := ImportRecords("s.csv", [][]string{{"a", "b", "c", "d"}}, exists); err == nil {
		t.Error("ImportRecords(without header) = nil, want an error")
	}
}

func TestWriteLabelled(t *testing.T) {
	a := NewAnswers()
	for _, x := range []Answer{
		{"R1", "a", Right, ""}, {"R2", "a", Wrong, "no"}, {"R3", "a", Unsure, ""},
		{"R1", "whole", Right, ""}, {"R2", "whole", Wrong, ""}, {"R1", "narrow", Wrong, ""},
	} {
		a.Set(x)
	}
	in := []string{
		`{"label":"a", "x":{"y": 1.50}, "payload":{}}`,
		`{"label":"whole","expected_rule_ids":["R2"]}`,
		`{"label":"narrow","expected_rule_ids":["R1","R9"],"judged_rule_ids":["R9"]}`,
		`{"label":"other",  "payload":{}}`,
	}
	want := []string{
		`{"label":"a","x":{"y": 1.50},"payload":{},"expected_rule_ids":["R1"],"judged_rule_ids":["R1","R2"],"note":"no"}`,
		`{"label":"whole","expected_rule_ids":["R1"]}`,
		`{"label":"narrow","expected_rule_ids":["R9"],"judged_rule_ids":["R1","R9"]}`,
		`{"label":"other",  "payload":{}}`,
	}
	var out strings.Builder
	changed, err := WriteLabelled(t.Context(), &out, corpusOf("c", "x", in...), a)
	if err != nil || changed != 3 {
		t.Errorf("WriteLabelled() = %d, %v, want 3 rows changed", changed, err)
	}
	if diff := cmp.Diff(strings.Join(want, "\n")+"\n", out.String()); diff != "" {
		t.Errorf("WriteLabelled() (-want +got):\n%s", diff)
	}
	var again strings.Builder
	if changed, err := WriteLabelled(t.Context(), &again, corpusOf("c", "x", want...), a); err != nil || changed != 0 || again.String() != out.String() {
		t.Errorf("WriteLabelled() a second time = %d, %v, want nothing to change", changed, err)
	}
}
