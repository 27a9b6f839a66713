package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
)

// The attacker of 203.0.113.9 (EVENTS.md section 1).
const goldenAttacker = "3a90f681-a007-5d06-8036-a9c1661decb1"

func cowrieConnectLine(sensor, session, protocol string) string {
	return fmt.Sprintf(`{"eventid":"cowrie.session.connect","src_ip":"203.0.113.9","session":%q,"protocol":%q,"sensor":%q,"timestamp":"2026-03-18T13:28:50Z"}`, session, protocol, sensor)
}

func cowrieInputLine(sensor, session, ts, input string) string {
	return fmt.Sprintf(`{"eventid":"cowrie.command.input","src_ip":"203.0.113.9","session":%q,"input":%q,"sensor":%q,"timestamp":%q}`, session, input, sensor, ts)
}

func TestCowrieCommands(t *testing.T) {
	const t1, t2 = "2026-03-18T13:28:51.360735Z", "2026-03-18T13:28:52Z"
	event := func(id, ts, session, sensor, text string) string {
		return fmt.Sprintf("command %s attacker=%s ts=%s session=%q decky=%q command_text:%q src:\"203.0.113.9\"", id, goldenAttacker, ts, session, sensor, text)
	}
	tests := []struct {
		name  string
		lines []string
		want  []string
	}{
		{"numbered after a connect", []string{
			cowrieConnectLine("d", "s1", "ssh"), cowrieInputLine("d", "s1", t1, "ls"), cowrieInputLine("d", "s1", t1, "id\nw"),
		}, []string{
			event("s1#cmd0", t1, "s1", "d", "ls") + ` service:"ssh"`, event("s1#cmd1", t1, "s1", "d", "id\nw") + ` service:"ssh"`,
		}},
		{"by time without", []string{
			cowrieInputLine("d", "s1", t1, "a"), cowrieInputLine("d", "s1", t1, "b"), cowrieInputLine("d", "s1", t2, "c"), cowrieInputLine("d", "s1", t1, "d"),
		}, []string{
			event("s1#cmd@"+t1+".0", t1, "s1", "d", "a"), event("s1#cmd@"+t1+".1", t1, "s1", "d", "b"),
			event("s1#cmd@"+t2+".0", t2, "s1", "d", "c"), event("s1#cmd@"+t1+".2", t1, "s1", "d", "d"),
		}},
		{"connect out of order", []string{
			cowrieInputLine("d", "s1", t1, "a"), cowrieConnectLine("d", "s1", "telnet"), cowrieInputLine("d", "s1", t2, "b"),
		}, []string{
			event("s1#cmd@"+t1+".0", t1, "s1", "d", "a"), event("s1#cmd0", t2, "s1", "d", "b") + ` service:"telnet"`,
		}},
		{"two sensors, one session id", []string{
			cowrieConnectLine("d1", "s", "ssh"), cowrieInputLine("d1", "s", t1, "a"), cowrieInputLine("d2", "s", t1, "b"), cowrieInputLine("d1", "s", t2, "c"),
		}, []string{
			event("s#cmd0", t1, "s", "d1", "a") + ` service:"ssh"`, event("s#cmd@"+t1+".0", t1, "s", "d2", "b"),
			event("s#cmd1", t2, "s", "d1", "c") + ` service:"ssh"`,
		}},
		{"the same file twice", []string{
			cowrieConnectLine("d", "s", "ssh"), cowrieInputLine("d", "s", t1, "a"), cowrieConnectLine("d", "s", "ssh"), cowrieInputLine("d", "s", t1, "a"),
		}, []string{
			event("s#cmd0", t1, "s", "d", "a") + ` service:"ssh"`, event("s#cmd0", t1, "s", "d", "a") + ` service:"ssh"`,
		}},
		{"other times", []string{
			cowrieInputLine("d", "s", "2018-05-06 17:44:05.866", "a"), cowrieInputLine("d", "s", "2018-05-06T17:44:06+0200", "b"),
		}, []string{
			event("s#cmd@2018-05-06T17:44:05.866Z.0", "2018-05-06T17:44:05.866Z", "s", "d", "a"),
			event("s#cmd@2018-05-06T17:44:06+02:00.0", "2018-05-06T17:44:06+02:00", "s", "d", "b"),
		}},
		{"bad members that are not used, and no time", []string{
			cowrieConnectLine("d", "s", ""),
			`{"eventid":"cowrie.command.input","src_ip":["x"],"session":"s","input":"ls","timestamp":7,"sensor":null,"duration":{"a":1e999},"message":["\ud800"],"message":2,"system":"CowrieTelnetTransport,1,x"}`,
		}, nil},
		{"no sensor, service by system", []string{
			`{"eventid":"cowrie.session.connect","session":"s","src_ip":"203.0.113.9"}`,
			`{"eventid":"cowrie.command.input","src_ip":"nowhere.example","session":"s","input":"ls","timestamp":7,"duration":{"a":1e999},"message":["\ud800"],"message":2,"system":"CowrieTelnetTransport,1,x"}`,
			`{"eventid":"cowrie.command.input","session":"s","input":"id","system":"SSHChannel session (0)"}`,
			`{"eventid":"cowrie.command.input","session":"s","input":"w","protocol":"ssh","system":"CowrieTelnetTransport"}`,
		}, []string{
			"command s#cmd0 attacker=" + goldenAttacker + ` session="s" command_text:"ls" src:"203.0.113.9" service:"telnet"`,
			"command s#cmd1 attacker=" + goldenAttacker + ` session="s" command_text:"id" src:"203.0.113.9" service:"ssh"`,
			"command s#cmd2 attacker=" + goldenAttacker + ` session="s" command_text:"w" src:"203.0.113.9" service:"ssh"`,
		}},
	}
	for _, tt := range tests {
		all, a := runText(t, Config{Format: "cowrie"}, strings.Join(tt.lines, "\n"))
		got := ofKind(all, "command")
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: events differ (-want +got):\n%s\nrejections: %v", tt.name, diff, a.Rejections)
		}
	}
}

// ofKind returns the events of a kind, as describe has them.
func ofKind(events []string, kind string) (list []string) {
	for _, ev := range events {
		if strings.HasPrefix(ev, kind+" ") {
			list = append(list, ev)
		}
	}
	return list
}

func TestCowrieAccounting(t *testing.T) {
	lines := []struct{ line, reason string }{
		{cowrieConnectLine("d", "s", "ssh"), ""},
		{cowrieInputLine("d", "s", "2026-03-18T13:28:51Z", "ls"), ""},
		{`{"eventid":"cowrie.log.open","session":7}`, ""},
		{`{"eventid":"cowrie.login.failed","session":7}`, "session is missing or not a string"},
		{`{"eventid":"cowrie.login.failed","session":"s","sensor":"d","username":"a","password":"b","timestamp":"2026-03-18T13:28:51Z"}`, ""},
		{`{"eventid":"cowrie.login.failed","session":"s","sensor":"d","username":"a","password":"b","timestamp":"2026-03-18T13:28:52Z"}`, ""},
		{`{"eventid":"cowrie.login.failed","session":"s","sensor":"d"}`, "no stable id: timestamp is missing or invalid"},
		{`{"eventid":"cowrie.session.file_upload","session":"s","sensor":"d"}`, "no stable id: timestamp is missing or invalid"},
		{`{"eventid":"cowrie.login.success","session":"t","timestamp":"2026-03-18T13:28:52Z"}`, "no anchor: neither the line nor its session has an IP address in src_ip"},
		{`{"eventid":"cowrie.session.file_download","session":"t","timestamp":"2026-03-18T13:28:52Z"}`, "no anchor: neither the line nor its session has an IP address in src_ip"},
		{`{"eventid":"cowrie.client.version","session":"s","sensor":"d","version":7}`, ""},
		{`{"eventid":"cowrie.future.thing"}`, ""},
		{`{"eventid":"cowrie.future.thing","x":[{}]}`, ""},
		{``, ""},
		{`{"session":"s"}`, "eventid is missing or not a string"},
		{`{"eventid":7}`, "eventid is missing or not a string"},
		{`[1]`, "not a JSON object"},
		{`{"eventid":"cowrie.command.input","session":"s"}`, "input is missing or not a string"},
		{`{"eventid":"cowrie.command.input","input":"x"}`, "session is missing or not a string"},
		{`{"eventid":"cowrie.session.connect","session":"` + strings.Repeat("s", 257) + `"}`, "session or sensor name too long"},
		{`{"eventid":"cowrie.command.input","session":"t","input":"x","timestamp":"2026-03-18T13:28:51Z"}`, "no anchor: neither the line nor its session has an IP address in src_ip"},
		{`{"eventid":"cowrie.command.input","session":"u","input":"x","src_ip":"::1","timestamp":"?"}`, "no stable id: timestamp is missing or invalid, and the start of the session was not seen"},
	}
	var text strings.Builder
	var want []Rejection
	for i, l := range lines {
		text.WriteString(l.line + "\n")
		if l.reason != "" {
			want = append(want, Rejection{"in", i + 1, l.reason})
		}
	}
	_, a := runText(t, Config{}, text.String())
	if diff := cmp.Diff(want, a.Rejections); diff != "" {
		t.Errorf("rejections differ (-want +got):\n%s", diff)
	}
	if a.Lines != 22 || a.Direct != 2 || a.Absorbed != 3 || a.Ignored != 3 || a.Rejected != 13 || a.Blank != 1 {
		t.Errorf("account = %+v, want 22 lines: 2 direct, 3 absorbed, 3 ignored, 13 rejected, 1 blank", a)
	}
	// Two sessions with an address, an episode and a day.
	if a.Aggregated != 4 || a.Events != 6 {
		t.Errorf("%d aggregated of %d events, want 4 of 6", a.Aggregated, a.Events)
	}
	types := map[string]int{"cowrie.log.open": 1, "cowrie.future.thing": 2}
	if diff := cmp.Diff(types, a.IgnoredTypes.Counts()); diff != "" {
		t.Errorf("ignored types differ (-want +got):\n%s", diff)
	}
}

func TestNormalTime(t *testing.T) {
	tests := []struct{ in, want string }{
		{"2018-05-06T17:44:05Z", "2018-05-06T17:44:05Z"},
		{"2018-05-06T17:44:05.866769Z", "2018-05-06T17:44:05.866769Z"},
		{"2018-05-06T17:44:05.123456789+02:00", "2018-05-06T17:44:05.123456789+02:00"},
		{"2018-05-06T17:44:05.8+0000", "2018-05-06T17:44:05.8+00:00"},
		{"2018-05-06T17:44:05-0330", "2018-05-06T17:44:05-03:30"},
		{"2018-05-06 17:44:05", "2018-05-06T17:44:05Z"},
		{"2018-05-06T17:44:05.5", "2018-05-06T17:44:05.5Z"},
		{"2018-05-06 17:44:05.5+0100", "2018-05-06T17:44:05.5+01:00"},
		{"", ""}, {"Z", ""}, {"2018-05-06", ""}, {"2018-05-06T", ""}, {"2018-13-06T17:44:05Z", ""},
		{"1525628645", ""}, {"2018-05-06T17:44:05.", ""}, {"2018-05-06T17:44", ""}, {"2018-05-06T17:44:05+9999", ""},
		{"2018-05-06T" + strings.Repeat("1", 100), ""},
	}
	for _, tt := range tests {
		got, at := normalTime(tt.in)
		if got != tt.want {
			t.Errorf("normalTime(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if parsed, _ := time.Parse(time.RFC3339Nano, got); !parsed.Equal(at) {
			t.Errorf("normalTime(%q) = %q at %v, want %v", tt.in, got, at, parsed)
		}
	}
}

// An evicted session has its event, and does not reuse the numbers it gave
// out.
func TestCowrieEviction(t *testing.T) {
	c := newCowrieSessions(aggregate.New(aggregate.Config{}), event.AllFields(), 2500)
	const ts = "2026-03-18T13:28:51Z"
	b := filled(cowrieFormat(),
		cowrieConnectLine("d", "a", "ssh"), cowrieInputLine("d", "a", ts, "1"),
		cowrieConnectLine("d", "b", "ssh"), cowrieInputLine("d", "a", ts, "2"),
		cowrieConnectLine("d", "c", "ssh"), // b goes: a was active later
		cowrieInputLine("d", "a", ts, "3"), cowrieInputLine("d", "b", ts, "4"))
	b.decode(b.format.newDecoder(event.AllFields()), false)
	b.assemble(c, false)
	var got []string
	for i := range b.events {
		got = append(got, b.events[i].SourceKind+" "+b.events[i].SourceID)
	}
	want := []string{"command a#cmd0", "command a#cmd1", "session b", "command a#cmd2", "command b#cmd@" + ts + ".0", "session c"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events differ (-want +got):\n%s", diff)
	}
	if c.evicted() != 2 {
		t.Errorf("evicted() = %d, want 2", c.evicted())
	}
}

func TestTimeCounts(t *testing.T) {
	var c timeCounts
	base := time.Unix(0, 0)
	for i := range 100 {
		at := base.Add(time.Duration(i))
		if n := c.count(at); n != 0 {
			t.Errorf("count(%d) = %d at first sight, want 0", i, n)
		}
		if n := c.count(at.UTC()); n != 1 {
			t.Errorf("count(%d) = %d at second sight, want 1", i, n)
		}
	}
	if n := c.count(base.Add(80)); n != 2 {
		t.Errorf("count of a time 20 times back = %d, want 2", n)
	}
	if len(c.times) != 32 {
		t.Errorf("%d times are kept, want 32", len(c.times))
	}
}

func FuzzCowrie(f *testing.F) {
	f.Add([]byte(cowrieConnectLine("d", "s", "ssh") + "\n" + cowrieInputLine("d", "s", "2018-05-06 17:44:05", "ls")))
	f.Add([]byte(`{"eventid":"cowrie.command.input","session":"s","input":"w","src_ip":"::ffff:1.2.3.4%x","timestamp":"2018-05-06T17:44:05.1+0000"}`))
	f.Add([]byte("{\"eventid\":\"cowrie.session.closed\",\"duration\":\"0.4\"}\r\n\n{}"))
	f.Add([]byte(strings.Join(cowrieDay(), "\n")))
	f.Fuzz(func(t *testing.T, data []byte) { checkIdentity(t, "cowrie", data) })
}
