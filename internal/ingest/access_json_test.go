package ingest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	nginxJSON = `{"time_iso8601":"2026-03-18T13:00:00+00:00","remote_addr":"203.0.113.9","request":"GET /a?q=\"x\" HTTP/1.1","status":"404","body_bytes_sent":"153","http_referer":"-","http_user_agent":"curl/8.5.0"}`
	caddyJSON = `{"level":"info","ts":1773838800.25,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"203.0.113.9","remote_port":"4711","client_ip":"203.0.113.9","proto":"HTTP/1.1","method":"POST","host":"h.test","uri":"/a?b=c","headers":{"User-Agent":["x/1"],"Referer":["http://h.test/"],"Cookie":["REDACTED"]}},"bytes_read":3,"user_id":"","duration":0.01,"size":17,"status":200,"resp_headers":{"Server":["Caddy"]}}`
	traefik   = `{"ClientAddr":"203.0.113.9:51012","ClientHost":"203.0.113.9","ClientUsername":"-","DownstreamContentSize":19,"DownstreamStatus":404,"Duration":81234,"RequestAddr":"h.test","RequestMethod":"GET","RequestPath":"/a?b=c","RequestProtocol":"HTTP/1.1","StartUTC":"2026-03-18T13:00:00.5Z","entryPointName":"web","level":"info","msg":"","request_User-Agent":"x/2","time":"2026-03-18T13:00:01Z"}`
)

// TestAccessJSON: nginx, Caddy and Traefik, recognised by their lines, and the
// virtual host before a line of the combined format.
func TestAccessJSON(t *testing.T) {
	const head = "attacker=" + goldenAttacker + " ts="
	vhost := "h.test:443 " + accessLine(0, "GET / HTTP/1.1", `200 1 "-" "-"`)
	for _, tt := range []struct{ name, line, ts, want string }{
		{"nginx", nginxJSON, "2026-03-18T13:00:00+00:00", `raw_url:"/a?q=\"x\"" method:"GET" user_agent:"curl/8.5.0" status:404`},
		{"Caddy", caddyJSON, "2026-03-18T13:00:00.25Z", `raw_url:"/a?b=c" method:"POST" user_agent:"x/1" referer:"http://h.test/" status:200 headers:[User-Agent=["x/1"] Referer=["http://h.test/"] Cookie=["REDACTED"]]`},
		{"Traefik", traefik, "2026-03-18T13:00:00.5Z", `raw_url:"/a?b=c" method:"GET" user_agent:"x/2" status:404`},
		{"a virtual host", vhost, "2026-03-18T13:00:00Z", `raw_url:"/" method:"GET" status:200`},
		{"a virtual host by address", "[2001:db8::1]:8443 " + accessLine(0, "GET / HTTP/1.1", `200 1`), "2026-03-18T13:00:00Z", `raw_url:"/" method:"GET" status:200`},
	} {
		events, a := runText(t, Config{Format: "auto"}, tt.line)
		id := accessID(tt.line, 0)
		want := []string{"http_request " + id + " " + head + tt.ts + ` session="web:` + id + `" ` + tt.want}
		if diff := cmp.Diff(want, ofKind(events, "http_request")); diff != "" {
			t.Errorf("%s: events differ (-want +got):\n%s\nrejections: %v", tt.name, diff, a.Rejections)
		}
	}
}

func TestAccessJSONRejections(t *testing.T) {
	const name = "h.test "
	for _, tt := range []struct{ line, reason string }{
		{strings.Replace(nginxJSON, "203.0.113.9", "h.test", 1), "no anchor: the object names no client's IP address"},
		{strings.Replace(nginxJSON, "404", "x", 1), "no access log line: the object has no status"},
		{strings.Replace(caddyJSON, `"status":200`, `"status":1e300`, 1), "no access log line: the object has no status"},
		{strings.Replace(caddyJSON, `"status":200`, `"status":200.5`, 1), "no access log line: the object has no status"},
		{strings.Replace(caddyJSON, `"size":17`, `"size":-17`, 1), "status or size is not a number"},
		{strings.Replace(caddyJSON, `1773838800.25`, `1e18`, 1), whyNoTime},
		{strings.Replace(caddyJSON, `1773838800.25`, `"soon"`, 1), whyNoTime},
		{`{"status":200`, "invalid JSON: it ends too early"},
		{`{}`, "no access log line: the object has no status"},
		{`{"request":` + strings.Repeat("[", 80), "nested deeper than 64 levels"},
		{name + accessLine(0, "GET / HTTP/1.1", "200 1"), "no anchor: the line does not begin with an IP address"},
		{"h.test:x " + accessLine(0, "GET / HTTP/1.1", "200 1"), "no anchor: the line does not begin with an IP address"},
	} {
		_, a := runText(t, Config{Format: "access"}, tt.line)
		if diff := cmp.Diff([]Rejection{{"in", 1, tt.reason}}, a.Rejections); diff != "" {
			t.Errorf("%s: rejections differ (-want +got):\n%s", tt.line, diff)
		}
	}
}

// TestVisitsCountWhatIsNotThere: 404 and 410 are.
func TestVisitsCountWhatIsNotThere(t *testing.T) {
	var log []string
	for i, status := range []string{"200", "404", "410", "403", "404", "500"} {
		log = append(log, accessLine(i, "GET / HTTP/1.1", status+" 1"))
	}
	events, _ := runText(t, Config{Format: "access"}, strings.Join(log, "\n"))
	if got := ofKind(events, "session"); len(got) != 1 || !strings.Contains(got[0], "http_not_found:3") {
		t.Errorf("sessions %q, want one with http_not_found:3", got)
	}
}
