package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// randomBlock writes a match block in flow style, over letters that random
// texts are made of, so that about half of them hold.
func randomBlock(rng *rand.Rand, depth int) string {
	if depth > 0 && rng.IntN(2) == 0 {
		op := []string{"all_of", "any_of", "none_of"}[rng.IntN(3)]
		var blocks []string
		for range 1 + rng.IntN(3) {
			blocks = append(blocks, randomBlock(rng, depth-1))
		}
		block := op + ": [" + strings.Join(blocks, ", ") + "]"
		if rng.IntN(3) == 0 {
			block = randomTest(rng) + ", " + block
		}
		return "{" + block + "}"
	}
	return "{" + randomTest(rng) + "}"
}

func randomTest(rng *rand.Rand) string {
	field := []string{"command_text", "simple_command", "command_name", "redirect", "pwd", "uid"}[rng.IntN(6)]
	a, b := string(rune('a'+rng.IntN(4))), string(rune('a'+rng.IntN(4)))
	test := "field: " + field + ", " + []string{
		"contains: " + a, "contains: [" + a + ", " + b + "]", "starts_with: " + a, "ends_with: " + b, "equals: " + a + b,
		"in_set: [" + a + ", " + b + ", " + a + b + "]", "pattern: '" + a + ".*" + b + "'", "contains: " + strings.ToUpper(a) + ", ignore_case: true",
		"starts_with: " + a + ", ends_with: " + b, "contains: " + a + ", except: ['" + b + a + "', '" + b + b + "']",
	}[rng.IntN(10)]
	return test
}

// composed works a part's verdict out from its leaves alone.
func composed(p *Part) bool {
	holds := func(c Part) bool { return composed(&c) }
	switch p.Op {
	case "all_of":
		return !slices.ContainsFunc(p.Parts, func(c Part) bool { return !holds(c) })
	case "any_of":
		return slices.ContainsFunc(p.Parts, holds)
	case "none_of":
		return !slices.ContainsFunc(p.Parts, holds)
	}
	return slices.ContainsFunc(p.Texts, func(t TestedText) bool {
		for i, f := range t.Found {
			if f.OK == (p.Tests[i].Operator == "except") {
				return false
			}
		}
		return true
	})
}

// parts calls f for p and all parts below it.
func parts(p *Part, f func(*Part)) {
	f(p)
	for i := range p.Parts {
		parts(&p.Parts[i], f)
	}
}

func FuzzExplain(f *testing.F) {
	for seed := range uint64(rounds.Of(f, 25, 200)) {
		f.Add(seed, []string{"a b; c >d", "ab && (cd; b a) | d", "", "d 'a b' $(c)", strings.Repeat("b;", 40) + "a"}[seed%5])
	}
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		rng := rand.New(rand.NewPCG(seed, 3))
		source := Source{Name: "R0001.yaml", Data: []byte("rule_id: R0001\nrule_version: 1\nname: probe\ndescription: d\napplies_to: [command]\nmatch: " +
			randomBlock(rng, 3) + "\nemits:\n  - {tactic: TA0007, technique_id: T1082, confidence: 0.7}\n")}
		rs, diags := Compile([]Source{source}, Config{Catalogue: catalogue(), Programs: programs()})
		if diags.HasErrors() {
			t.Fatalf("%s: %v", source.Data, diags)
		}
		ev := commandEvent(text)
		if rng.IntN(2) == 0 {
			ev.SetField("pwd", event.StringValue("abcd"[rng.IntN(3):]))
			ev.SetField("uid", event.NumberValue(0))
		}
		s, sc := NewSnapshot(rs, nil, testNow), NewScratch()
		tags := s.Evaluate(nil, ev, testNow, sc)
		x, ok := s.Explain(ev, testNow, sc, "R0001")
		if !ok || (x.Verdict == Fires) != (len(tags) == 1) || !cmp.Equal(x.Tags, tags) {
			t.Fatalf("%s on %q: verdict %v with tags %v, Evaluate gives %v", source.Data, text, x.Verdict, x.Tags, tags)
		}
		if x.Parts.Holds != (x.Verdict == Fires) {
			t.Errorf("%s on %q: parts hold %v, verdict %v", source.Data, text, x.Parts.Holds, x.Verdict)
		}
		parts(x.Parts, func(p *Part) {
			if composed(p) != p.Holds {
				t.Errorf("%s on %q: part %+v holds %v, its leaves say %v", source.Data, text, p, p.Holds, composed(p))
			}
		})
		if matches := s.Matches(ev, testNow, sc); len(matches) != len(tags) {
			t.Errorf("%s on %q: %d matches, want %d", source.Data, text, len(matches), len(tags))
		}
	})
}

func TestExplainVerdicts(t *testing.T) {
	rs := mustCompile(t, packOf(1, 2, 1))
	later := testNow.Add(time.Hour)
	with := func(change func(*Rule)) *Ruleset {
		r := *rs.rules[0]
		change(&r)
		planEvidence(&r)
		return newRuleset([]*Rule{&r}, nil, nil)
	}
	tests := []struct {
		name  string
		rules *Ruleset
		state event.State
		now   time.Time
		text  string
		want  Verdict
		tags  int
		under int
	}{
		{"fires", rs, event.State{}, testNow, "a probe", Fires, 2, 0},
		{"no match", rs, event.State{}, testNow, "nothing", NoMatch, 0, 0},
		{"disabled", rs, event.State{Mode: event.Disabled}, testNow, "a probe", SwitchedOff, 0, 0},
		{"disabled and no match", rs, event.State{Mode: event.Disabled}, testNow, "nothing", NoMatch, 0, 0},
		{"clipped", rs, event.State{Mode: event.Clipped, Max: 0.5}, testNow, "a probe", Fires, 2, 0},
		{"clipped away", rs, event.State{Mode: event.Clipped, Max: 0.2}, testNow, "a probe", UnderFloor, 0, 2},
		{"run out since", rs, event.State{Mode: event.Clipped, Max: 0.5, ExpiresAt: later}, later, "a probe", StateExpired, 0, 0},
		{"panics", with(func(r *Rule) { r.matcher = panicky{} }), event.State{}, testNow, "a probe", Panicked, 0, 0},
		{"of an identity", with(func(r *Rule) { r.matcher = dropper{} }), event.State{}, testNow, "a probe", NoAnchor, 0, 0},
		{"no technique", with(func(r *Rule) { r.matcher = picky{} }), event.State{}, testNow, "a probe", NoTechnique, 0, 0},
		{"other kind", with(func(r *Rule) { r.AppliesTo = []event.Kind{event.KindSession} }), event.State{}, testNow, "a probe", OtherKind, 0, 0},
	}
	for _, tt := range tests {
		s := NewSnapshot(tt.rules, event.States{"R0001": tt.state}, testNow)
		ev := commandEvent(tt.text)
		x, ok := s.Explain(ev, tt.now, NewScratch(), "R0001")
		if !ok || x.Verdict != tt.want || len(x.Tags) != tt.tags || x.BelowFloor != tt.under || x.State.Mode != tt.state.Mode {
			t.Errorf("%s: verdict %v with %d tags, %d below the floor, state %v; want %v, %d, %d, %v",
				tt.name, x.Verdict, len(x.Tags), x.BelowFloor, x.State.Mode, tt.want, tt.tags, tt.under, tt.state.Mode)
		}
		if tags := s.Evaluate(nil, ev, tt.now, NewScratch()); !cmp.Equal(tags, x.Tags) {
			t.Errorf("%s: tags differ from those of Evaluate: %s", tt.name, cmp.Diff(tags, x.Tags))
		}
		matches := s.Matches(ev, tt.now, NewScratch())
		if want := tt.want != NoMatch && tt.want != OtherKind; (len(matches) == 1) != want {
			t.Errorf("%s: Matches gives %d explanations, want one: %v", tt.name, len(matches), want)
		}
	}
	if _, ok := NewSnapshot(rs, nil, testNow).Explain(commandEvent("x"), testNow, NewScratch(), "R9999"); ok {
		t.Error("Explain knows a rule R9999")
	}
}

// picky matches and selects none of its techniques.
type picky struct{}

func (picky) Match(_ *event.Event, h *Hit) bool { h.SelectNone(); return true }

func TestExplainParts(t *testing.T) {
	rs := compileRule(t, "command", "  field: simple_command\n  pattern: '^wget\\b'\n  except: localhost\n  none_of:\n    - {field: pwd, equals: /root, ignore_case: true}")
	x, _ := NewSnapshot(rs, nil, testNow).Explain(commandEvent("wget localhost; sudo wget h"), testNow, NewScratch(), "R0001")
	tests := []Spelling{{Operator: "pattern", Operands: []string{`^wget\b`}}, {Operator: "except", Operands: []string{"localhost"}}}
	text := func(s string, end int) ShownText { return ShownText{Field: "simple_command", Text: s, End: end} }
	want := &Part{Op: "all_of", Holds: true, Parts: []Part{
		{Holds: true, Field: "simple_command", Tests: tests, Texts: []TestedText{
			{text("wget localhost", 0), false, []Found{{true, 0, 4}, {true, 5, 14}}},
			{text("sudo wget h", 0), false, []Found{{}, {}}},
			{text("wget h", 4), true, []Found{{true, 0, 4}, {}}},
		}},
		{Op: "none_of", Holds: true, Parts: []Part{
			{Field: "pwd", Tests: []Spelling{{"equals", []string{"/root"}, true}}},
		}},
	}}
	if diff := cmp.Diff(want, x.Parts); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	if want := (&ShownText{Field: "simple_command", Text: "wget h", End: 4}); !cmp.Equal(x.Match, want) {
		t.Errorf("match %+v, want %+v", x.Match, want)
	}
}

func TestExplainKeepsTheValueThatPasses(t *testing.T) {
	rs := compileRule(t, "command", "  field: command_name\n  equals: wget")
	text := strings.Repeat("ls; ", 2*maxTested) + "wget h" + strings.Repeat("; id", 5)
	x, _ := NewSnapshot(rs, nil, testNow).Explain(commandEvent(text), testNow, NewScratch(), "R0001")
	if n := len(x.Parts.Texts); n != maxTested+1 || !x.Parts.Texts[n-1].Passes || x.Parts.Omitted != maxTested+5 {
		t.Errorf("%d texts, %d omitted, want %d with wget last, %d", n, x.Parts.Omitted, maxTested+1, maxTested+5)
	}
}

func TestExplainHidesWhatIsNoEvidence(t *testing.T) {
	const secret = "hunter2"
	tests := []struct{ kind, match, field string }{
		{"auth_attempt", "  field: password\n  contains: " + secret[1:5], "password"},
		{"auth_attempt", "  field: password\n  contains: other", "password"},
		{"http_request", "  any_of:\n    - {field: headers.*, contains: agent}\n    - {field: body, contains: hunter}", "body"},
		{"http_request", "  field: headers.cookie\n  contains: unter", "headers"},
	}
	for _, tt := range tests {
		ev := &event.Event{SourceID: "s", AttackerUUID: "a"}
		ev.SetKind(tt.kind)
		ev.SetField("password", event.StringValue(secret))
		ev.SetField("body", event.StringValue(secret))
		ev.SetField("headers", event.Value{Kind: event.Object, Keys: []string{"Cookie", "User-Agent"}, List: []event.Value{event.StringValue("id=" + secret), event.StringValue("an agent")}})
		rs := compileRule(t, tt.kind, tt.match)
		x, _ := NewSnapshot(rs, nil, testNow).Explain(ev, testNow, NewScratch(), "R0001")
		x.Rule, x.Tags = nil, nil
		if got := fmt.Sprintf("%+v %+v", x.Match, x.Parts); strings.Contains(got, secret) {
			t.Errorf("%q shows %s of %s: %s", tt.match, secret, tt.field, got)
		}
		for _, r := range readingsOf(picky{}, ev) {
			if r.Field == tt.field && (!r.Hidden || r.JSON != nil) {
				t.Errorf("reading of %s shows %s", r.Field, r.JSON)
			}
		}
	}
}

func TestExplainLifterRule(t *testing.T) {
	fields := []event.FieldID{event.MustField(event.KindAuthAttempt, "username"), event.MustField(event.KindAuthAttempt, "password"), event.MustField(event.KindAuthAttempt, "fail_count")}
	cfg := Config{Catalogue: catalogue(), Programs: programs(), Builders: map[string]Builder{"lifter:test_count": func(p Params) (Matcher, Diagnostics) {
		args, diags := p.Decode([]Param{{Name: "threshold", Type: ParamNumber}, {Name: "users", Type: ParamStrings}})
		return counter{fields, args.Number("threshold")}, diags
	}}}
	rs, diags := Compile([]Source{{Name: "R0001.yaml", Data: []byte(`rule_id: R0001
rule_version: 1
name: counted
description: d
applies_to: [auth_attempt]
match: {kind: "lifter:test_count", threshold: 5, users: [root, "ad\"min"]}
emits:
  - {tactic: TA0006, technique_id: T1110, confidence: 0.85}
`)}}, cfg)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	ev := &event.Event{SourceID: "s", AttackerUUID: "a"}
	ev.SetKind("auth_attempt")
	ev.SetField("password", event.StringValue("hunter2"))
	ev.SetField("fail_count", event.NumberValue(7))
	x, _ := NewSnapshot(rs, nil, testNow).Explain(ev, testNow, NewScratch(), "R0001")
	settings := []Setting{{"threshold", []byte("5")}, {"users", []byte(`["root","ad\"min"]`)}}
	readings := []Reading{{Field: "username"}, {Field: "password", Present: true, Hidden: true}, {Field: "fail_count", Present: true, JSON: []byte("7")}}
	if x.Verdict != Fires || !cmp.Equal(x.Settings, settings) || !cmp.Equal(x.Readings, readings) {
		t.Errorf("verdict %v\nsettings %s\nreadings %s", x.Verdict, cmp.Diff(settings, x.Settings), cmp.Diff(readings, x.Readings))
	}
}

// counter fires when fail_count reaches threshold.
type counter struct {
	reads     []event.FieldID
	threshold float64
}

func (c counter) Reads(event.Kind) []event.FieldID { return c.reads }

func (c counter) Match(ev *event.Event, _ *Hit) bool {
	n, ok := ev.Num(c.reads[2])
	return ok && n >= c.threshold
}

func TestShellView(t *testing.T) {
	v := ShellView(commandEvent("sudo id >x"))
	if v == nil || len(v.Commands) != 2 || v.Commands[1].Via != "sudo" || len(v.Redirects) != 1 {
		t.Errorf("ShellView = %+v, want sudo id, id, and a redirection", v)
	}
	ev := &event.Event{}
	ev.SetKind("session")
	ev.SetField("command_text", event.StringValue("id"))
	if v := ShellView(ev); v != nil {
		t.Errorf("ShellView(session) = %+v, want nil", v)
	}
}
