package ingest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wrapped returns lines as a collector would write them.
func wrapped(t *testing.T, kind string, texts []string) string {
	var out []string
	for _, text := range texts {
		object := map[string]any{}
		switch kind {
		case "cri":
			half := len(text) / 2
			if len(out) > 0 { // by the first line the format is known
				out = append(out, "2026-03-18T13:28:01.5Z stdout P "+text[:half])
				text = text[half:]
			}
			out = append(out, "2026-03-18T13:28:01.6Z stderr F "+text)
			continue
		case "filebeat, decoded":
			var decoded any
			if json.Unmarshal([]byte(text), &decoded) != nil {
				decoded = text
			}
			object = map[string]any{"@timestamp": "2026-03-18T13:28:01.5Z", "json": decoded, "agent": map[string]any{"type": "filebeat"}}
		case "docker":
			object = map[string]any{"log": text + "\n", "stream": "stdout", "time": "2026-03-18T13:28:01.5Z"}
		case "filebeat":
			object = map[string]any{"@timestamp": "2026-03-18T13:28:01.5Z", "message": text, "agent": map[string]any{"type": "filebeat"}, "log": map[string]any{"offset": 1}}
		case "journald":
			object = map[string]any{"__REALTIME_TIMESTAMP": "1", "MESSAGE": text, "_HOSTNAME": "h"}
		}
		b, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	return strings.Join(out, "\n")
}

// TestWrapped: lines that a collector wrapped give the events of the lines.
func TestWrapped(t *testing.T) {
	logs := map[string][]string{
		"cowrie": {cowrieLine("session.connect", "s", 1, ""), cowrieLine("command.input", "s", 2, `,"input":"echo \"a\\n\""`), "", cowrieLine("session.closed", "s", 3, "")},
		"access": {accessLine(0, "GET / HTTP/1.1", `200 1 "-" "a\"b"`), accessLine(1, "GET /é HTTP/1.1", `200 1 "-" "-"`)},
		"ttp":    {`{"source_kind":"command","source_id":"c","attacker_ip":"203.0.113.9","payload":{"command_text":"id"}}`},
	}
	for format, texts := range logs {
		want, plain := runText(t, Config{}, strings.Join(texts, "\n"))
		for _, kind := range []string{"docker", "filebeat", "journald", "cri", "filebeat, decoded"} {
			name, _, _ := strings.Cut(kind, ",")
			parts := plain.Lines
			if kind == "cri" {
				parts += parts - 1
			}
			for _, given := range []string{Auto, format} {
				got, a := runText(t, Config{Format: given}, wrapped(t, kind, texts))
				if diff := cmp.Diff(want, got); diff != "" || a.Rejected > 0 || a.Lines != parts {
					t.Errorf("%s in %s, --format %s: %d lines, %d rejected; events differ (-plain +wrapped):\n%s", format, kind, given, a.Lines, a.Rejected, diff)
				}
				if a.Formats.Count(format+" in "+name) != 1 || len(a.Detected) != 1 {
					t.Errorf("%s in %s, --format %s: detected %v", format, kind, given, a.Detected)
				}
			}
		}
	}
}

// TestWrappedParts: Docker writes a long line in parts; numbers stand for what
// is no UTF-8 in a journal; a line that is not wrapped is read as it is.
func TestWrappedParts(t *testing.T) {
	l := cowrieLine("command.input", "s", 2, `,"input":"id"`)
	part := func(text string) string {
		b, _ := json.Marshal(map[string]any{"log": text, "stream": "stdout"})
		return string(b)
	}
	text := strings.Join([]string{part(l + "\n"), part(l[:20]), part(l[20:50]), part(l[50:] + "\n"), l, part(l[:10])}, "\n")
	events, a := runText(t, Config{}, text)
	if got := ofKind(events, "command"); len(got) != 3 || a.Absorbed != 3 || a.Rejected != 0 || a.Unfinished != 10 {
		t.Errorf("%d commands of %q, %d absorbed, %d rejected, %d bytes unfinished, want 3, 3, 0, 10", len(got), events, a.Absorbed, a.Rejected, a.Unfinished)
	}
	numbers := make([]int, len(l))
	for i := range l {
		numbers[i] = int(l[i])
	}
	b, _ := json.Marshal(map[string]any{"MESSAGE": numbers, "__CURSOR": "x"})
	if events, a := runText(t, Config{}, string(b)); len(ofKind(events, "command")) != 1 {
		t.Errorf("a message in numbers: events %q, account %+v", events, a)
	}
	long := strings.Repeat(part(strings.Repeat("x", 600))+"\n", 10)
	if _, a := runText(t, Config{Format: "cowrie", MaxLine: 4096}, part(l+"\n")+"\n"+long); a.Rejected != 1 && a.Rejected != 2 {
		t.Errorf("parts without an end: %d rejected, want them bounded", a.Rejected)
	}
}

func TestDiagnose(t *testing.T) {
	const tried = "no known format: tried ttp, cowrie, heralding, dionaea, tanner, access"
	for text, want := range map[string]string{
		`{"timestamp":"2026-01-01T00:00:00","flow_id":1,"event_type":"alert","src_ip":"192.0.2.1"}`:  "Suricata EVE",
		`{"ts":1.5,"uid":"C1","id.orig_h":"192.0.2.1"}`:                                              "Zeek as JSON",
		"#separator \\x09\n#set_separator\t,":                                                        "a Zeek log with tabs",
		"2018-05-06T00:00:01+0000 [HoneyPotSSHTransport,1,192.0.2.1] login attempt":                  "Cowrie's text log",
		"timestamp,duration,session_id,source_ip":                                                    "Heralding's log of sessions as CSV",
		`{"uuid":"u","source_kind":"command","source_id":"c","technique_id":"T1082","rule_id":"R1"}`: "tags that ttpctl printed",
		"PK\x03\x04\x14\x00":                    "a zip archive",
		"{\x00\"\x00a\x00\"\x00:\x001\x00}\x00": "UTF-16",
		`{"a":1}`:                               "a JSON object of another kind",
		"May  6 00:00:01 host sshd[1]: x":       "a log of systemd or syslog as text",
		"hello":                                 "",
	} {
		want := strings.TrimSuffix(tried+"; the first line looks like "+want, "; the first line looks like ")
		_, a := runText(t, Config{}, text)
		if len(a.Unknown) != 1 || a.Unknown[0].Err.Error() != want {
			t.Errorf("%q: unknown %v, want %q", text, a.Unknown, want)
		}
		if len(a.Detected) != 1 || a.Detected[0].Format != "unknown" {
			t.Errorf("%q: detected %v", text, a.Detected)
		}
	}
	if _, a := runText(t, Config{}, cowrieLine("session.connect", "s", 1, "")); len(a.Unknown) != 0 {
		t.Errorf("a Cowrie log: unknown %v", a.Unknown)
	}
}
