package ingest

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tannerLine returns a line of TANNER's log with more members.
func tannerLine(rest string) string {
	return `{"method":"POST","path":"/a?b=c","headers":{"User-Agent":"x/1","Referer":"http://h.test/","Content-Type":"multipart/form-data; boundary=z"},"uuid":"snare-1","peer":{"ip":"203.0.113.9","port":4711},"status":404,"cookies":{"sess_uuid":"None"},"response_msg":{"version":"0.6.0","response":{"message":{"detection":{"name":"index","order":1,"type":1}}}},"timestamp":"2026-03-18T13:28:51.5"` + rest + `}`
}

// tannerID returns the source_id of the k-th of equal lines.
func tannerID(line string, k int) string {
	return strings.Replace(accessID(line, k), "access:", "tanner:", 1)
}

func TestTanner(t *testing.T) {
	plain := tannerLine("")
	posted := tannerLine(`,"post_data":{"id":"1' or '1","f":["x","y"],"n":7}`)
	text := tannerLine(`,"post_data":"a=b"`)
	id := tannerID(plain, 0)
	head := func(id string) string {
		return "http_request " + id + " attacker=" + goldenAttacker + ` ts=2026-03-18T13:28:51.5Z session="web:` + tannerID(plain, 0) + `" decky="snare-1" raw_url:"/a?b=c" method:"POST" user_agent:"x/1" referer:"http://h.test/" status:404`
	}
	const sent = ` headers:[User-Agent="x/1" Referer="http://h.test/"]`
	want := []string{
		head(id) + ` headers:[User-Agent="x/1" Referer="http://h.test/" Content-Type="multipart/form-data; boundary=z"]`,
		head(tannerID(posted, 0)) + ` body:"id=1%27+or+%271&f=x&n="` + sent,
		head(tannerID(text, 0)) + ` body:"a=b"` + sent,
		head(tannerID(plain, 1)) + ` headers:[User-Agent="x/1" Referer="http://h.test/" Content-Type="multipart/form-data; boundary=z"]`,
	}
	events, a := runText(t, Config{}, strings.Join([]string{plain, posted, text, plain}, "\n"))
	if diff := cmp.Diff(want, ofKind(events, "http_request")); diff != "" {
		t.Errorf("events differ (-want +got):\n%s\nrejections: %v", diff, a.Rejections)
	}
	if got := ofKind(events, "session web:"+id); len(got) != 1 || !strings.Contains(got[0], "http_not_found:4") {
		t.Errorf("sessions %q, want one visit with http_not_found:4", got)
	}
	if a.Direct != 4 || a.Formats.Count("tanner") != 1 {
		t.Errorf("account %+v, want 4 direct lines of tanner", a)
	}
}

// TestTannerOddTypes: a member of another type is ignored, unless the
// event needs it.
func TestTannerOddTypes(t *testing.T) {
	line := tannerLine(`,"post_data":7`)
	for _, change := range [][2]string{{`404`, `"404"`}, {`"snare-1"`, `7`}, {`"POST"`, `null`}, {`"x/1"`, `["x/1"]`}, {`{"sess_uuid":"None"}`, `[]`}, {`{"version":"0.6.0"`, `[{"version":"0.6.0"`}} {
		l := strings.Replace(line, change[0], change[1], 1)
		if strings.HasPrefix(change[1], "[{") {
			l = strings.Replace(l, `}}}}`, `}}}}]`, 1)
		}
		if _, a := runText(t, Config{Format: "tanner"}, l); a.Direct != 1 {
			t.Errorf("%s: rejected: %v", l, a.Rejections)
		}
	}
	for _, tt := range []struct{ old, new, want string }{
		{`"203.0.113.9"`, `"host"`, "no anchor: peer.ip is not an IP address"},
		{`{"ip":"203.0.113.9","port":4711}`, `"203.0.113.9"`, "no anchor: peer.ip is not an IP address"},
		{`"/a?b=c"`, `null`, "no request of TANNER: the object has no path"},
		{`"2026-03-18T13:28:51.5"`, `1`, whyNoTime},
	} {
		_, a := runText(t, Config{Format: "tanner"}, strings.Replace(line, tt.old, tt.new, 1))
		if diff := cmp.Diff([]Rejection{{"in", 1, tt.want}}, a.Rejections); diff != "" {
			t.Errorf("%s for %s: rejections differ (-want +got):\n%s", tt.new, tt.old, diff)
		}
	}
}

func FuzzTanner(f *testing.F) {
	sample, err := os.ReadFile("../../testdata/logs/tanner.json")
	if err != nil {
		f.Fatal(err)
	}
	for l := range strings.Lines(string(sample)) {
		f.Add([]byte(l))
	}
	f.Add([]byte(tannerLine(`,"post_data":{"a":null,"b":[[]],"a":"\ud800"},"headers":{"Content-Type":1}`)))
	f.Fuzz(func(t *testing.T, data []byte) { checkIdentity(t, "tanner", data) })
}
