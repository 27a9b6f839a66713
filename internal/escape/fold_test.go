package escape

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestFold(t *testing.T) {
	tests := []struct {
		text  string
		width int
		want  []string
	}{
		{"", 5, []string{""}},
		{"uname -a", 8, []string{"uname -a"}},
		{"uname -a", 7, []string{"uname", "-a"}},
		{"a bbbbbbbbbbbb", 6, []string{"a bbbb", "bbbbbb", "bb"}}, // the blank is too early to break at
		{"wget http://192.0.2.1/x", 12, []string{"wget http://", "192.0.2.1/x"}},
		{"日本語日本語", 5, []string{"日本", "語日", "本語"}},
		{"a\x1b[2Jb", 6, []string{`a\x1b[`, "2Jb"}},
		{"a\x1bb", 3, []string{"a", `\x1b`, "b"}},             // an escape wider than a line stays whole
		{"\x00\xe2\xff", 3, []string{`\x00`, `\xe2`, `\xff`}}, // one character to Unicode, three escapes to see
		{" 0\xff0", 3, []string{"", "0", `\xff`, "0"}},        // too wide still, behind the blank that was broken at
	}
	for _, tt := range tests {
		if got := Fold(tt.text, tt.width); !slices.Equal(got, tt.want) {
			t.Errorf("Fold(%q, %d) = %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

// indivisible is what may be wider than a line: one escape or one character.
var indivisible = regexp.MustCompile(`^(\\[ntra]|\\x[0-9a-f]{2}|\\u\{[0-9a-f]+\}|\PM\pM*)$`)

func FuzzFold(f *testing.F) {
	f.Add("wget http://x/y; chmod +x y", 7)
	f.Add("é\x00\u202e日本 \xff", 3)
	f.Fuzz(func(t *testing.T, s string, width int) {
		width = width%40 + 41
		lines := Fold(s, width)
		for _, l := range lines {
			if Width(l) > width && !indivisible.MatchString(l) {
				t.Errorf("%q is %d cells wide, want at most %d", l, Width(l), width)
			}
			if Terminal(l) != l {
				t.Errorf("%q is not safe to show", l)
			}
		}
		blankless := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got, want := blankless(strings.Join(lines, "")), blankless(Terminal(s)); got != want {
			t.Errorf("folding %q gives %q, want %q", s, got, want)
		}
	})
}
