package ingest

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHeralding(t *testing.T) {
	line := func(session, at, rest string) string {
		return `{"service":"vnc","session":"` + session + `","src_ip":"203.0.113.9","timestamp":"2025-02-22 08:12:` + at + `","dst_port":5900,"success":false,` + rest + `}`
	}
	events, a := runText(t, Config{}, strings.Join([]string{
		line("a", "21.043131", `"username":null,"password":null`),
		line("b", "22.5", `"username":null,"password":"security"`),
		line("b", "22.5", `"username":"root","password":"root"`),
		line("b", "23.0", `"username":"root","password":"root"`), // again
		line("c", "24.0", `"username":"GET / HTTP/1.1","password":""`),
		line("", "25.0", `"username":"x","password":"y"`),
		strings.Replace(line("d", "26.0", `"username":"x","password":"y"`), "203.0.113.9", "host", 1),
		line("d", "x", `"username":"x","password":"y"`),
		strings.Replace(line("e", "27.0", `"username":"x","password":"y"`), "false", "true", 1),
	}, "\n"))
	head := func(id string) string {
		session, _, _ := strings.Cut(id, "#")
		_, at, _ := strings.Cut(id, "@")
		return "auth_attempt " + id + " attacker=" + goldenAttacker + " ts=" + at[:strings.LastIndexByte(at, '.')] + ` session="` + session + `"`
	}
	want := []string{
		head("a#auth@2025-02-22T08:12:21.043131Z.0") + ` username:"" service:"vnc" method:"password" result:"fail"`,
		head("b#auth@2025-02-22T08:12:22.5Z.0") + ` username:"" password:"security" service:"vnc" method:"password" result:"fail"`,
		head("b#auth@2025-02-22T08:12:22.5Z.1") + ` username:"root" password:"root" service:"vnc" method:"password" result:"fail" default_attempt:true`,
		head("e#auth@2025-02-22T08:12:27.0Z.0") + ` username:"x" password:"y" service:"vnc" method:"password" result:"success"`,
	}
	if diff := cmp.Diff(want, events[:min(len(events), len(want))]); diff != "" {
		t.Errorf("events differ (-want +got):\n%s", diff)
	}
	if a.Direct != 4 || a.Absorbed != 1 || a.Ignored != 1 || a.Rejected != 3 || a.Formats.Count("heralding") != 1 {
		t.Errorf("account %+v, want 4 direct, 1 absorbed, 1 ignored, 3 rejected", a)
	}
	if n := len(ofKind(events, "auth_attempt auth::a@2025-02-22T08:12:21.043131Z:vnc")); n == 0 {
		t.Errorf("no episode among %q", events)
	}
}

// Rows of Heralding's CSV, of old and new versions, give what the same attempts
// as JSON give.
func TestHeraldingCSV(t *testing.T) {
	object := func(session, at, password string) string {
		return `{"service":"telnet","session":"` + session + `","src_ip":"203.0.113.9","timestamp":"2025-02-22 08:12:` + at + `","success":false,"username":"bond","password":` + password + `}`
	}
	want, _ := runText(t, Config{}, strings.Join([]string{
		object("s1", "21.5", `"a,\"b"`), object("s2", "22.5", `""`), object("s3", "23.5", `null`), object("s4", "24.5", `"x"`), object("s5", "25.5", `"日"`),
	}, "\n"))
	rows := []string{
		"timestamp,auth_id,session_id,source_ip,source_port,destination_ip,destination_port,protocol,username,password,password_hash",
		`2025-02-22 08:12:21.5,i1,s1,203.0.113.9,51551,192.0.2.5,23,telnet,bond,"a,""b",`,
		`2025-02-22 08:12:22.5,i2,s2,203.0.113.9,51551,,23,telnet,bond,,`,
		`2025-02-22 08:12:23.5,i3,s3,203.0.113.9,51551,192.0.2.5,23,telnet,bond,,$vnc$*1`,
		`2025-02-22 08:12:24.5,i4,s4,203.0.113.9,51551,23,telnet,bond,x`,
		`2025-02-22 08:12:25.5,i5,s5,203.0.113.9,51551,192.0.2.5,23,telnet,bond,日`,
		`2025-02-22 08:12:26.5,i6,s6,203.0.113.9,51551,192.0.2.5,23,telnet,bond,"open`,
		`2025-02-22 08:12:27.5,i7,s7,host,51551,192.0.2.5,23,telnet,bond,x`,
		`short,row`,
	}
	for _, first := range []int{0, 1} { // a rotated file has no header
		got, a := runText(t, Config{}, strings.Join(rows[first:], "\n"))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("from row %d: events differ (-JSON +CSV):\n%s", first, diff)
		}
		if a.Rejected != 3 || a.Ignored != 1-first || a.Formats.Count("heralding") != 1 {
			t.Errorf("from row %d: account %+v, want 3 rejected", first, a)
		}
	}
}

// TestHeraldingCapture counts a real log against a count of its own.
func TestHeraldingCapture(t *testing.T) {
	text, err := os.ReadFile("../../../shared/data/auth/heralding.jsonl")
	if err != nil {
		t.Skip("shared/data absent")
	}
	type attempt struct {
		SrcIP    string `json:"src_ip"`
		Service  string
		Username string
		Password *string
	}
	distinct, n := make(map[string]bool), 0
	for l := range strings.Lines(string(text)) {
		var at attempt
		if err := json.Unmarshal([]byte(l), &at); err != nil {
			t.Fatal(err)
		}
		n++
		key, _ := json.Marshal(at)
		distinct[string(key)] = true
	}
	_, a := runText(t, Config{}, string(text))
	if a.Rejected+a.Ignored != 0 || a.Direct+a.Absorbed != n || a.Direct < len(distinct) || a.Direct > len(distinct)+20 {
		t.Errorf("%d lines: %d direct, %d absorbed, %d ignored, %d rejected; want %d distinct attempts, and those that begin a day's default pairs", n, a.Direct, a.Absorbed, a.Ignored, a.Rejected, len(distinct))
	}
}
