package ingest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadHoneytokens(t *testing.T) {
	tests := []struct {
		name, text string
		want       [][2]string
		err        string
	}{
		{"pairs", "# planted in May\n\n  # by: us\nbackup:x:y \r\nroot:\n", [][2]string{{"backup", "x:y "}, {"root", ""}}, ""},
		{"empty", "", nil, ""},
		{"no colon", "a:b\nsecret\n", nil, "line 2: want username:password"},
		{"no user name", ":secret", nil, "line 1: want username:password"},
		{"not text", "a:\xff", nil, "line 1: want username:password"},
		{"too long", "a:b\nc:" + strings.Repeat("x", 5000), nil, "line 2: a line is shorter than 4096 bytes"},
		{"too many", strings.Repeat("a:b\n", 10_001), nil, "line 10001: more than 10000 honeytokens"},
	}
	for _, tt := range tests {
		got, err := ReadHoneytokens(strings.NewReader(tt.text))
		if diff := cmp.Diff(tt.want, got); diff != "" || errorText(err) != tt.err {
			t.Errorf("%s: ReadHoneytokens() = %v, want %q; pairs differ (-want +got):\n%s", tt.name, err, tt.err, diff)
		}
	}
}
