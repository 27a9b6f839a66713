package corpus

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

type breaks struct{}

func (breaks) Match(*event.Event, *engine.Hit) bool { panic("secret payload text") }

// TestScoreSaysWhatBroke: a rule that breaks on rows shows nothing there, which a
// score must not keep to itself.
func TestScoreSaysWhatBroke(t *testing.T) {
	broken := strings.Replace(string(ruleText("R0019", "uname", 0.7).Data), "match: {pattern: 'uname'}", "match: {kind: 'lifter:breaks'}", 1)
	if !strings.Contains(broken, "lifter:breaks") {
		t.Fatalf("the rule has no matcher that breaks:\n%s", broken)
	}
	cfg := engine.Config{Catalogue: attack.Load(), Builders: map[string]engine.Builder{
		"lifter:breaks": func(engine.Params) (engine.Matcher, engine.Diagnostics) { return breaks{}, nil },
	}}
	rs, diags := engine.Compile([]engine.Source{ruleText("R0018", "uname", 0.7), {Name: "R0019.yaml", Data: []byte(broken)}, sequenceRule("session")}, cfg)
	if diags.HasErrors() || len(rs.Rules()) != 3 {
		t.Fatalf("Compile: %v", diags)
	}
	rows := []string{commandRow("a", "uname", "R0018"), sessionRow("d", "s", "b", "uname -a", "R0018")}
	r := score(t, engine.NewSnapshot(rs, nil, time.Time{}), Options{Workers: 2}, corpusOf("a", "x", rows...))
	const want = "rules broke on rows and were skipped for them, 2 times: R0019; please report it"
	if !slices.Contains(r.Warnings, want) {
		t.Errorf("warnings %q, want %q", r.Warnings, want)
	}
	if got := r.rule(t, "R0018").TP; got != 2 {
		t.Errorf("R0018 is right on %d rows, want 2", got)
	}
}
