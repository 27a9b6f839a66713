package engine

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// testBuilders are the lifters that the examples of codeTable name.
func testBuilders() map[string]Builder {
	return map[string]Builder{
		"lifter:example": func(p Params) (Matcher, Diagnostics) {
			_, diags := p.Decode([]Param{{Name: "threshold", Type: ParamNumber, Default: 5.0, Min: 1, Max: 100}, {Name: "old_window", Type: ParamNumber, Idle: true}})
			return stubMatcher{kind: event.KindCommand}, diags
		},
		"lifter:undecided": func(Params) (Matcher, Diagnostics) { return undecided{}, nil },
		"lifter:mail":      func(Params) (Matcher, Diagnostics) { return stubMatcher{kind: event.KindEmail}, nil },
		"lifter:crash":     func(Params) (Matcher, Diagnostics) { return stubMatcher{kind: event.KindCommand, crash: true}, nil },
		"lifter:bomb":      func(Params) (Matcher, Diagnostics) { panic("no") },
		"lifter:none":      func(Params) (Matcher, Diagnostics) { return nil, nil },
	}
}

// A stubMatcher reads events of one kind and holds on commands with "cat".
type stubMatcher struct {
	kind  event.Kind
	crash bool
}

func (m stubMatcher) Match(ev *event.Event, _ *Hit) bool {
	if m.crash {
		panic("crash")
	}
	text, _ := ev.Text(commandText)
	return strings.Contains(text, "cat")
}

func (m stubMatcher) Reads(k event.Kind) []event.FieldID {
	if k != m.kind {
		return nil
	}
	return event.FieldsOf(k)
}

func (m stubMatcher) EvidenceKeys() []string { return []string{"matched_word"} }

// undecided holds on everything and selects no emit.
type undecided struct{}

func (undecided) Match(_ *event.Event, h *Hit) bool {
	h.SelectNone()
	return true
}

func TestMain(m *testing.M) {
	rounds.Roomy()
	os.Exit(m.Run())
}

// What tests compile by is immutable, and read once.
var (
	catalogue = sync.OnceValue(attack.Load)
	programs  = sync.OnceValue(Programs)
)

func testConfig() Config {
	return Config{Catalogue: catalogue(), Programs: programs(), Builders: testBuilders(), Today: "2026-11-22"}
}

func codesOf(diags Diagnostics) []Code {
	var codes []Code
	for _, d := range diags {
		codes = append(codes, d.Code)
	}
	return codes
}

func TestCodesAreNumberedInOrder(t *testing.T) {
	last := Code("TTP000")
	for _, info := range Codes() {
		if len(info.Code) != len(last) || info.Code <= last {
			t.Errorf("%s stands after %s, want ascending codes of one length", info.Code, last)
		}
		last = info.Code
		if info.Title == "" || info.Text == "" {
			t.Errorf("%s has no title or no text", info.Code)
		}
		got, ok := LookupCode(strings.ToLower(string(info.Code)))
		if !ok || got.Title != info.Title {
			t.Errorf("LookupCode(%s) = %v, %v", info.Code, got.Title, ok)
		}
	}
	if _, ok := LookupCode("TTP999"); ok {
		t.Error("LookupCode(TTP999) = true")
	}
}

func TestExampleRuleIsClean(t *testing.T) {
	rs, diags := Compile([]Source{{Name: "R0001.yaml", Data: []byte(exampleRule)}}, testConfig())
	if len(diags) != 0 || len(rs.Rules()) != 1 {
		t.Fatalf("the rule that examples edit: %v", diags)
	}
}

// TestCodeExamples compiles the example of each code, or for those that one
// file cannot show what shows them.
func TestCodeExamples(t *testing.T) {
	second := strings.NewReplacer("R0001", "R0002", "shadow_read", "shadow_again").Replace(exampleRule)
	special := map[Code][]Source{
		CodeDuplicateID:   {{Name: "a/R0001.yaml", Data: []byte(exampleRule)}, {Name: "b/R0001.yaml", Data: []byte(strings.Replace(exampleRule, "shadow_read", "shadow_again", 1))}},
		CodeDuplicateName: {{Name: "R0001.yaml", Data: []byte(exampleRule)}, {Name: "R0002.yaml", Data: []byte(strings.Replace(second, "shadow_again", "shadow_read", 1))}},
	}
	for _, info := range Codes() {
		t.Run(string(info.Code), func(t *testing.T) {
			srcs := special[info.Code]
			if srcs == nil {
				srcs = []Source{{Name: "R0001.yaml", Data: []byte(info.Example)}}
			}
			cfg := testConfig()
			switch info.Code {
			case CodeLeftOut, CodeLink: // reported by whoever lists a directory
				return
			case CodeFewExamples:
				cfg.Pack = true
			}
			_, diags := Compile(srcs, cfg)
			i := slices.IndexFunc(diags, func(d Diagnostic) bool { return d.Code == info.Code })
			if i < 0 {
				t.Fatalf("codes of the example = %v, want %s among them\n%s", codesOf(diags), info.Code, srcs[0].Data)
			}
			if diags[i].Severity != info.Severity {
				t.Errorf("severity = %v, want %v", diags[i].Severity, info.Severity)
			}
			for _, d := range diags {
				if d.Code != info.Code && info.Code != CodeIgnoreReason && info.Code != CodeFewExamples {
					t.Errorf("the example also has %s", d.Error())
				}
			}
		})
	}
}
