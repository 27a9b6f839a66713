package report

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestWrap(t *testing.T) {
	tests := []struct {
		in    string
		width int
		want  []string
	}{
		{"", 5, []string{""}},
		{"abc", 5, []string{"abc"}},
		{"ab cd ef", 5, []string{"ab cd", "ef"}},
		{"ab cd ef", 4, []string{"ab", "cd", "ef"}},
		{"ab   cd", 4, []string{"ab", "cd"}},
		{"abcdefgh", 3, []string{"abc", "def", "gh"}},
		{"a bcdefgh", 3, []string{"a", "bcd", "efg", "h"}},
		{"日本語", 4, []string{"日本", "語"}},
		{"日本語", 1, []string{"日", "本", "語"}},
		{"e\u0301e\u0301e\u0301", 2, []string{"e\u0301e\u0301", "e\u0301"}},
		{" abc def", 4, []string{" abc", "def"}},
	}
	for _, tt := range tests {
		if got := wrap(tt.in, tt.width); !slices.Equal(got, tt.want) {
			t.Errorf("wrap(%q, %d) = %q, want %q", tt.in, tt.width, got, tt.want)
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("ab cd ef", 3)
	f.Add("日本語 e\u0301", 1)
	f.Add(" \u0301 👩🏽‍💻", 2)
	f.Fuzz(func(t *testing.T, s string, width int) {
		width = max(1, width%50)
		s = fit(s, 200)
		var all strings.Builder
		for _, line := range wrap(s, width) {
			all.WriteString(line)
			if got := cells(line); got > width && utf8.RuneCountInString(line) > 1 {
				t.Errorf("wrap(%q, %d) has a line of %d cells: %q", s, width, got, line)
			}
		}
		squeeze := strings.NewReplacer(" ", "")
		if got, want := squeeze.Replace(all.String()), squeeze.Replace(s); got != want {
			t.Errorf("wrap(%q, %d) holds %q, want %q", s, width, got, want)
		}
	})
}

func TestFit(t *testing.T) {
	const technologist, family = "👩🏽‍💻", "👨‍👩‍👧‍👦"
	for _, s := range []string{technologist, strings.Repeat(technologist, 9), strings.Repeat(family, 40), "🏽🏽🏽🏽🏽", "🇩🇪🇩🇪🇩🇪", "a\x1bb"} {
		for width := range 30 {
			if got := fit(s, width); cells(got) > width {
				t.Errorf("fit(%q, %d) = %q of %d cells", s, width, got, cells(got))
			}
		}
	}
	if got := fit("abc", 3); got != "abc" {
		t.Errorf("fit(abc, 3) = %q, want abc", got)
	}
}

// Whole words, as long as the terminal has room for them.
func TestLayOutKeepsWords(t *testing.T) {
	columns := []Column{{Name: "NAME", Min: 10}, {Name: "TACTIC", Min: 12, Fold: 1}}
	rows := [][]string{{"Active Scanning of something long", "Reconnaissance"}}
	for _, tt := range []struct {
		width  int
		widths []int
	}{{27, []int{11, 14}}, {25, []int{25}}, {10, []int{10}}} {
		if got := layOut(columns, rows, tt.width).widths; !slices.Equal(got, tt.widths) {
			t.Errorf("layOut at width %d gives columns of %v, want %v", tt.width, got, tt.widths)
		}
	}
}

func TestLayOut(t *testing.T) {
	columns := []Column{
		{Name: "N", Numeric: true}, {Name: "NAME", Min: 5}, {Name: "LONG", Min: 10}, {Name: "A", Fold: 1}, {Name: "B", Fold: 2}, {Name: "X", Note: true},
	}
	rows := [][]string{{"1234", "name name", "lllll lllll lllll ll", "aaaa", "bbbb", strings.Repeat("x", 99)}, {"", "", "", "", "", ""}}
	tests := []struct {
		width int
		want  layout
	}{
		{0, layout{[]int{0, 1, 2, 3, 4}, nil, []int{5}, []int{4, 9, 20, 4, 4}, 6, 200}},
		{49, layout{[]int{0, 1, 2, 3, 4}, nil, []int{5}, []int{4, 9, 20, 4, 4}, 6, 43}},
		{48, layout{[]int{0, 1, 2, 3, 4}, nil, []int{5}, []int{4, 9, 19, 4, 4}, 6, 42}},
		{35, layout{[]int{0, 1, 2, 3, 4}, nil, []int{5}, []int{4, 5, 10, 4, 4}, 6, 29}},
		{34, layout{[]int{0, 1, 2, 3}, []int{4}, []int{5}, []int{4, 9, 11, 4}, 6, 28}},
		{28, layout{[]int{0, 1, 2}, []int{3, 4}, []int{5}, []int{4, 9, 11}, 6, 22}},
		{10, layout{[]int{0, 1, 2}, []int{3, 4}, []int{5}, []int{4, 5, 10}, 6, 4}},
		{1, layout{[]int{0, 1, 2}, []int{3, 4}, []int{5}, []int{4, 5, 10}, 6, 1}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, layOut(columns, rows, tt.width), cmp.AllowUnexported(layout{})); diff != "" {
			t.Errorf("layOut at width %d (-want +got):\n%s", tt.width, diff)
		}
	}
}
