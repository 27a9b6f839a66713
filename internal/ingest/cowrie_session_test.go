package ingest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cowrieLine returns a line of a type at a second of a minute, from the golden
// attacker unless members name another.
func cowrieLine(typ, session string, second int, members string) string {
	if !strings.Contains(members, `"src_ip"`) {
		members += `,"src_ip":"203.0.113.9"`
	}
	if !strings.Contains(members, `"sensor"`) {
		members += `,"sensor":"d"`
	}
	return fmt.Sprintf(`{"eventid":"cowrie.%s","session":%q,"timestamp":"2026-03-18T13:28:%02dZ"%s}`, typ, session, second, members)
}

// cowrieDay returns a whole session of every type of line that is read.
func cowrieDay() []string {
	return []string{
		cowrieLine("session.connect", "s", 0, `,"protocol":"ssh","dst_ip":"192.0.2.1","dst_port":22`),
		cowrieLine("client.version", "s", 1, `,"version":"SSH-2.0-Go"`),
		cowrieLine("client.kex", "s", 1, `,"kexAlgs":["a","b"],"encCS":["c"],"macCS":["d"],"compCS":["none","zlib"],"message":["x"]`),
		cowrieLine("client.fingerprint", "s", 2, `,"fingerprint":"aa:bb","username":"root"`),
		cowrieLine("login.failed", "s", 2, `,"username":"root","fingerprint":"aa:bb","key":"k"`),
		cowrieLine("login.failed", "s", 3, `,"username":"root","password":""`),
		cowrieLine("login.failed", "s", 3, `,"username":"root","password":"p"`),
		cowrieLine("login.failed", "s", 4, `,"username":"root","password":"p"`),
		cowrieLine("login.success", "s", 5, `,"username":"root","password":"p"`),
		cowrieLine("session.params", "s", 6, `,"arch":"linux-x64-lsb","message":[]`),
		cowrieLine("command.input", "s", 7, `,"input":"cd /tmp"`),
		cowrieLine("command.input", "s", 8, `,"input":"w\nid"`),
		cowrieLine("command.failed", "s", 8, `,"input":"id"`),
		cowrieLine("session.file_download", "s", 9, `,"url":"HTTP://192.0.2.7/x","shasum":"ab","outfile":"o"`),
		cowrieLine("session.file_download", "s", 9, `,"url":"/dev/null","shasum":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","message":"Saved redir contents"`),
		cowrieLine("session.file_download", "s", 9, `,"destfile":"","shasum":"cd","message":"Saved stdin contents with SHA-256 cd"`),
		cowrieLine("session.file_download", "s", 10, `,"destfile":"/tmp/y","shasum":"cd","size":"12"`),
		cowrieLine("session.file_download.failed", "s", 10, `,"url":"tftp://192.0.2.7/z"`),
		cowrieLine("session.file_upload", "s", 11, `,"filename":"sshd","shasum":"ef","size":7`),
		cowrieLine("direct-tcpip.request", "s", 12, `,"dst_ip":"mail.example","dst_port":25,"src_ip":"127.0.0.1"`),
		cowrieLine("direct-tcpip.data", "s", 12, `,"dst_ip":"mail.example","dst_port":25,"data":"'EHLO'"`),
		cowrieLine("direct-tcpip.request", "s", 13, `,"dst_ip":"2001:db8::2","dst_port":"443"`),
		cowrieLine("direct-tcpip.request", "s", 13, `,"dst_ip":"mail.example","dst_port":25`),
		cowrieLine("session.closed", "s", 14, `,"duration":"13.8"`),
	}
}

func TestCowrieEveryRow(t *testing.T) {
	const at = "2026-03-18T13:28:"
	head := func(kind, id string, second int) string {
		return fmt.Sprintf("%s %s attacker=%s ts=%s%02dZ session=\"s\" decky=\"d\"", kind, id, goldenAttacker, at, second)
	}
	// The MD5 of a,b;c;d;none,zlib.
	const hassh = "751911b86db7ba3979f9fa484ca5e2f1"
	want := []string{
		head("auth_attempt", "s#auth@"+at+"02Z.0", 2) + ` username:"root" service:"ssh" method:"publickey" result:"fail"`,
		head("auth_attempt", "s#auth@"+at+"03Z.0", 3) + ` username:"root" password:"" service:"ssh" method:"password" result:"fail" default_attempt:true`,
		head("auth_attempt", "s#auth@"+at+"03Z.1", 3) + ` username:"root" password:"p" service:"ssh" method:"password" result:"fail"`,
		head("auth_attempt", "s#auth@"+at+"05Z.0", 5) + ` username:"root" password:"p" service:"ssh" method:"password" result:"success"`,
		head("command", "s#cmd0", 7) + ` command_text:"cd /tmp" src:"203.0.113.9" service:"ssh"`,
		head("command", "s#cmd1", 8) + ` command_text:"w\nid" src:"203.0.113.9" service:"ssh"`,
		head("payload", "s#file@"+at+"09Z.0", 9) + ` url:"HTTP://192.0.2.7/x" shasum:"ab" origin:"download"`,
		head("payload", "s#file@"+at+"09Z.1", 9) + ` url:"/dev/null" shasum:"` + emptySHA256 + `" size:0 origin:"redirect"`,
		head("payload", "s#file@"+at+"09Z.2", 9) + ` shasum:"cd" origin:"stdin"`,
		head("payload", "s#file@"+at+"10Z.0", 10) + ` filename:"/tmp/y" shasum:"cd" size:12 origin:"redirect"`,
		head("payload", "s#file@"+at+"10Z.1", 10) + ` url:"tftp://192.0.2.7/z" origin:"attempt"`,
		head("payload", "s#file@"+at+"11Z.0", 11) + ` filename:"sshd" shasum:"ef" size:7 origin:"upload"`,
		head("session", "s", 14) + ` commands:[[id="s#cmd0" command_text="cd /tmp"] [id="s#cmd1" command_text="w\nid"]] op_text:"cd /tmp\nw\nid" service:"ssh" duration_s:13.8` +
			` hassh:"` + hassh + `" client_version:"SSH-2.0-Go" arch:"linux-x64-lsb" key_fingerprints:["aa:bb"] proxy_requests:3 proxy_targets:["mail.example:25" "[2001:db8::2]:443"] failed_logins:4 logged_in:true`,
		fmt.Sprintf("auth_attempt auth:d:s@%s02Z:ssh attacker=%s ts=%s05Z decky=\"d\" service:\"ssh\" fail_count:3 window_s:300", at, goldenAttacker, at),
		fmt.Sprintf("auth_attempt auth:d:s@%s02Z:ssh:root attacker=%s ts=%s05Z decky=\"d\" username:\"root\" service:\"ssh\" password_count:2 window_s:300", at, goldenAttacker, at),
		fmt.Sprintf("auth_attempt authday:d:2026-03-18:ssh:%s attacker=%s ts=%s05Z decky=\"d\" service:\"ssh\" fail_count:3 window_s:86400", goldenAttacker, goldenAttacker, at),
		fmt.Sprintf("auth_attempt authday:d:2026-03-18:ssh:%s:root attacker=%s ts=%s05Z decky=\"d\" username:\"root\" service:\"ssh\" password_count:2 window_s:86400", goldenAttacker, goldenAttacker, at),
	}
	got, a := runText(t, Config{Format: "cowrie"}, strings.Join(cowrieDay(), "\n"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events differ (-want +got):\n%s\nrejections: %v", diff, a.Rejections)
	}
	// A login was absorbed, command.failed is no command.
	if a.Lines != 24 || a.Direct != 12 || a.Absorbed != 11 || a.Ignored != 1 || a.Aggregated != 5 || a.Events != 17 {
		t.Errorf("account = %+v, want 24 lines: 12 direct, 11 absorbed, 1 ignored; 17 events, 5 of them aggregated", a)
	}
}

// TestCowrieSessionEvents is about when a session's own event comes out, and
// what it then holds.
func TestCowrieSessionEvents(t *testing.T) {
	const at = "2026-03-18T13:28:"
	session := func(id, decky string, second int, rest string) string {
		return fmt.Sprintf("session %s attacker=%s ts=%s%02dZ session=%q decky=%q%s", id, goldenAttacker, at, second, id, decky, rest)
	}
	connect := func(s string, second int) string {
		return cowrieLine("session.connect", s, second, `,"protocol":"telnet"`)
	}
	closed := func(s string, second int) string { return cowrieLine("session.closed", s, second, "") }
	tests := []struct {
		name  string
		lines []string
		want  []string
	}{
		{"telnet", []string{connect("s", 1), cowrieLine("login.success", "s", 2, `,"username":"a","password":"b"`), closed("s", 9)},
			[]string{session("s", "d", 9, ` service:"telnet" duration_s:8 failed_logins:0 logged_in:true`)}},
		{"telnet, by system only", []string{cowrieLine("session.closed", "s", 9, `,"system":"CowrieTelnetTransport,1,x","duration":2`)},
			[]string{session("s", "d", 9, ` service:"telnet" duration_s:2`)}},
		{"no connect", []string{cowrieLine("client.version", "s", 3, `,"version":"v"`), closed("s", 9)},
			[]string{session("s", "d", 9, ` client_version:"v"`)}},
		{"no closed, in order of the last lines", []string{connect("b", 1), connect("a", 2), cowrieLine("session.params", "b", 3, `,"arch":"x"`)},
			[]string{session("a", "d", 2, ` service:"telnet"`), session("b", "d", 3, ` service:"telnet" arch:"x"`)}},
		{"lines after closed", []string{connect("s", 1), closed("s", 5), cowrieLine("client.version", "s", 3, `,"version":"v"`), closed("s", 6)},
			[]string{session("s", "d", 5, ` service:"telnet" duration_s:4`)}},
		{"closed first", []string{closed("s", 5), connect("s", 1)},
			[]string{session("s", "d", 5, ""), session("s", "d", 1, ` service:"telnet"`)}},
		{"the same log twice", []string{connect("s", 1), closed("s", 5), connect("s", 1), closed("s", 5)},
			[]string{session("s", "d", 5, ` service:"telnet" duration_s:4`), session("s", "d", 5, ` service:"telnet" duration_s:4`)}},
		{"cut off, then the same log again", []string{connect("s", 1), connect("s", 1), closed("s", 5)},
			[]string{session("s", "d", 1, ` service:"telnet"`), session("s", "d", 5, ` service:"telnet" duration_s:4`)}},
		{"two sensors, one id", []string{connect("s", 1), strings.Replace(connect("s", 2), `"d"`, `"e"`, 1), closed("s", 3), strings.Replace(closed("s", 4), `"d"`, `"e"`, 1)},
			[]string{session("s", "d", 3, ` service:"telnet" duration_s:2`), session("s", "e", 4, ` service:"telnet" duration_s:2`)}},
		{"no address", []string{strings.Replace(connect("s", 1), "203.0.113.9", "host.example", 1)}, nil},
		{"a forward's address is not the attacker's", []string{connect("s", 1), cowrieLine("direct-tcpip.request", "s", 2, `,"src_ip":"127.0.0.1"`), closed("s", 3)},
			[]string{session("s", "d", 3, ` service:"telnet" duration_s:2 proxy_requests:1 proxy_targets:[]`)}},
		{"bad members", []string{connect("s", 1), cowrieLine("session.closed", "s", 2, `,"duration":["x"]`)},
			[]string{session("s", "d", 2, ` service:"telnet" duration_s:1`)}},
		{"duration beyond numbers", []string{connect("s", 1), cowrieLine("session.closed", "s", 2, `,"duration":"NaN"`)},
			[]string{session("s", "d", 2, ` service:"telnet" duration_s:1`)}},
		{"a kex without all lists", []string{cowrieLine("client.kex", "s", 1, `,"kexAlgs":["a"],"encCS":"b","macCS":[],"compCS":[]`)},
			[]string{session("s", "d", 1, "")}},
		{"a hassh that is given", []string{cowrieLine("client.kex", "s", 1, `,"kexAlgs":["a"],"encCS":[],"macCS":[],"compCS":[],"hassh":"h"`)},
			[]string{session("s", "d", 1, ` hassh:"h"`)}},
	}
	for _, tt := range tests {
		all, a := runText(t, Config{Format: "cowrie"}, strings.Join(tt.lines, "\n"))
		if diff := cmp.Diff(tt.want, ofKind(all, "session")); diff != "" {
			t.Errorf("%s: sessions differ (-want +got):\n%s\nrejections: %v", tt.name, diff, a.Rejections)
		}
	}
}

// A beacon is made of sessions in which something was done after the login.
func TestCowrieBeacon(t *testing.T) {
	tests := []struct {
		name string
		act  string // the line after the login, "" = none
		want int
	}{
		{"command", cowrieLine("command.input", "S", 3, `,"input":"ls"`), 1},
		{"file", cowrieLine("session.file_upload", "S", 3, `,"filename":"x"`), 1},
		{"forward", cowrieLine("direct-tcpip.request", "S", 3, `,"dst_ip":"192.0.2.1","dst_port":25`), 1},
		{"nothing", "", 0},
		{"a description", cowrieLine("session.params", "S", 3, `,"arch":"x"`), 0},
	}
	for _, tt := range tests {
		var lines []string
		for i := range 11 {
			for _, l := range []string{cowrieLine("session.connect", "S", 1, `,"protocol":"ssh"`), cowrieLine("login.success", "S", 2, `,"username":"a","password":"b"`), tt.act} {
				l = strings.ReplaceAll(l, `"S"`, fmt.Sprintf(`"s%d"`, i))
				lines = append(lines, strings.ReplaceAll(l, "T13:28", fmt.Sprintf("T13:%02d", 10+i)))
			}
		}
		all, _ := runText(t, Config{Format: "cowrie"}, strings.Join(lines, "\n"))
		beacons := ofKind(all, "session beacon:d:s0")
		if len(beacons) != tt.want {
			t.Errorf("%s: beacons %q, want %d", tt.name, beacons, tt.want)
		}
		want := fmt.Sprintf(`session beacon:d:s0 attacker=%s ts=2026-03-18T13:20:01Z session="s10" decky="d" beacon_interval_s:%d beacon_jitter_pct:0`, goldenAttacker, 58)
		if len(beacons) == 1 && beacons[0] != want {
			t.Errorf("%s: beacon %q, want %q", tt.name, beacons[0], want)
		}
	}
}

// A sensor that makes room for others has its sessions closed early, and one of them
// may put another rhythm in the place of one that waits behind it.
func TestSensorMakesRoom(t *testing.T) {
	var lines []string
	day := func(session, date string, closed bool) {
		lines = append(lines,
			cowrieLine("session.connect", session, 0, `,"protocol":"ssh"`),
			cowrieLine("login.success", session, 1, `,"username":"root","password":"x4qbJa5kioBM"`),
			cowrieLine("command.input", session, 2, `,"input":"id"`))
		if closed {
			lines = append(lines, cowrieLine("session.closed", session, 3, ""))
		}
		for i := range lines {
			lines[i] = strings.Replace(lines[i], "2026-03-18", date, 1)
		}
	}
	day("s1", "2026-03-22", true)
	day("s2", "2026-03-20", false) // a day early, and silent from then on
	for i := range 1100 {
		lines = append(lines, cowrieLine("session.connect", fmt.Sprint("n", i), 0, fmt.Sprintf(`,"protocol":"ssh","sensor":"n%d"`, i)))
	}
	events, _ := runText(t, Config{}, strings.Join(lines, "\n"))
	sessions := 0
	for _, ev := range events {
		if strings.HasPrefix(ev, "session ") {
			sessions++
		}
	}
	if sessions != 1102 {
		t.Errorf("%d sessions came out, want 1102: %.2000q", sessions, events)
	}
}
