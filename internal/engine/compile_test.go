package engine

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ttpctl/internal/event"
)

// manyRules are n good rules, each with a pattern and examples of its own.
func manyRules(n int) []Source {
	srcs := make([]Source, n)
	for i := range srcs {
		id := fmt.Sprintf("R%05d", i)
		data := strings.NewReplacer("R0001", id, "shadow_read", fmt.Sprintf("rule_%d", i), "/etc/shadow", fmt.Sprintf("/etc/shadow%d", i)).Replace(exampleRule)
		srcs[i] = Source{Name: id + ".yaml", Data: []byte(data)}
	}
	return srcs
}

func TestCompileRule(t *testing.T) {
	rs, diags := Compile([]Source{{Name: "dir/R0001.yaml", Data: []byte(exampleRule)}}, testConfig())
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	r := rs.Rule("R0001")
	want := []Emit{{
		Tactic: "TA0006", Technique: "T1003", SubTechnique: "T1003.008", Confidence: 0.95,
		Release: "enterprise-v19.1", URL: "https://attack.mitre.org/techniques/T1003/008",
	}}
	if diff := cmp.Diff(want, r.Emits); diff != "" {
		t.Errorf("emits differ (-want +got):\n%s", diff)
	}
	if r.Version != 1 || r.Name != "shadow_read" || r.Lifter != "" || !slices.Equal(r.AppliesTo, []event.Kind{event.KindCommand}) {
		t.Errorf("rule = %+v", r)
	}
}

func TestCompileOtherDomains(t *testing.T) {
	data := strings.Replace(exampleRule, exampleEmit, "  - {tactic: TA0108, technique_id: T0817, confidence: 0.9}\n", 1)
	rs, diags := Compile([]Source{{Name: "R0001.yaml", Data: []byte(data)}}, testConfig())
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if got := rs.Rule("R0001").Emits[0].Release; got != "ics-v19.1" {
		t.Errorf("release = %s, want ics-v19.1", got)
	}
}

func TestCompileSortsWhateverTheOrder(t *testing.T) {
	srcs := append(readSources(t, "testdata/lint/*.yaml"), manyRules(50)...)
	rs, diags := Compile(srcs, testConfig())
	slices.Reverse(srcs)
	rs2, diags2 := Compile(srcs, testConfig())
	if diff := cmp.Diff(diags, diags2); diff != "" {
		t.Errorf("diagnostics depend on the order (-want +got):\n%s", diff)
	}
	if rs.Hash() != rs2.Hash() {
		t.Errorf("hash %s and %s", rs.Hash(), rs2.Hash())
	}
	sorted := slices.Clone(diags)
	sorted.Sort()
	if diff := cmp.Diff(sorted, diags); diff != "" {
		t.Errorf("not sorted:\n%s", diff)
	}
}

// Of a rule that two layers have, the lower one says nothing, whatever is wrong
// with it; within a layer a second claim stays an error.
func TestCompileLayers(t *testing.T) {
	above := strings.Replace(exampleRule, "0.95", "0.9", 1)
	tests := []struct {
		name string
		srcs []Source
		want []Code
		rule string // the file in force
	}{
		{"replaced", []Source{{Name: "z/R0001.yaml", Data: []byte(exampleRule)}, {Name: "a/R0001.yaml", Data: []byte(above), Layer: 1}}, nil, "a/R0001.yaml"},
		{"replaced, broken", []Source{{Name: "z/R0001.yaml", Data: []byte(exampleRule + "odd: 1\n")}, {Name: "a/R0001.yaml", Data: []byte(above), Layer: 1}}, nil, "a/R0001.yaml"},
		{"twice above", []Source{{Name: "z/R0001.yaml", Data: []byte(exampleRule)}, {Name: "a/R0001.yaml", Data: []byte(above), Layer: 1}, {Name: "b/R0001.yaml", Data: []byte(above), Layer: 1}},
			[]Code{CodeDuplicateID, CodeDuplicateName}, "a/R0001.yaml"},
		{"one file, two layers", []Source{{Name: "R0001.yaml", Data: []byte(exampleRule)}, {Name: "R0001.yaml", Data: []byte(exampleRule), Layer: 1}}, nil, "R0001.yaml"},
		{"a name of another layer", []Source{{Name: "z/R0001.yaml", Data: []byte(exampleRule)}, {Name: "a/R0002.yaml", Data: []byte(strings.Replace(above, "R0001", "R0002", 1)), Layer: 1}},
			[]Code{CodeDuplicateName}, "z/R0001.yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rs, diags := Compile(tt.srcs, testConfig())
			if got := codesOf(diags); !slices.Equal(got, tt.want) {
				t.Errorf("codes = %v, want %v", got, tt.want)
			}
			if len(rs.Rules()) != 1 || rs.Rules()[0].Source.Name != tt.rule {
				t.Errorf("rules = %v, want the one of %s", rs.Rules(), tt.rule)
			}
		})
	}
}

func TestCompileReusesUnchangedRules(t *testing.T) {
	srcs := manyRules(3)
	warned := strings.Replace(string(srcs[1].Data), "0.95", "0.5", 1)
	srcs[1].Data = []byte(warned)
	cfg := testConfig()
	first, diags := Compile(srcs, cfg)
	if got := codesOf(diags); !slices.Equal(got, []Code{CodeLowConfidence}) {
		t.Fatalf("codes = %v", got)
	}
	cfg.Previous = first
	srcs[2].Data = append(slices.Clone(srcs[2].Data), "# changed\n"...)
	second, diags := Compile(srcs, cfg)
	if got := codesOf(diags); !slices.Equal(got, []Code{CodeLowConfidence}) {
		t.Errorf("codes with Previous = %v: the warning of a rule that was reused must stay", got)
	}
	for id, reused := range map[string]bool{"R00000": true, "R00001": true, "R00002": false} {
		if got := first.Rule(id) == second.Rule(id); got != reused {
			t.Errorf("%s reused: %v, want %v", id, got, reused)
		}
	}

	other := cfg
	other.Builders = maps.Clone(cfg.Builders)
	rs, _ := Compile(srcs, other)
	if rs.Rule("R00000") == first.Rule("R00000") {
		t.Error("a rule was reused under other builders")
	}
	other = cfg
	other.Pack = true
	if _, diags := Compile(srcs, other); !slices.Contains(codesOf(diags), CodeFewExamples) {
		t.Error("a rule was reused though the pack demands more")
	}

	srcs[2].Data = []byte(strings.Replace(string(srcs[2].Data), "rule_2", "rule_0", 1))
	if _, diags := Compile(srcs, cfg); !slices.Contains(codesOf(diags), CodeDuplicateName) {
		t.Error("reused rules are not compared with the others")
	}
}

func TestCompilePack(t *testing.T) {
	enough := strings.Replace(strings.Replace(exampleRule, "[cat /etc/shadow]", "[cat /etc/shadow, a; cat /etc/shadow, 'cat /etc/shadow|wc']", 1),
		"[ls /etc/shadow]", "[a, b, c]", 1)
	silent := strings.Replace(strings.Replace(enough, "0.95", "0.0", 1), "  match: [cat /etc/shadow, a; cat /etc/shadow, 'cat /etc/shadow|wc']\n", "", 1)
	tests := []struct {
		name, data string
		want       []Code
	}{
		{"enough", enough, nil},
		{"too few of each", exampleRule, []Code{CodeFewExamples, CodeFewExamples}},
		{"silent", silent, nil},
		{"silent without any", strings.Replace(silent, "[a, b, c]", "[]", 1), []Code{CodeFewExamples}},
		{"no examples", exampleRule[:strings.Index(exampleRule, "examples:")], []Code{CodeFewExamples, CodeFewExamples}},
	}
	for _, tt := range tests {
		cfg := testConfig()
		cfg.Pack = true
		_, diags := Compile([]Source{{Name: "R0001.yaml", Data: []byte(tt.data)}}, cfg)
		if got := codesOf(diags); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, diags, tt.want)
		}
	}
}

func TestCompileSurvivesBuilders(t *testing.T) {
	for kind, want := range map[string]Code{"lifter:bomb": CodePanic, "lifter:none": CodePanic, "lifter:crash": CodePanic, "lifter:example": ""} {
		data := strings.Replace(exampleRule, exampleMatch, "  kind: "+kind+"\n", 1)
		rs, diags := Compile([]Source{{Name: "R0001.yaml", Data: []byte(data)}, manyRules(1)[0]}, testConfig())
		if want == "" {
			if len(diags) > 0 || rs.Rule("R0001").Lifter != kind {
				t.Errorf("%s: %v", kind, diags)
			}
			continue
		}
		if !slices.Contains(codesOf(diags), want) || rs.Rule("R0001") != nil || rs.Rule("R00000") == nil {
			t.Errorf("%s: %v, rules %v, want %s and the other rule", kind, diags, rs.Rules(), want)
		}
	}
}

// TestNoEmitSelectedIsNoMatch has a matcher that holds without a tag coming
// of it: for an example that is no match.
func TestNoEmitSelectedIsNoMatch(t *testing.T) {
	data := strings.Replace(exampleRule, exampleMatch, "  kind: lifter:undecided\n", 1)
	_, diags := Compile([]Source{{Name: "R0001.yaml", Data: []byte(data)}}, testConfig())
	if got := codesOf(diags); !slices.Equal(got, []Code{CodeExampleMisses}) {
		t.Errorf("codes = %v, want %s alone", got, CodeExampleMisses)
	}
}

func TestCompileNothing(t *testing.T) {
	rs, diags := Compile(nil, testConfig())
	if len(rs.Rules()) != 0 || len(diags) != 0 {
		t.Errorf("Compile(nil) = %v, %v", rs.Rules(), diags)
	}
}

func TestStem(t *testing.T) {
	tests := []struct {
		name, stem string
		ok         bool
	}{
		{"rules/R0001.yaml", "R0001", true}, {`rules\R0001.yml`, "R0001", true}, {"R0001", "R0001", false}, {"-", "-", false}, {"<stdin>", "<stdin>", false},
	}
	for _, tt := range tests {
		if stem, ok := stemOf(tt.name); stem != tt.stem || ok != tt.ok {
			t.Errorf("stemOf(%q) = %q, %v, want %q, %v", tt.name, stem, ok, tt.stem, tt.ok)
		}
	}
	data := []byte(exampleRule)
	if _, diags := Compile([]Source{{Name: "-", Data: data}}, testConfig()); len(diags) > 0 {
		t.Errorf("a rule from standard input: %v", diags)
	}
}

func TestExampleEvent(t *testing.T) {
	parse := func(s string) *Node {
		p, diags := Parse(Source{Data: []byte("examples: {match: [" + s + "]}\n")})
		if p == nil || len(p.MatchExamples) != 1 {
			t.Fatalf("Parse(%q): %v", s, diags)
		}
		return p.MatchExamples[0]
	}
	base := func(k event.Kind) event.Event {
		ev := event.Event{SourceID: exampleSourceID, AttackerUUID: exampleAttacker, IdentityUUID: exampleIdentity}
		ev.SetKind(k.String())
		return ev
	}
	tests := []struct {
		in   string
		want func() event.Event
	}{
		{"cat", func() event.Event {
			ev := base(event.KindCommand)
			ev.SetField("command_text", event.StringValue("cat"))
			return ev
		}},
		{"{command_text: cat, uid: 0}", func() event.Event {
			ev := base(event.KindCommand)
			ev.SetField("command_text", event.StringValue("cat"))
			ev.SetField("uid", event.NumberValue(0))
			return ev
		}},
		{"{source_kind: session, source_id: s, attacker_uuid: a, identity_uuid: i, session_id: x, ts: 2026-01-01T00:00:00Z, payload: {signals: [a, 1], llmnr_poisoned: true}}", func() event.Event {
			ev := base(event.KindSession)
			ev.SourceID, ev.AttackerUUID, ev.IdentityUUID = "s", "a", "i"
			ev.SessionID, ev.TS = event.Some("x"), "2026-01-01T00:00:00Z"
			ev.Time = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			ev.SetField("signals", event.StringsValue([]string{"a"}))
			ev.SetField("llmnr_poisoned", event.BoolValue(true))
			return ev
		}},
		{"{payload: {command_text: a}, attacker_ip: 203.0.113.9}", func() event.Event {
			ev := base(event.KindCommand)
			ev.AttackerUUID, ev.IdentityUUID = "3a90f681-a007-5d06-8036-a9c1661decb1", ""
			ev.SetField("command_text", event.StringValue("a"))
			return ev
		}},
	}
	for _, tt := range tests {
		got, diags := ExampleEvent(parse(tt.in), event.KindCommand)
		if len(diags) > 0 {
			t.Errorf("ExampleEvent(%s): %v", tt.in, diags)
		}
		want := tt.want()
		if diff := cmp.Diff(&want, got, cmp.Exporter(func(t reflect.Type) bool { return t == reflect.TypeFor[event.Event]() || t.Name() == "fieldValue" }), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("ExampleEvent(%s) differs (-want +got):\n%s", tt.in, diff)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	srcs := manyRules(1000)
	var bytes int64
	for _, s := range srcs {
		bytes += int64(len(s.Data))
	}
	b.SetBytes(bytes)
	b.ReportAllocs()
	for b.Loop() {
		rs, diags := Compile(srcs, testConfig())
		if len(rs.Rules()) != len(srcs) {
			b.Fatal(diags)
		}
		withIndex(rs)
	}
}

func BenchmarkCompileOneChanged(b *testing.B) {
	srcs := manyRules(1000)
	cfg := testConfig()
	rs, _ := Compile(srcs, cfg)
	withIndex(rs)
	cfg.Previous = rs
	srcs[500].Data = append(slices.Clone(srcs[500].Data), "# changed\n"...)
	b.ReportAllocs()
	for b.Loop() {
		rs, _ := Compile(srcs, cfg)
		withIndex(rs)
	}
}

func TestQuick(t *testing.T) {
	src := Source{Name: "R0001.yaml", Data: []byte(strings.Replace(exampleRule, "match: [cat /etc/shadow]", "match: [ls]", 1))}
	cfg := Config{Catalogue: catalogue(), Programs: programs()}
	if _, diags := Compile([]Source{src}, cfg); diags.Count(Error) != 1 {
		t.Errorf("Compile of a rule that misses its example = %v, want one error", diags)
	}
	cfg.Quick = true
	rs, diags := Compile([]Source{src}, cfg)
	if len(diags) > 0 || rs.Rule("R0001") == nil {
		t.Errorf("Compile with Quick = %v, want the rule and no diagnostics", diags)
	}
	cfg.Quick, cfg.Previous = false, rs
	if _, diags := Compile([]Source{src}, cfg); diags.Count(Error) != 1 {
		t.Errorf("Compile after one with Quick = %v, want the example tried", diags)
	}
}
