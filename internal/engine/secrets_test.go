package engine

import (
	"testing"

	"ttpctl/internal/event"
)

// Neither the field nor what matched shows a secret, and the event keeps it.
func TestEvidenceHidesSecrets(t *testing.T) {
	rs := compileRule(t, "http_request", "  pattern: 'hunter\\d&x'\nevidence_fields: [raw_url]")
	ev := &event.Event{SourceID: "1", AttackerUUID: "a"}
	ev.SetKind("http_request")
	ev.SetField("raw_url", event.StringValue("/?token=hunter2&x=1"))
	tags := NewSnapshot(rs, nil, testNow).Evaluate(nil, ev, testNow, NewScratch())
	if len(tags) != 1 || string(tags[0].Evidence) != `{"matched":"***&x","raw_url":"/?token=***&x=1"}` {
		t.Errorf("Evaluate = %+v, want evidence without the secret", tags)
	}
}

// TestCommandOfSecret: a command within a parameter for a password is found, and
// not shown.
func TestCommandOfSecret(t *testing.T) {
	rs := compileRule(t, "http_request", "  command: {program: id}\nevidence_fields: [raw_url]")
	for _, tt := range []struct{ url, want string }{
		{"/?ip=1;id", `{"matched":"id","raw_url":"/?ip=1;id"}`},
		{"/?password=1;id", `{"matched":"***","raw_url":"/?password=***"}`},
		{"/?password=x&ip=1;id", `{"matched":"id","raw_url":"/?password=***&ip=1;id"}`},
		{"/?pwd=%24(id)&ip=1;id", `{"matched":"***","raw_url":"/?pwd=***&ip=1;id"}`},
	} {
		ev := &event.Event{SourceID: "1", AttackerUUID: "a"}
		ev.SetKind("http_request")
		ev.SetField("raw_url", event.StringValue(tt.url))
		tags := NewSnapshot(rs, nil, testNow).Evaluate(nil, ev, testNow, NewScratch())
		if len(tags) != 1 || string(tags[0].Evidence) != tt.want {
			t.Errorf("Evaluate(%s) = %+v, want %s", tt.url, tags, tt.want)
		}
	}
}

// TestBodyIsNoEvidence: of a body that is no form, what matched is shown.
func TestBodyIsNoEvidence(t *testing.T) {
	rs := compileRule(t, "http_request", "  field: inputs\n  pattern: '<!ENTITY \\w'")
	ev := &event.Event{SourceID: "1", AttackerUUID: "a"}
	ev.SetKind("http_request")
	ev.SetField("body", event.StringValue("<!DOCTYPE a [<!ENTITY b \"c\">]><login><password>hunter2</password></login>"))
	tags := NewSnapshot(rs, nil, testNow).Evaluate(nil, ev, testNow, NewScratch())
	if len(tags) != 1 || string(tags[0].Evidence) != `{"inputs":{"body":"<!ENTITY b"},"matched":"<!ENTITY b"}` {
		t.Errorf("Evaluate = %+v, want evidence without the rest of the body", tags)
	}
}
