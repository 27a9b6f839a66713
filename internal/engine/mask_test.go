package engine

import (
	"strings"
	"testing"
	"time"

	"ttpctl/internal/event"
)

func TestMask(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no URL", "mysql -u root password=x", "mysql -u root password=x"},
		{"query", "/login?user=a&password=hunter2&next=/", "/login?user=a&password=***&next=/"},
		{"each name", "/?passwd=1&token=2&key=3&Password=4", "/?passwd=***&token=***&key=***&Password=***"},
		{"compounds", "/?access_token=a&api-key=b&apikey=c&user[password]=d&monkey=e", "/?access_token=***&api-key=***&apikey=***&user[password]=d&monkey=e"},
		{"in a command", "curl 'http://h/x?key=abc' -o y?token=z", "curl 'http://h/x?key=***' -o y?token=***"},
		{"fragment ends it", "/?token=a#key=b", "/?token=***#key=b"},
		{"empty value", "/?token=&x=1", "/?token=&x=1"},
		{"semicolons", "/?a=1;token=b;c=2", "/?a=1;token=***;c=2"},
		{"second query", "/?a=/x?token=b", "/?a=/x?token=***"},
	}
	for _, tt := range tests {
		if got := mask(tt.text, 0, len(tt.text)); got != tt.want {
			t.Errorf("%s: mask(%q) = %q, want %q", tt.name, tt.text, got, tt.want)
		}
	}
}

// A part of a secret is a secret too.
func TestMaskPart(t *testing.T) {
	const text = "/login?password=hunter2&x=1"
	begin, end := strings.Index(text, "hunter2"), strings.Index(text, "&")
	for _, tt := range []struct {
		start, end int
		want       string
	}{{begin, end, "***"}, {begin + 2, end - 1, "***"}, {begin + 2, len(text), "***&x=1"}, {0, begin, "/login?password="}, {0, begin + 1, "/login?password=***"}} {
		if got := mask(text, tt.start, tt.end); got != tt.want {
			t.Errorf("mask(%q, %d, %d) = %q, want %q", text, tt.start, tt.end, got, tt.want)
		}
	}
}

// Neither the field nor what matched shows a secret, and the event keeps it.
func TestEvidenceHidesSecrets(t *testing.T) {
	rs := compileRule(t, "http_request", "  pattern: 'hunter\\d&x'\nevidence_fields: [raw_url]")
	ev := &event.Event{SourceID: "1", AttackerUUID: "a"}
	ev.SetKind("http_request")
	ev.SetField("raw_url", event.StringValue("/?token=hunter2&x=1"))
	tags := NewSnapshot(rs, nil, testNow).Evaluate(nil, ev, testNow, NewScratch())
	if len(tags) != 1 || string(tags[0].Evidence) != `{"matched":"***&x","raw_url":"/?token=***&x=1"}` {
		t.Errorf("Evaluate = %+v, want evidence without the secret", tags)
	}
}

// TestMaskManyParameters: the cost of masking grows with the text, not with its
// parameters times its length.
func TestMaskManyParameters(t *testing.T) {
	text := "/?" + strings.Repeat("a=1&", 1<<18) + "token=x"
	begin := time.Now()
	if got := mask(text, 0, len(text)); got != text[:len(text)-1]+masked {
		t.Errorf("mask() of many parameters ends in %q", got[len(got)-20:])
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("mask() of many parameters takes %v", d)
	}
}
