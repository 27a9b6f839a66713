package corpus

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/lines"
)

func TestWilson(t *testing.T) {
	// Reference values: statsmodels proportion_confint(k, n, method="wilson").
	tests := []struct {
		good, n      int
		lower, upper float64
	}{
		{0, 0, 0, 1}, {10, 10, 0.7225, 1}, {0, 10, 0, 0.2775}, {8, 10, 0.4902, 0.9433}, {95, 100, 0.8882, 0.9785},
	}
	for _, tt := range tests {
		lower, upper := Wilson(tt.good, tt.n)
		if math.Abs(lower-tt.lower) > 1e-4 || math.Abs(upper-tt.upper) > 1e-4 {
			t.Errorf("Wilson(%d, %d) = %.4f, %.4f, want %.4f, %.4f", tt.good, tt.n, lower, upper, tt.lower, tt.upper)
		}
	}
}

func TestJudge(t *testing.T) {
	tests := []struct {
		right, fired int
		floor        float64
		gate         Gate
		want         Verdict
	}{
		{0, 0, 0.95, Point, NoData},
		{1, 1, 0.95, Point, Pass},
		{19, 20, 0.95, Point, Pass},
		{18, 19, 0.95, Point, Fail},
		{4, 5, 0.80, Point, Pass},
		{3, 4, 0.80, Point, Fail},
		{0, 5, 0.80, Point, Fail},
		{5, 5, 0, Point, NoData},
		// So many perfect hits the floors need under the lower bound.
		{72, 72, 0.95, Lower, NoData},
		{73, 73, 0.95, Lower, Pass},
		{72, 73, 0.95, Lower, Fail},
		{15, 15, 0.80, Lower, NoData},
		{16, 16, 0.80, Lower, Pass},
		{15, 16, 0.80, Lower, Fail},
	}
	for _, tt := range tests {
		if got, why := judge(tt.right, tt.fired, tt.floor, tt.gate); got != tt.want || (why == "") != (got == Pass) {
			t.Errorf("judge(%d, %d, %v, %s) = %s, %q, want %s and a reason unless it passes", tt.right, tt.fired, tt.floor, tt.gate, got, why, tt.want)
		}
	}
}

func TestScore(t *testing.T) {
	snap := snapshotOf(t, ruleText("R0018", `\buname\b`, 0.7), ruleText("R0019", `\b(?:whoami|un)`, 0.9), ruleText("R0020", `nothing fires`, 0.9))
	r := score(t, snap, Options{}, corpusOf("a.jsonl", "seed_commands",
		commandRow("one", "uname -a", "R0018"),
		commandRow("two", "whoami", "R0019"),
		"",
		commandRow("near", "unzip x"),
		commandRow("missed", "arch", "R0018"),
		commandRow("three", "uname -r", "R0018", "R0019"),
		`{"source_kind":"command","label":"narrow","payload":{"command_text":"uname x"},"expected_rule_ids":[],"judged_rule_ids":["R0019"]}`,
		`{"source_kind":"command","label":"free","payload":{"command_text":"uname y"}}`,
	))
	want := map[string]RuleScore{
		"R0018": {Rows: 5, Expected: 3, Fired: 2, TP: 2, FP: 0, FN: 1, Verdict: NoData, Band: "medium"},
		"R0019": {Rows: 6, Expected: 2, Fired: 5, TP: 2, FP: 3, FN: 0, Verdict: NoData, Band: "high"},
		"R0020": {Rows: 5, Verdict: NoData, Band: "high", Reason: "it never fired"},
	}
	for id, w := range want {
		g := r.rule(t, id)
		if got := (RuleScore{Rows: g.Rows, Expected: g.Expected, Fired: g.Fired, TP: g.TP, FP: g.FP, FN: g.FN, Verdict: g.Verdict, Band: g.Band, Reason: w.Reason}); got != w {
			t.Errorf("%s scored %+v, want %+v", id, got, w)
		}
	}
	if p := r.rule(t, "R0020").Precision; p != nil {
		t.Errorf("R0020, which never fired, has precision %v, want none", *p)
	}
	if r.Unlabelled != 1 {
		t.Errorf("Unlabelled = %d, want 1", r.Unlabelled)
	}
	wantFindings := []Finding{
		{RuleID: "R0018", Sort: Missed, Label: "missed", File: "a.jsonl", Line: 5, Text: "arch", Expected: []string{"R0018"}},
		{RuleID: "R0019", Sort: FalseAlarm, Label: "one", File: "a.jsonl", Line: 1, Text: "uname -a", Matched: "un", Expected: []string{"R0018"}},
		{RuleID: "R0019", Sort: FalseAlarm, Label: "near", File: "a.jsonl", Line: 4, Text: "unzip x", Matched: "un", Expected: []string{}},
		{RuleID: "R0019", Sort: FalseAlarm, Label: "narrow", File: "a.jsonl", Line: 7, Text: "uname x", Matched: "un", Expected: []string{}},
	}
	for i := range r.Findings {
		r.Findings[i].rule = 0
	}
	if diff := cmp.Diff(wantFindings, r.Findings, cmp.AllowUnexported(Finding{})); diff != "" {
		t.Errorf("Findings (-want +got):\n%s", diff)
	}
	wantCross := []CrossFire{{Fired: "R0019", Expected: "R0018", Rows: 1}}
	if diff := cmp.Diff(wantCross, r.CrossFire); diff != "" {
		t.Errorf("CrossFire (-want +got):\n%s", diff)
	}
	if r.Pack.TP != 4 || r.Pack.FP != 3 || r.Pack.FN != 1 || r.Pack.Rows != 7 || len(r.Cohorts) != 1 {
		t.Errorf("Pack = %+v, Cohorts = %+v, want 4 TP, 3 FP, 1 FN over 7 rows of one cohort", r.Pack, r.Cohorts)
	}
}

func TestScoreGate(t *testing.T) {
	snap := snapshotOf(t, ruleText("R0018", `uname`, 0.7))
	seed := corpusOf("a.jsonl", "seed_commands", commandRow("one", "uname", "R0018"), commandRow("two", "arch", "R0018"))
	seed.Seed = true
	tests := []struct {
		name string
		opt  Options
		seed bool
		want Verdict
		gate Gate
	}{
		{"seed", Options{}, true, Pass, Point},
		{"no seed", Options{}, false, NoData, Lower},
		{"asked for", Options{Gate: Point}, false, Pass, Point},
		{"seed, lower", Options{Gate: Lower}, true, NoData, Lower},
		{"recall", Options{MinRecall: 0.6}, true, Fail, Point},
	}
	for _, tt := range tests {
		seed.Seed = tt.seed
		if got := score(t, snap, tt.opt, seed).rule(t, "R0018"); got.Verdict != tt.want || got.Gate != tt.gate {
			t.Errorf("%s: verdict %s under %s, want %s under %s", tt.name, got.Verdict, got.Gate, tt.want, tt.gate)
		}
	}
}

func TestScoreTechniques(t *testing.T) {
	snap := snapshotOf(t, ruleText("R0018", `uname`, 0.7))
	row := func(label, command, techniques string) string {
		return fmt.Sprintf(`{"source_kind":"command","label":%q,"payload":{"command_text":%q},"expected_techniques":%s}`, label, command, techniques)
	}
	r := score(t, snap, Options{}, corpusOf("a", "x", row("a", "uname", `["T1082"]`), row("b", "arch", `["T1082"]`), row("c", "uname", `["T1033"]`), row("d", "x", `[]`)))
	want := []TechniqueScore{
		{ID: "T1033", Expected: 1},
		{ID: "T1082", Expected: 2, Found: 1, Tagged: 2, Right: 1, Precision: 0.5, Recall: 0.5},
	}
	if diff := cmp.Diff(want, r.Techniques); diff != "" {
		t.Errorf("Techniques (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		a, b string
		want bool
	}{{"T1059", "T1059.004", true}, {"T1059.004", "T1059", true}, {"T1059.004", "T1059.001", false}, {"T1059", "T10590", false}} {
		if got := related(tt.a, tt.b); got != tt.want {
			t.Errorf("related(%s, %s) = %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestScoreAllowList(t *testing.T) {
	snap := snapshotOf(t, ruleText("R0018", `uname`, 0.7), ruleText("R0019", `un`, 0.9), ruleText("R0900", `uname`, 0.9))
	c := corpusOf("a", "seed_commands", commandRow("one", "uname", "R0018"))
	a, err := ParseAllowList("allow", strings.NewReader("# pairs\n\nR0019 R0018 shows both\nR0018 R0019 never\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := score(t, snap, Options{Allow: a}, c)
	want := []CrossFire{
		{Fired: "R0019", Expected: "R0018", Rows: 1, Allowed: true, Reason: "shows both"},
		{Fired: "R0900", Expected: "R0018", Rows: 1},
	}
	if diff := cmp.Diff(want, r.CrossFire); diff != "" {
		t.Errorf("CrossFire (-want +got):\n%s", diff)
	}
	if want := []string{"allow:4: R0018 never fired on rows of R0019"}; !cmp.Equal(r.Warnings, want) {
		t.Errorf("Warnings = %q, want %q", r.Warnings, want)
	}
	if r := score(t, snap, Options{Allow: &AllowList{}}, c); !r.CrossFire[0].Fails || r.CrossFire[1].Fails {
		t.Errorf("CrossFire = %+v, want the pair of one cohort to fail, and the rule of none not", r.CrossFire)
	}
	narrow := commandRow("one", "uname", "R0018")
	narrow = strings.TrimSuffix(narrow, "}") + `,"judged_rule_ids":["R0018","R0900"]}`
	if r := score(t, snap, Options{Allow: &AllowList{}}, corpusOf("a", "seed_commands", narrow)); len(r.CrossFire) != 1 || r.CrossFire[0].Fired != "R0900" {
		t.Errorf("CrossFire = %+v, want only the rule that the label speaks of", r.CrossFire)
	}
	for _, bad := range []string{"R0019 R0018", "R0019 R0018 a\nR0019 R0018 b"} {
		if _, err := ParseAllowList("allow", strings.NewReader(bad)); err == nil {
			t.Errorf("ParseAllowList(%q) = nil, want an error", bad)
		}
	}
}

func TestScoreBadRows(t *testing.T) {
	ok := `"source_kind":"command","payload":{"command_text":"x"}`
	tests := []struct{ name, row, want string }{
		{"no label", `{` + ok + `}`, "a:2: label is missing"},
		{"empty label", `{"label":"",` + ok + `}`, "a:2: label is missing"},
		{"unknown rule", `{"label":"b",` + ok + `,"expected_rule_ids":["R9999"]}`, `a:2: expected_rule_ids names "R9999": no such rule`},
		{"unknown judged rule", `{"label":"b",` + ok + `,"judged_rule_ids":["x"]}`, `a:2: judged_rule_ids names "x": no such rule`},
		{"wrong type", `{"label":"b",` + ok + `,"expected_rule_ids":"R0018"}`, "a:2: expected_rule_ids is not a list of strings"},
		{"wrong element", `{"label":"b",` + ok + `,"expected_rule_ids":["R0018",1]}`, "a:2: expected_rule_ids is not a list of strings"},
		{"label of a wrong type", `{"label":1,` + ok + `}`, "a:2: label is not a string"},
		{"unknown technique", `{"label":"b",` + ok + `,"expected_techniques":["T9999"]}`, "no such technique"},
		{"duplicate label", `{"label":"a",` + ok + `}`, "a:2: duplicate label, first at a:1"},
		{"no kind", `{"label":"b","payload":{}}`, "a:2: source_kind is missing"},
		{"unknown kind", `{"label":"b","source_kind":"comand","payload":{}}`, `a:2: unknown source_kind "comand"`},
		{"no payload", `{"label":"b","source_kind":"command"}`, "a:2: payload is missing"},
		{"payload of a wrong type", `{"label":"b","source_kind":"command","payload":[]}`, "a:2: payload is not an object"},
		{"no JSON", `{"label":`, "a:2: invalid JSON: it ends too early"},
		{"no object", `[1]`, "a:2: not a JSON object"},
		{"two values", `{"label":"b",` + ok + `} {}`, "a:2: data after the JSON object"},
		{"duplicate key", `{"label":"b","label":"c",` + ok + `}`, "a:2: duplicate key"},
		{"bad address", `{"label":"b","attacker_ip":"host",` + ok + `}`, "a:2: attacker_ip is not an IP address"},
		{"bad time", `{"label":"b","ts":"today",` + ok + `}`, "a:2: ts is not an RFC 3339 time"},
		{"too deep", `{"label":"b","source_kind":"session","payload":{"commands":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}}`, "a:2: nested deeper"},
	}
	snap := snapshotOf(t, ruleText("R0018", `uname`, 0.7))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Score(context.Background(), snap, []Corpus{corpusOf("a", "seed_commands", commandRow("a", "uname", "R0018"), tt.row)}, Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Score(%s) = %v, want %q", tt.row, err, tt.want)
			}
		})
	}
}

func TestScoreEmpty(t *testing.T) {
	snap := snapshotOf(t, ruleText("R0018", `uname`, 0.7))
	for _, c := range []Corpus{corpusOf("a", "x"), corpusOf("a", "x", "", " "), corpusOf("a", "x", `{"label":"a","source_kind":"command","payload":{}}`)} {
		if _, err := Score(context.Background(), snap, []Corpus{c}, Options{}); !errors.Is(err, ErrNoRows) {
			t.Errorf("Score() = %v, want ErrNoRows", err)
		}
	}
	broken := Corpus{Input: lines.Input{Name: "b", Reader: &brokenReader{}}}
	var re *ReadError
	if _, err := Score(context.Background(), snap, []Corpus{broken}, Options{}); !errors.As(err, &re) || re.Name != "b" {
		t.Errorf("Score() = %v, want a ReadError that names the corpus", err)
	}
}

type brokenReader struct{}

func (*brokenReader) Read([]byte) (int, error) { return 0, errors.New("disk on fire") }

// TestScoreManyErrors is about memory: a file of nothing but bad rows.
func TestScoreManyErrors(t *testing.T) {
	snap := snapshotOf(t, ruleText("R0018", `uname`, 0.7))
	_, err := Score(context.Background(), snap, []Corpus{corpusOf("a", "x", strings.Repeat("{}\n", 5000))}, Options{})
	if err == nil || strings.Count(err.Error(), "\n") != maxRowErrors || !strings.Contains(err.Error(), "a:20: ") {
		t.Errorf("Score() = %v, want the first %d errors", err, maxRowErrors)
	}
}

// TestScoreDeterministic compares the report of one worker with those of
// several, over corpora of many blocks.
func TestScoreDeterministic(t *testing.T) {
	snap := snapshotOf(t, ruleText("R0018", `7$`, 0.7), ruleText("R0019", `[37]`, 0.9))
	var lines []string
	for i := range 5000 {
		lines = append(lines, commandRow(fmt.Sprint("row", i), fmt.Sprint("cmd ", i), []string{"R0018", "R0019"}[i%2]))
	}
	corpora := []Corpus{corpusOf("a", "seed_commands", lines[:3000]...), corpusOf("b", "mine", lines[3000:]...)}
	one := score(t, snap, Options{Workers: 1}, corpora...)
	for range 3 {
		many := score(t, snap, Options{Workers: 5}, corpora...)
		if diff := cmp.Diff(one, many, cmp.AllowUnexported(Finding{})); diff != "" {
			t.Fatalf("report of five workers differs from one's (-one +five):\n%s", diff)
		}
	}
	if len(one.Findings) != 4*20 {
		t.Errorf("%d findings, want 20 of each sort and rule", len(one.Findings))
	}
}

func TestRegressions(t *testing.T) {
	f := known
	old := &Report{Rules: []RuleScore{
		{RuleID: "R1", Verdict: Pass, Precision: f(1), Recall: f(1)}, {RuleID: "R2", Verdict: Fail, Precision: f(0.5)},
		{RuleID: "R3", Verdict: Pass, Precision: f(1), Recall: f(1)}, {RuleID: "R4", Verdict: Pass, Precision: f(1), Recall: f(0.9)},
		{RuleID: "R5", Verdict: Pass, Precision: f(0.99)},
	}}
	now := &Report{Rules: []RuleScore{
		{RuleID: "R1", Verdict: Pass, Precision: f(1), Recall: f(1)}, {RuleID: "R2", Verdict: Fail, Precision: f(0.5)},
		{RuleID: "R3", Verdict: NoData, Reason: "it never fired"}, {RuleID: "R4", Verdict: Pass, Precision: f(1), Recall: f(0.8)},
		{RuleID: "R6", Verdict: Fail, Reason: "bad"}, {RuleID: "R7", Verdict: NoData},
	}}
	want := []Regression{
		{"R3", "NO-DATA was PASS: it never fired"}, {"R4", "recall 0.800 was 0.900"},
		{"R5", "it is no longer scored"}, {"R6", "new, and bad"},
	}
	if diff := cmp.Diff(want, now.Regressions(old)); diff != "" {
		t.Errorf("Regressions (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"", "{}", `{"schema":"ttpctl.tag/v1"}`, `{"schema":"ttpctl.precision/v1","data":{"rules":[]}}`, "[]"} {
		if _, err := ReadBaseline(strings.NewReader(bad)); err == nil {
			t.Errorf("ReadBaseline(%q) = nil, want an error", bad)
		}
	}
}
