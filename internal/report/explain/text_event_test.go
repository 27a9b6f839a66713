package explain

import (
	"testing"

	"ttpctl/internal/event"
)

func TestTextEventOfARequest(t *testing.T) {
	for _, tt := range []struct{ text, method, url, body, agent string }{
		{"GET /a?b=c d HTTP/1.1", "GET", "/a?b=c d", "", ""},
		{"GET /a", "GET", "/a", "", ""},
		{"/a b", "", "/a b", "", ""},
		{"get /a", "", "get /a", "", ""},
		{" /a", "", " /a", "", ""},
		{"POST /a HTTP/1.1\r\nUser-Agent: x:y \r\nbroken\r\n\r\nq=1\r\n\r\n2", "POST", "/a", "q=1\r\n\r\n2", "x:y"},
	} {
		ev := textEvent(event.KindHTTPRequest, tt.text, 3)
		for field, want := range map[string]string{"method": tt.method, "raw_url": tt.url, "body": tt.body, "user_agent": tt.agent} {
			if got, _ := ev.Text(event.MustField(event.KindHTTPRequest, field)); got != want {
				t.Errorf("textEvent(%q) has the %s %q, want %q", tt.text, field, got, want)
			}
		}
		if ev.SourceID != "line 3" {
			t.Errorf("textEvent(%q) has the id %q", tt.text, ev.SourceID)
		}
	}
}
