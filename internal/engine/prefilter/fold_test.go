package prefilter

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestAppendFold(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"lower", "wget -q http://a/b", "wget -q http://a/b"},
		{"bounds of the letters", "@AZ[`az{", "@az[`az{"},
		{"less than a word", "WGet", "wget"},
		{"a word", "WGETCURL", "wgetcurl"},
		{"words and rest", "CD /TMP; WGET X", "cd /tmp; wget x"},
		{"kelvin and long s", "\u212AE\u017FU", "kesu"},
		{"late rune", "ABCDEFGHIJ\u212AKLM", "abcdefghijkklm"},
		{"sigma", "Σσς", "ΣΣΣ"},
		{"accents", "éÉ", "ÉÉ"},
		{"no case", "漢字\U0001F600", "漢字\U0001F600"},
		{"invalid", "A\xffB\xc3(", "a\uFFFDb\uFFFD("},
		{"cut rune", "A\xe2\x84", "a\uFFFD\uFFFD"},
		{"zero bytes", "\x00A\x00", "\x00a\x00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(AppendFold(nil, tt.in)); got != tt.want {
				t.Errorf("AppendFold(nil, %q) = %q, want %q", tt.in, got, tt.want)
			}
			if got := string(AppendFold([]byte("X"), []byte(tt.in))); got != "X"+tt.want {
				t.Errorf("AppendFold(%q, []byte(%q)) = %q, want %q", "X", tt.in, got, "X"+tt.want)
			}
		})
	}
}

func TestFoldEqualsWithinOrbits(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		f, next := foldRune(r), unicode.SimpleFold(r)
		if g := foldRune(next); f != g {
			t.Fatalf("foldRune(%U) = %U, but foldRune(%U) = %U", r, f, next, g)
		}
		if f != r && !strings.EqualFold(string(f), string(r)) {
			t.Fatalf("foldRune(%U) = %U, of another orbit", r, f)
		}
	}
}

func FuzzAppendFold(f *testing.F) {
	for _, s := range []string{"", "WGET", "ABCDEFGHIJ\u212AKLM\xffNOPQRSTUVWX", "Σ\xe2\x84"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := AppendFold(nil, s)
		var want []byte
		for _, r := range s {
			want = utf8.AppendRune(want, foldRune(r))
		}
		if string(got) != string(want) {
			t.Errorf("AppendFold(nil, %q) = %q, want %q", s, got, want)
		}
		if twice := AppendFold(nil, got); string(twice) != string(got) {
			t.Errorf("AppendFold(nil, %q) = %q, want it unchanged", got, twice)
		}
		if len(got) > 3*len(s) {
			t.Errorf("len(AppendFold(nil, %q)) = %d, want at most %d", s, len(got), 3*len(s))
		}
	})
}
