package secrets

import (
	"strings"
	"testing"
	"time"
)

func TestMaskURLs(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no URL", "mysql -u root password=x", "mysql -u root password=x"},
		{"query", "/login?user=a&password=hunter2&next=/", "/login?user=a&password=***&next=/"},
		{"each name", "/?passwd=1&token=2&key=3&Password=4", "/?passwd=***&token=***&key=***&Password=***"},
		{"compounds", "/?access_token=a&api-key=b&apikey=c&user[password]=d&monkey=e", "/?access_token=***&api-key=***&apikey=***&user[password]=d&monkey=e"},
		{"in a command", "curl 'http://h/x?key=abc' -o y?token=z", "curl 'http://h/x?key=***' -o y?token=***"},
		{"all but & belongs to it", "/?token=a#key=b&c=d", "/?token=***&c=d"},
		{"signs in it", "/?password=ab<cd\"e'f>g h|i`j{k}l&m=n", "/?password=***&m=n"},
		{"with a host", "http://h.test/?a=b&password=a<b", "http://h.test/?a=b&password=***"},
		{"a question mark in it", "/?password=a?b&c=d", "/?password=***&c=d"},
		{"a semicolon in it", "/?password=a;b=c&d", "/?password=***&d"},
		{"a URL in it, encoded", "/?next=%2Flogin%3Fu%3Da%26password%3Dhunter2%26x&y=1", "/?next=%2Flogin%3Fu%3Da%26password%3D***%26x&y=1"},
		{"a fragment in a command", "curl http://h/?token=a#key=b", "curl http://h/?token=***#key=b"},
		{"empty value", "/?token=&x=1", "/?token=&x=1"},
		{"semicolons", "/?a=1;token=b;c=2", "/?a=1;token=***"},
		{"semicolons in a command", "curl h/?a=1;token=b;c=2", "curl h/?a=1;token=***;c=2"},
		{"second query", "/?a=/x?token=b", "/?a=/x?token=***"},
	}
	for _, tt := range tests {
		if got := MaskURLs(tt.text); got != tt.want {
			t.Errorf("%s: MaskURLs(%q) = %q, want %q", tt.name, tt.text, got, tt.want)
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
		if got := MaskPart(text, tt.start, tt.end); got != tt.want {
			t.Errorf("MaskPart(%q, %d, %d) = %q, want %q", text, tt.start, tt.end, got, tt.want)
		}
	}
}

// TestMaskManyParameters: the cost of masking grows with the text, not with its
// parameters times its length.
func TestMaskManyParameters(t *testing.T) {
	text := "/?" + strings.Repeat("a=1&", 1<<18) + "token=x"
	begin := time.Now()
	if got := MaskURLs(text); got != text[:len(text)-1]+Hidden {
		t.Errorf("MaskURLs() of many parameters ends in %q", got[len(got)-20:])
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("MaskURLs() of many parameters takes %v", d)
	}
}
