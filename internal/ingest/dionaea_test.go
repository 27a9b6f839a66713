package ingest

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dionaeaConnection returns a line of log_json.
func dionaeaConnection(protocol, kind, rest string) string {
	return `{"connection":{"protocol":"` + protocol + `","transport":"tcp","type":"` + kind + `"},"dst_ip":"192.0.2.5","dst_port":21,"src_hostname":"","src_ip":"203.0.113.9","src_port":4711,"timestamp":"2026-03-18T13:28:51.5"` + rest + `}`
}

// dionaeaIncident returns a line of log_incident.
func dionaeaIncident(origin, rest string) string {
	return `{"name":"dionaea","origin":"dionaea.` + origin + `","timestamp":"2026-03-18T13:28:51.5","data":{` + rest + `"connection":{"id":1,"protocol":"mysqld","transport":"tcp","local_ip":"192.0.2.5","local_port":3306,"remote_hostname":"","remote_ip":"::ffff:203.0.113.9","remote_port":4711}}}`
}

const someCredentials = `,"credentials":[{"username":"bond","password":"shaken"}]`

// dionaeaID returns the source_id of a line without others like it.
func dionaeaID(line string) string {
	return strings.Replace(accessID(line, 0), "access:", "dionaea:", 1)
}

func TestDionaea(t *testing.T) {
	const anchors = ` attacker=` + goldenAttacker + ` ts=2026-03-18T13:28:51.5Z session="203.0.113.9:4711-`
	const tail = `" decky="192.0.2.5" `
	for _, tt := range []struct {
		name, line string
		want       []string // kind, suffix of the id, local port, payload
	}{
		{"credentials and commands of FTP", dionaeaConnection("ftpd", "accept", someCredentials+`,"ftp":{"commands":[{"command":"PASS","arguments":["shaken"]},{"command":"RETR","arguments":["a","b"]},{"command":"QUIT","arguments":null}]}`), []string{
			`auth_attempt #auth0 21 username:"bond" password:"shaken" service:"ftp" method:"password"`,
			`session #ops 21 op_text:"PASS ***\nRETR a b\nQUIT" service:"ftp"`}},
		{"flat data", dionaeaConnection("mssqld", "accept", `,"credentials":{"username":["a","b"],"password":["x","y"]},"ftp":{"commands":{"command":["LIST"],"arguments":["-a"]}}`), []string{
			`auth_attempt #auth0 21 username:"a" password:"x" service:"mssql" method:"password"`,
			`auth_attempt #auth1 21 username:"b" password:"y" service:"mssql" method:"password"`,
			`session #ops 21 op_text:"LIST -a" service:"mssql"`}},
		{"the answer to a challenge is no password", dionaeaIncident("modules.python.mysql.login", `"username":"root","password":"",`), []string{
			`auth_attempt #auth0 3306 username:"root" service:"mysql" method:"password"`}},
		{"a default pair", dionaeaIncident("modules.python.ftp.login", `"username":"root","password":"root",`), []string{
			`auth_attempt #auth0 3306 username:"root" password:"root" service:"mysql" method:"password" default_attempt:true`}},
		{"a statement", dionaeaIncident("modules.python.mysql.command", `"command":3,"args":["show databases"],`), []string{`session #ops 3306 op_text:"show databases" service:"mysql"`}},
		{"a statement in UTF-16", dionaeaIncident("modules.python.mssql.cmd", `"status":"complete","cmd":"s\u0000e\u0000",`), []string{`session #ops 3306 op_text:"se" service:"mysql"`}},
		{"a command of FTP", dionaeaIncident("modules.python.ftp.command", `"command":"pass","arguments":["x"],`), []string{`session #ops 3306 op_text:"pass ***" service:"mysql"`}},
		{"a file that was named", dionaeaIncident("download.offer", `"url":"http://192.0.2.1/x",`), []string{`payload #file 3306 url:"http://192.0.2.1/x" origin:"attempt"`}},
		{"a file that was fetched", dionaeaIncident("download.complete.hash", `"url":"tftp://192.0.2.1/x","md5hash":"00ff","file":"/d/00ff",`), []string{`payload #file 3306 url:"tftp://192.0.2.1/x" filename:"00ff" origin:"download"`}},
		{"a file that was sent", dionaeaIncident("download.complete.hash", `"url":"smb://192.0.2.1","md5hash":"00ff",`), []string{`payload #file 3306 url:"smb://192.0.2.1" filename:"00ff" origin:"upload"`}},
	} {
		var want []string
		for _, w := range tt.want {
			kind, rest, _ := strings.Cut(w, " ")
			suffix, rest, _ := strings.Cut(rest, " ")
			port, payload, _ := strings.Cut(rest, " ")
			want = append(want, kind+" "+dionaeaID(tt.line)+suffix+anchors+port+tail+payload)
		}
		events, a := runText(t, Config{}, tt.line)
		if diff := cmp.Diff(want, events[:min(len(events), len(want))]); diff != "" {
			t.Errorf("%s: events differ (-want +got):\n%s\nrejections: %v", tt.name, diff, a.Rejections)
		}
		if a.Direct != 1 || a.Formats.Count("dionaea") != 1 {
			t.Errorf("%s: account %+v, want one direct line", tt.name, a)
		}
	}
}

// TestDionaeaIgnored: what no kind of event holds is ignored under its name,
// and a member of an odd type costs no more than its line.
func TestDionaeaIgnored(t *testing.T) {
	for line, want := range map[string]string{
		dionaeaIncident("connection.tcp.accept", ""):                                                        "dionaea.connection.tcp.accept",
		dionaeaIncident("download.complete.unique", `"url":"http://192.0.2.1/x",`):                          "dionaea.download.complete.unique",
		dionaeaIncident("modules.python.mysql.command", `"command":1,`):                                     "dionaea.modules.python.mysql.command",
		dionaeaIncident("modules.python.mysql.command", `"args":{"a":1},`):                                  "dionaea.modules.python.mysql.command",
		dionaeaIncident("modules.python.ftp.login", `"username":1,"password":[],`):                          "dionaea.modules.python.ftp.login",
		dionaeaConnection("smbd", "accept", ""):                                                             "connection without credentials or commands",
		dionaeaConnection("smbd", "accept", `,"credentials":7,"ftp":[]`):                                    "connection without credentials or commands",
		dionaeaConnection("smbd", "accept", `,"credentials":[7,{"username":null}]`):                         "connection without credentials or commands",
		dionaeaConnection("smbd", "connect", ""):                                                            "connection: connect",
		dionaeaConnection("ftpd", "accept", `,"credentials":[{"username":"GET / HTTP/1.1","password":""}]`): foreignLogin,
	} {
		_, a := runText(t, Config{Format: "dionaea"}, line+"\n"+dionaeaConnection("ftpd", "accept", someCredentials))
		if a.Ignored != 1 || a.Direct != 1 || a.IgnoredTypes.Count(want) != 1 {
			t.Errorf("%s: ignored as %v, want %q", line, a.IgnoredTypes.Names(), want)
		}
	}
}

func TestDionaeaRejections(t *testing.T) {
	login := dionaeaConnection("ftpd", "accept", someCredentials)
	for line, want := range map[string]string{
		strings.Replace(login, "203.0.113.9", "host", 1):        "no anchor: the connection names no client's IP address",
		strings.Replace(login, `"203.0.113.9"`, `["x"]`, 1):     "no anchor: the connection names no client's IP address",
		strings.Replace(login, "2026-03-18T13:28:51.5", "x", 1): whyNoTime,
		`{"connection":7}`:                 "neither a connection nor an incident of Dionaea",
		`{"origin":"dionaea.x","data":[]}`: "neither a connection nor an incident of Dionaea",
		`{"connection":{}`:                 "invalid JSON: it ends too early",
	} {
		_, a := runText(t, Config{Format: "dionaea"}, line)
		if diff := cmp.Diff([]Rejection{{"in", 1, want}}, a.Rejections); diff != "" {
			t.Errorf("%s: rejections differ (-want +got):\n%s", line, diff)
		}
	}
}

// TestDionaeaGuessing: five pairs of one line are an episode, the same pair
// again is none of its own event, and equal lines have ids of their own.
func TestDionaeaGuessing(t *testing.T) {
	line := dionaeaConnection("mssqld", "accept", `,"credentials":{"username":["sa","sa","sa","sa","sa"],"password":["1","2","3","4","5"]}`)
	events, a := runText(t, Config{}, line+"\n"+line)
	const id = "auth_attempt auth:192.0.2.5:203.0.113.9:4711-21@2026-03-18T13:28:51.5Z:mssql"
	if got := ofKind(events, id); len(got) != 1 || !strings.Contains(got[0], "fail_count:10") || len(ofKind(events, id+":sa")) != 1 {
		t.Errorf("no episode of ten failures, or none of the account, in %q", events)
	}
	if a.Direct != 1 || a.Absorbed != 1 {
		t.Errorf("%d direct and %d absorbed, want 1 and 1", a.Direct, a.Absorbed)
	}
}

func FuzzDionaea(f *testing.F) {
	sample, err := os.ReadFile("../../testdata/logs/dionaea.json")
	if err != nil {
		f.Fatal(err)
	}
	for l := range strings.Lines(string(sample)) {
		f.Add([]byte(l))
	}
	f.Add([]byte(dionaeaConnection("ftpd", "accept", `,"credentials":{"username":[null,1],"password":"x"},"ftp":{"commands":{"command":[]}}`)))
	f.Add([]byte(dionaeaIncident("modules.python.mssql.cmd", `"cmd":"\ud800",`)))
	f.Fuzz(func(t *testing.T, data []byte) { checkIdentity(t, "dionaea", data) })
}
