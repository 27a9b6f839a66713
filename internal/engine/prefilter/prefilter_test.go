package prefilter

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLiteral(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
	}{
		{"plain", "wget ", []string{"wget "}},
		{"folded", "W\u212A\u017F", []string{"wks"}},
		{"empty", "", nil},
		{"invalid only", "\xa9\xff", nil},
		// The text "éshadow" contains it, and its fold no U+FFFD.
		{"begins within a rune", "\xa9Shadow", []string{"shadow"}},
		{"rarest run", "a\xffmasscan\xffb", []string{"masscan"}},
		{"long at the start", "masscan" + strings.Repeat(" ", 40), []string{"masscan" + strings.Repeat(" ", 25)}},
		{"long at the end", strings.Repeat(" ", 40) + "masscan", []string{strings.Repeat(" ", 25) + "masscan"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Literal(tt.in).Literals()); diff != "" {
				t.Errorf("Literal(%q) differs (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func FuzzLiteralAdmits(f *testing.F) {
	f.Add("é", "\xa9Shadow", "x")
	f.Add("\xe2\x84", "\xaa", "")
	f.Fuzz(func(t *testing.T, before, literal, after string) {
		if text := before + literal + after; !admits(Literal(literal), text) {
			t.Errorf("Literal(%q) = %q rejects %q, which contains it", literal, Literal(literal).Literals(), text)
		}
	})
}

func TestUnion(t *testing.T) {
	wget, curl, sudo := Literal("wget"), Literal("curl"), Literal("sudo wget")
	tests := []struct {
		name string
		sets []Set
		want []string
	}{
		{"none", nil, nil},
		{"one", []Set{wget}, []string{"wget"}},
		{"two", []Set{wget, curl}, []string{"curl", "wget"}},
		{"twice", []Set{wget, wget}, []string{"wget"}},
		{"contained", []Set{sudo, wget}, []string{"wget"}},
		{"zero", []Set{wget, {}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Union(tt.sets...).Literals()); diff != "" {
				t.Errorf("Union(%s) differs (-want +got):\n%s", tt.name, diff)
			}
		})
	}
}

func TestStems(t *testing.T) {
	for _, tt := range []struct {
		name           string
		literals, want []string
	}{
		{"nothing", nil, []string{}},
		{"few runes of a block", []string{"\u200b", "\u200e", "\u200f", "\u2060"}, []string{"\u200b", "\u200e", "\u200f", "\u2060"}},
		{"many", []string{"a", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2060"}, []string{"a", "\xe2\x80", "\u2060"}},
		{"many with more behind", []string{"\u200b", "\u200bx", "\u200c", "\u200d", "\u200e"}, []string{"\u200b", "\u200bx", "\u200c", "\u200d", "\u200e"}},
		{"letters", []string{"wa", "wb", "wc", "wd", "we", "wf"}, []string{"wa", "wb", "wc", "wd", "we", "wf"}},
		{"first bytes", []string{"\u00e9", "\u0129", "\u0169", "\u01a9", "\u01e9"}, []string{"\u00e9", "\u0129", "\u0169", "\u01a9", "\u01e9"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Known(tt.literals, 9).Stems(); !slices.Equal(got, tt.want) {
				t.Errorf("Stems of %q = %q, want %q", tt.literals, got, tt.want)
			}
		})
	}
}

// FuzzStems: a text with a literal has a stem.
func FuzzStems(f *testing.F) {
	f.Add("\u200b \u200c \u200d \u200e \u200f x", "ab\u200ecd")
	f.Add("a\xe2\x80\x8b a\xe2\x80\x8c a\xe2\x80\x8d a\xe2\x80\x8e a\xe2\x80\x8f", "a\xe2\x80\x8f")
	f.Fuzz(func(t *testing.T, literals, text string) {
		set := Known(sortCompact(strings.Fields(literals)), 9)
		in := func(l string) bool { return strings.Contains(text, l) }
		if slices.ContainsFunc(set.Literals(), in) && !slices.ContainsFunc(set.Stems(), in) {
			t.Errorf("%q has one of %q and none of the stems %q", text, set.Literals(), set.Stems())
		}
	})
}

func TestScoreOrder(t *testing.T) {
	// From common to rare; each pair of neighbours differs.
	order := []string{"", " ", "-c", "/etc", "zq", "ssh", "/etc/passwd", "wget", "/dev/tcp/", "masscan", "unicornscan"}
	for i := 1; i < len(order); i++ {
		a, b := Literal(order[i-1]), Literal(order[i])
		if a.Score() > b.Score() {
			t.Errorf("Score(%q) = %d > Score(%q) = %d, want it the other way", order[i-1], a.Score(), order[i], b.Score())
		}
	}
	one := Literal("wget")
	if many := Union(one, Literal("curl"), Literal("tftp")); many.Score() >= one.Score() {
		t.Errorf("Score(three literals) = %d, want less than that of one, %d", many.Score(), one.Score())
	}
}

func TestWeak(t *testing.T) {
	tests := []struct {
		in   string
		want bool
	}{
		{"", true}, {" ", true}, {"nc", true}, {"zq", true}, {"éé", false}, {" -c", true}, {"/etc", true}, {"http://", true},
		{"123", true}, {"nmap", false}, {"ssh", false}, {"-rf", false}, {"/etc/shadow", false}, {"/dev/tcp/", false},
	}
	for _, tt := range tests {
		if got := Literal(tt.in).Weak(); got != tt.want {
			t.Errorf("Literal(%q).Weak() = %v (score %d), want %v", tt.in, got, Literal(tt.in).Score(), tt.want)
		}
	}
}
