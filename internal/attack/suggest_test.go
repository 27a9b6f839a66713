package attack

import (
	"slices"
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	tests := []struct {
		name, id string
		want     []string
	}{
		{"lower case", "t1059.004", []string{"T1059.004"}},
		{"surrounding space", " T1110\n", []string{"T1110"}},
		{"short sub-technique number", "T1059.4", []string{"T1059.004", "T1059", "T1594"}},
		{"swapped digits", "T1095.013", []string{"T1055.013", "T1059.013"}},
		{"lost dot", "T1110001", []string{"T1110.001"}},
		{"slash", "T1110/001", []string{"T1110.001"}},
		{"lost letter", "1110", []string{"T1110"}},
		{"tactic", "TA005", []string{"TA0005", "TA0035", "TA0105"}},
		{"unknown sub-technique", "T1110.009", []string{"T1110.001", "T1110.002", "T1110.003"}},
		{"nearest are revoked", "T1562.0011", []string{"T1562.001", "T1562.011"}},
		{"far", "T9999", nil},
		{"a name", "Brute Force", nil},
		{"empty", "", nil},
		{"bytes", "\xff\x00\xff\x00\xff", nil},
		{"grows in upper case", strings.Repeat("ɐ", 5), nil},
		{"long", "T1110.001" + strings.Repeat("0", 1<<20), nil},
	}
	for _, tt := range tests {
		if got := Load().Suggest(tt.id); !slices.Equal(got, tt.want) {
			t.Errorf("%s: Suggest(%q) = %q, want %q", tt.name, tt.id[:min(len(tt.id), 20)], got, tt.want)
		}
	}
}

func TestSuggestPrefersActive(t *testing.T) {
	c := mustParse(t, "T1001\te\tr\tT1002\t\t\t\t\tA", "T1001\tm\tr\tT1002\t\t\t\t\tB", "T1002\te\ta\t\t\t\t\t\tC", "T1003\te\td\t\t\t\t\t\tD")
	want := []string{"T1002", "T1001", "T1003"}
	if got := c.Suggest("T1009"); !slices.Equal(got, want) {
		t.Errorf("Suggest(T1009) = %q, want %q", got, want)
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b  string
		limit int
		want  int
		ok    bool
	}{
		{"T1110", "T1110", 1, 0, true},
		{"T1110", "T111", 1, 1, true},
		{"T110", "T1110", 1, 1, true},
		{"T1111", "T1110", 1, 1, true},
		{"T1101", "T1110", 1, 1, true},
		{"T1011", "T1110", 1, 0, false},
		{"T1011", "T1110", 2, 2, true},
		{"", "T1", 2, 2, true},
		{"T1", "", 2, 2, true},
		{"T1110", "T1110.001", 2, 0, false},
		{"T1234567890", "T123456789012", 2, 2, true},
	}
	for _, tt := range tests {
		got, ok := distance(tt.a, tt.b, tt.limit)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("distance(%q, %q, %d) = %d, %v, want %d, %v", tt.a, tt.b, tt.limit, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzSuggest(f *testing.F) {
	for _, seed := range []string{"", "T1509", "t1110/01", "TA005", "\xffT1110", "ɐɐɐɐɐ"} {
		f.Add(seed)
	}
	c := Load()
	f.Fuzz(func(t *testing.T, id string) {
		got := c.Suggest(id)
		if len(got) > maxSuggestions {
			t.Errorf("Suggest(%q) gives %d ids", id, len(got))
		}
		for _, s := range got {
			_, isTechnique := c.Find(s)
			_, isTactic := c.Tactic(s)
			if !isTechnique && !isTactic {
				t.Errorf("Suggest(%q) = %q, of which %q is not known", id, got, s)
			}
		}
		if again := c.Suggest(id); !slices.Equal(got, again) {
			t.Errorf("Suggest(%q) = %q, then %q", id, got, again)
		}
	})
}

func BenchmarkSuggest(b *testing.B) {
	c := Load()
	b.ReportAllocs()
	for b.Loop() {
		c.Suggest("T1059.4")
	}
}
