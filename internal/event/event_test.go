package event

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSetKeepsOnlyTheFieldsType(t *testing.T) {
	list := func(vs ...Value) Value { return Value{Kind: List, List: vs} }
	str, num, yes := StringValue("x"), NumberValue(3), BoolValue(true)
	object := Value{Kind: Object, Keys: []string{"text"}, List: []Value{str}}
	tests := []struct {
		kind  Kind
		field string
		in    Value
		want  *Value
	}{
		{KindCommand, "command_text", str, &str},
		{KindCommand, "command_text", num, nil},
		{KindCommand, "command_text", Value{}, nil},
		{KindCommand, "uid", num, &num},
		{KindCommand, "uid", yes, nil},
		{KindSession, "bytes_out", num, &num},
		{KindSession, "bytes_out", yes, nil},
		{KindSession, "bytes_out", str, nil},
		{KindSession, "llmnr_poisoned", yes, &yes},
		{KindSession, "llmnr_poisoned", num, nil},
		{KindSession, "signals", str, nil},
		{KindSession, "commands", list(str, num, object), ptr(list(str, object))},
		{KindSession, "signals", list(num, str, yes), ptr(list(str))},
		{KindSession, "signals", list(num), ptr(list())},
		{KindIntel, "abuseipdb_categories", list(num, str), ptr(list(num))},
		{KindHTTPRequest, "headers", str, nil},
		{KindHTTPRequest, "headers", object, &object},
	}
	for _, tt := range tests {
		ev := Event{Kind: tt.kind}
		ev.SetField(tt.field, tt.in)
		id, _ := LookupField(tt.kind, tt.field)
		if got := ev.Value(id); !cmp.Equal(got, tt.want, cmp.Comparer(equalValues)) {
			t.Errorf("%s.%s after Set(%+v) = %+v, want %+v", tt.kind, tt.field, tt.in, got, tt.want)
		}
	}
}

func ptr(v Value) *Value { return &v }

func equalValues(a, b Value) bool {
	return a.Kind == b.Kind && a.Str == b.Str && a.Num == b.Num && slices.Equal(a.Keys, b.Keys) && slices.EqualFunc(a.List, b.List, equalValues)
}

func TestSetIgnoresFieldsOfAnotherKind(t *testing.T) {
	ev := Event{Kind: KindCommand}
	id, _ := LookupField(KindEmail, "subject")
	ev.Set(id, StringValue("x"))
	if ev.Value(id) != nil {
		t.Error("a command event took an email field")
	}
}

func TestTexts(t *testing.T) {
	headers := Value{Kind: Object, Keys: []string{"Host", "X-Multi", "X-Num"}, List: []Value{
		StringValue("h"), StringsValue([]string{"a", "b"}), NumberValue(1)}}
	web := Event{Kind: KindHTTPRequest}
	web.SetField("headers", headers)
	session := Event{Kind: KindSession}
	session.SetField("commands", Value{Kind: List, List: []Value{
		StringValue("id"), {Kind: Object, Keys: []string{"text", "command_text"}, List: []Value{StringValue("old"), StringValue("w")}}}})
	tests := []struct {
		ev   *Event
		name string
		want []string
	}{
		{&web, "headers", []string{"h", "a", "b"}},
		{&web, "headers.*", []string{"h", "a", "b"}},
		{&web, "headers.x-multi", []string{"a", "b"}},
		{&web, "headers.HOST", []string{"h"}},
		{&web, "headers.none", nil},
		{&web, "raw_url", nil},
		{&session, "commands", []string{"id", "w"}},
	}
	for _, tt := range tests {
		ref, ok := ParseFieldRef(tt.ev.Kind, tt.name)
		if !ok {
			t.Fatalf("ParseFieldRef(%s, %q) is not ok", tt.ev.Kind, tt.name)
		}
		var got []string
		for _, s := range tt.ev.Texts(ref) {
			got = append(got, s)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("texts(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestParseFieldRefRefuses(t *testing.T) {
	for _, name := range []string{"", "nope", "headers.", "raw_url.host", "raw_url.*"} {
		if ref, ok := ParseFieldRef(KindHTTPRequest, name); ok {
			t.Errorf("ParseFieldRef(%q) = %+v, want none", name, ref)
		}
	}
}
