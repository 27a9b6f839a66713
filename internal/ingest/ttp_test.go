package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// runText runs text through the pipeline and returns the events that were
// evaluated, one line each, and the account.
func runText(t *testing.T, cfg Config, text string) ([]string, Account) {
	t.Helper()
	rec := &recorder{}
	cfg.Workers = 1
	a, err := Run(t.Context(), []Input{{Name: "in", Reader: strings.NewReader(text)}}, cfg, rec.evaluator, func(*Batch) error { return nil })
	if err != nil {
		t.Fatalf("Run() = %v", err)
	}
	return rec.events, a
}

// A recorder notes events as text. It serves one evaluator only.
type recorder struct{ events []string }

func (r *recorder) evaluator() Evaluator { return r }

func (r *recorder) Evaluate(dst []event.Tag, ev *event.Event) []event.Tag {
	r.events = append(r.events, describe(ev))
	return dst
}

// describe renders all of an event that tests look at.
func describe(ev *event.Event) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s %s", ev.SourceKind, ev.SourceID)
	for _, p := range []struct{ name, value string }{
		{"attacker", ev.Attacker(nil)}, {"identity", ev.IdentityUUID}, {"ts", ev.TS},
	} {
		if p.value != "" {
			fmt.Fprintf(&s, " %s=%s", p.name, p.value)
		}
	}
	if ev.SessionID.Valid {
		fmt.Fprintf(&s, " session=%q", ev.SessionID.Value)
	}
	if ev.DeckyID.Valid {
		fmt.Fprintf(&s, " decky=%q", ev.DeckyID.Value)
	}
	for _, id := range event.FieldsOf(ev.Kind) {
		if v := ev.Value(id); v != nil {
			fmt.Fprintf(&s, " %s:%s", id.Field().Name, describeValue(v))
		}
	}
	return s.String()
}

func describeValue(v *event.Value) string {
	switch v.Kind {
	case event.String:
		return fmt.Sprintf("%q", v.Str)
	case event.Number:
		return fmt.Sprint(v.Num)
	case event.Bool:
		return fmt.Sprint(v.Num == 1)
	}
	parts := make([]string, len(v.List))
	for i := range v.List {
		parts[i] = describeValue(&v.List[i])
		if v.Kind == event.Object {
			parts[i] = v.Keys[i] + "=" + parts[i]
		}
	}
	return "[" + strings.Join(parts, " ") + "]"
}

func TestTTPEvents(t *testing.T) {
	tests := []struct{ name, line, want string }{
		{"full", `{"source_kind":"command","source_id":"c1","attacker_uuid":"A","identity_uuid":"I","attacker_ip":"x","session_id":"s","decky_id":"d","ts":"2026-03-18T10:26:59.715732+02:00","extra":{"a":[1]},"payload":{"command_text":"ls"}}`,
			`command c1 attacker=A identity=I ts=2026-03-18T10:26:59.715732+02:00 session="s" decky="d" command_text:"ls"`},
		{"derived attacker", `{"source_kind":"command","source_id":"c1","attacker_ip":"203.0.113.9","payload":{}}`,
			`command c1 attacker=3a90f681-a007-5d06-8036-a9c1661decb1`},
		{"mapped address", `{"source_kind":"command","source_id":"c1","attacker_ip":"::ffff:203.0.113.9","payload":{}}`,
			`command c1 attacker=3a90f681-a007-5d06-8036-a9c1661decb1`},
		{"IPv6 with zone", `{"source_kind":"command","source_id":"c1","attacker_ip":"2001:DB8::1%eth0","payload":{}}`,
			`command c1 attacker=ddcc99c7-193b-5b8c-8151-6bcb9c82a9c5`},
		{"uuid wins over address", `{"source_kind":"command","source_id":"c1","identity_uuid":"I","attacker_ip":"203.0.113.9","payload":{}}`,
			`command c1 identity=I`},
		{"nulls are absent", `{"source_kind":"command","source_id":"c1","attacker_uuid":"A","identity_uuid":null,"attacker_ip":null,"session_id":null,"decky_id":null,"ts":null,"payload":{"command_text":null}}`,
			`command c1 attacker=A`},
		{"empty strings", `{"source_kind":"command","source_id":"c1","attacker_uuid":"","identity_uuid":"I","session_id":"","payload":{}}`,
			`command c1 identity=I session=""`},
		{"payload first", `{"payload":{"command_text":"l\u0073","uid":0},"source_id":"c1","attacker_uuid":"A","source_kind":"command"}`,
			`command c1 attacker=A command_text:"ls" uid:0`},
		{"escaped names", `{"source\u005fkind":"command","source_id":"c1","attacker_uuid":"A","payload":{"command\u005ftext":"ls"}}`,
			`command c1 attacker=A command_text:"ls"`},
		{"wrong types are absent", `{"source_kind":"command","source_id":"c1","attacker_uuid":"A","payload":{"command_text":1,"user":["root"],"pwd":{},"src":true,"uid":"0"}}`,
			`command c1 attacker=A uid:"0"`},
		{"numbers", `{"source_kind":"session","source_id":"s","attacker_uuid":"A","payload":{"bytes_out":1e400,"rows_read":-1e-400,"request_count":3.0,"duration_s":true,"bytes_read":12345678901234567890}}`,
			`session s attacker=A request_count:3 rows_read:-0 bytes_read:1.2345678901234567e+19`},
		{"lists lose wrong elements", `{"source_kind":"session","source_id":"s","attacker_uuid":"A","payload":{"signals":["a",1,null,"b",["c"]]}}`,
			`session s attacker=A signals:["a" "b"]`},
		{"headers", `{"source_kind":"http_request","source_id":"h","attacker_uuid":"A","payload":{"headers":{"Host":"a","X":["b","c"]},"status":200}}`,
			`http_request h attacker=A status:200 headers:[Host="a" X=["b" "c"]]`},
		{"invalid UTF-8", "{\"source_kind\":\"command\",\"source_id\":\"c\xff\",\"attacker_uuid\":\"A\",\"payload\":{\"command_text\":\"l\xc3s\"}}",
			"command c\ufffd attacker=A command_text:\"l\ufffds\""},
		{"lone surrogate", `{"source_kind":"command","source_id":"c1","attacker_uuid":"A","payload":{"command_text":"l\ud800s \ud83d\ude00"}}`,
			"command c1 attacker=A command_text:\"l\ufffds \U0001f600\""},
		{"white space around", " \t" + `{"source_kind" : "command" , "source_id":"c1","attacker_uuid":"A","payload": { } }` + " \r",
			`command c1 attacker=A`},
		{"nested at the bound", `{"source_kind":"command","source_id":"c1","attacker_uuid":"A","payload":{"x":` + strings.Repeat("[", 62) + strings.Repeat("]", 62) + `}}`,
			`command c1 attacker=A`},
		{"brackets in strings do not nest", `{"source_kind":"command","source_id":"c1","attacker_uuid":"A","payload":{"user":"\\\"[` + strings.Repeat("[", 100) + `"}}`,
			`command c1 attacker=A user:"\\\"[` + strings.Repeat("[", 100) + `"`},
	}
	for _, tt := range tests {
		got, a := runText(t, Config{Format: "ttp"}, tt.line)
		if diff := cmp.Diff([]string{tt.want}, got); diff != "" {
			t.Errorf("%s: events of %s differ (-want +got):\n%s\nrejections: %v", tt.name, tt.line, diff, a.Rejections)
		}
	}
}

func TestTTPRejections(t *testing.T) {
	const good = `"source_kind":"command","source_id":"c1","attacker_uuid":"A"`
	tests := []struct{ line, reason string }{
		{`x`, "not a JSON object"},
		{`[]`, "not a JSON object"},
		{`"a"`, "not a JSON object"},
		{`null`, "not a JSON object"},
		{"\x7fELF\x02\x00\x01", "not text: it holds NUL bytes"},
		{`{`, "invalid JSON: it ends too early"},
		{`{` + good + `,"payload":{}`, "invalid JSON: it ends too early"},
		{`{` + good + `,"payload":{}}}`, "data after the JSON object"},
		{`{` + good + `,"payload":{}} {}`, "data after the JSON object"},
		{`{` + good + `,"payload":{},}`, "invalid JSON at byte 75: invalid character ',' at start of value"},
		{`{` + good + `,,"payload":{}}`, "invalid JSON at byte 63: invalid character ',' at start of value"},
		{`{` + good + `,"payload"::{}}`, "invalid JSON at byte 73: invalid character ':' at start of value"},
		{"{" + good + `,"payload":{"command_text":"a` + "\t" + `b"}}`, "invalid JSON at byte 91: invalid character '\\t' in string (expecting non-control character)"},
		{`{` + good + `,"payload":{"x":NaN}}`, "invalid JSON at byte 78: invalid character 'N' at start of value"},
		{`{` + good + `,"payload":{"x":01}}`, "invalid JSON at byte 79: invalid character '1' after object value (expecting ',' or '}')"},
		{`{` + good + `,"payload":{},"source_id":"c2"}`, "duplicate key at byte 76"},
		{`{` + good + `,"payload":{"x":{"a":1,"a":2}}}`, "duplicate key at byte 85"},
		{`{` + good + `,"payload":{"user":"a","us\u0065r":"b"}}`, "duplicate key at byte 85"},
		{`{` + good + `,"payload":{"x":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}}`, "nested deeper than 64 levels"},
		{strings.Repeat("[", 100000), "nested deeper than 64 levels"},
		{`{` + good + `,"payload":{"signals":[` + strings.Repeat(`"",`, 70000) + `""]}}`, "more than 65536 values"},
		{`{"source_id":"c1","attacker_uuid":"A","payload":{}}`, "source_kind is missing"},
		{`{"source_kind":"","source_id":"c1","attacker_uuid":"A","payload":{}}`, "source_kind is missing"},
		{`{"source_kind":7,"source_id":"c1","attacker_uuid":"A","payload":{}}`, "source_kind is not a string"},
		{`{"source_kind":"command","attacker_uuid":"A","payload":{}}`, "source_id is missing"},
		{`{"source_kind":"command","source_id":null,"attacker_uuid":"A","payload":{}}`, "source_id is missing"},
		{`{"source_kind":"command","source_id":{},"attacker_uuid":"A","payload":{}}`, "source_id is not a string"},
		{`{` + good + `}`, "payload is missing"},
		{`{` + good + `,"payload":null}`, "payload is missing"},
		{`{` + good + `,"payload":"ls"}`, "payload is not an object"},
		{`{` + good + `,"session_id":7,"payload":{}}`, "session_id is not a string"},
		{`{` + good + `,"decky_id":false,"payload":{}}`, "decky_id is not a string"},
		{`{` + good + `,"attacker_ip":3232235777,"payload":{}}`, "attacker_ip is not a string"},
		{`{` + good + `,"identity_uuid":[],"payload":{}}`, "identity_uuid is not a string"},
		{`{` + good + `,"ts":1520000000,"payload":{}}`, "ts is not a string"},
		{`{` + good + `,"ts":"yesterday","payload":{}}`, "ts is not an RFC 3339 time"},
		{`{` + good + `,"ts":"","payload":{}}`, "ts is not an RFC 3339 time"},
		{`{` + good + `,"ts":"2026-03-18 10:26:59Z","payload":{}}`, "ts is not an RFC 3339 time"},
		{`{` + good + `,"ts":"2026-03-18T10:26:59","payload":{}}`, "ts is not an RFC 3339 time"},
		{`{"source_kind":"command","source_id":"c1","payload":{}}`, "no anchor: attacker_uuid, identity_uuid and attacker_ip are missing"},
		{`{"source_kind":"command","source_id":"c1","attacker_uuid":"","attacker_ip":"localhost","payload":{}}`, "no anchor: attacker_ip is not an IP address"},
	}
	for _, tt := range tests {
		events, a := runText(t, Config{Format: "ttp"}, tt.line+"\n"+eventLine(1))
		want := []Rejection{{"in", 1, tt.reason}}
		if diff := cmp.Diff(want, a.Rejections); diff != "" {
			t.Errorf("rejections of %.200q differ (-want +got):\n%s", tt.line, diff)
		}
		if len(events) != 1 {
			t.Errorf("the line behind %.200q gave %d events, want 1", tt.line, len(events))
		}
	}
}

// Only what rules and evidence can read is kept.
func TestTTPNeeds(t *testing.T) {
	rs, diags := engine.Compile([]engine.Source{{Name: "R0001.yaml", Data: []byte(`rule_id: R0001
rule_version: 1
name: any
description: any
applies_to: [command]
match: {field: user, pattern: root}
emits: [{tactic: TA0007, technique_id: T1083, confidence: 0.9}]
examples: {match: [{user: root}], no_match: [{user: nobody}]}
`)}}, engine.Config{Catalogue: attack.Load()})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	events, _ := runText(t, Config{Fields: rs.Needs()}, eventLine(1)+"\n"+
		`{"source_kind":"session","source_id":"S","attacker_uuid":"A","payload":{"service":"ssh","commands":["ls"]}}`)
	if len(events) != 3 || !strings.Contains(events[0], ` user:"root"`) || strings.Contains(events[0], "service:") ||
		events[1] != "session S attacker=A" || events[2] != `command S#cmd0 attacker=A command_text:"ls"` {
		t.Errorf("events under a rule that reads user: %q, want user but no service, a bare session and its command", events)
	}
}

// A line made to be slow is not: every pass over it is linear.
func TestTTPSlowLines(t *testing.T) {
	n := rounds.Of(t, 1, 4) << 20
	for name, payload := range map[string]string{
		"escapes":    `"user":"` + strings.Repeat(`\\`, n) + `"`,
		"surrogates": `"user":"` + strings.Repeat(`\ud800`, n/6) + `"`,
		"bad UTF-8":  `"user":"` + strings.Repeat("\xff", n) + `"`,
		"digits":     `"x":` + strings.Repeat("9", n),
		"names":      `"x":{` + strings.Repeat(`"":0,`, n/5) + `"a":0}`,
		"brackets":   `"x":` + strings.Repeat("[", n),
	} {
		start := time.Now()
		_, a := runText(t, Config{}, `{"source_kind":"command","source_id":"c1","attacker_uuid":"A","payload":{`+payload+`}}`)
		if a.Lines != 1 {
			t.Errorf("%s: %d lines, want 1", name, a.Lines)
		}
		// Linear work takes some 50 ms, anything quadratic hours.
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s: a line of %d bytes took %v", name, len(payload), d)
		}
	}
}

func TestTTPUnhandled(t *testing.T) {
	text := strings.Join([]string{
		`{"source_kind":"sonar","source_id":"1","attacker_uuid":"A","payload":{"x":{"y":[1]}}}`,
		`{"payload":{},"source_kind":"sonar","source_id":"2","attacker_uuid":"A"}`,
		`{"source_kind":"radar","source_id":"3","attacker_uuid":"A","payload":{}}`,
		`{"source_kind":"radar","source_id":"4","attacker_uuid":"A","payload":7}`,
		`{"source_kind":"intel","source_id":"5","attacker_uuid":"A","payload":{}}`,
	}, "\n")
	events, a := runText(t, Config{}, text)
	if len(events) != 1 {
		t.Errorf("%d events were evaluated, want the known one: %q", len(events), events)
	}
	if diff := cmp.Diff(map[string]int{"sonar": 2, "radar": 1}, a.UnknownKinds.Counts()); diff != "" {
		t.Errorf("unknown kinds differ (-want +got):\n%s", diff)
	}
	if a.Kinds[event.KindUnknown] != 3 || a.Kinds[event.KindIntel] != 1 || a.Events != 4 || a.Rejected != 1 {
		t.Errorf("account = %+v, want 3 unknown, 1 intel, 4 events, 1 rejected", a)
	}
}

func TestTTPFanOut(t *testing.T) {
	const session = `{"source_kind":"session","source_id":"S","attacker_uuid":"A","identity_uuid":"I","session_id":"s","decky_id":"d","ts":"2026-03-18T10:00:00Z","payload":{"service":"ssh","commands":[` +
		`"ls",7,{"command_text":"id","text":"no","id":"c-1","user":"root","uid":0},{"text":"w","uuid":"u-2"},{"id":"x"},{"text":"ps","id":9,"command_id":"k-3"},"",{"text":"last","id":""}]}}`
	got, a := runText(t, Config{}, session)
	const anchors = ` attacker=A identity=I ts=2026-03-18T10:00:00Z session="s" decky="d"`
	want := []string{
		"command S#cmd0" + anchors + ` command_text:"ls"`,
		"command c-1" + anchors + ` command_text:"id" uid:0 user:"root"`,
		"command u-2" + anchors + ` command_text:"w"`,
		"command k-3" + anchors + ` command_text:"ps"`,
		"command S#cmd6" + anchors + ` command_text:""`,
		"command S#cmd7" + anchors + ` command_text:"last"`,
	}
	if len(got) == 0 || !strings.HasPrefix(got[0], "session S"+anchors+` commands:["ls" [command_text=`) {
		t.Fatalf("first event is not the session: %q", got)
	}
	if diff := cmp.Diff(want, got[1:]); diff != "" {
		t.Errorf("command events differ (-want +got):\n%s", diff)
	}
	if a.Direct != 1 || a.Events != 7 || a.Kinds[event.KindCommand] != 6 {
		t.Errorf("account = %d direct, %d events, %d commands, want 1, 7, 6", a.Direct, a.Events, a.Kinds[event.KindCommand])
	}
}

func FuzzTTPDecode(f *testing.F) {
	f.Add([]byte(eventLine(1)))
	f.Add([]byte(`{"source_kind":"session","source_id":"S","attacker_ip":"::1","payload":{"commands":["ls",{"text":"id"}],"signals":[1,"a"]}}`))
	f.Add([]byte("{\"payload\":{\"headers\":{\"a\":[\"\xff\",\"\\ud800\"]},\"status\":1e999},\"source_kind\":\"http_request\"}\n\n{}\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) { checkIdentity(t, "ttp", data) })
}

// TestDecodeTTPAllocatesNothing decodes batches of events again and again: the
// text of a batch is an allocation, and so is room for escapes now and then.
func TestDecodeTTPAllocatesNothing(t *testing.T) {
	for _, line := range []func(int) string{eventLine, sensorLine} {
		var texts []string
		for n := range 500 {
			texts = append(texts, line(n))
		}
		b, d := filled(ttpFormat(), texts...), newTTPDecoder(event.AllFields())
		allocs := testing.AllocsPerRun(20, func() {
			for i := range b.lines {
				b.lines[i].fate = pending
			}
			for i := range b.events {
				b.events[i].Reset()
			}
			b.dropEvents(0)
			b.decode(d, true)
		})
		if len(b.events) != len(texts) || allocs > float64(len(texts)/40) {
			t.Errorf("decoding %d lines such as %s makes %d events and allocates %v times", len(texts), texts[0], len(b.events), allocs)
		}
	}
}
