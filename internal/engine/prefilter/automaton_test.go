package prefilter

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func scan(a *Automaton, text string) []uint32 {
	var m Marks
	a.Scan([]byte(text), &m)
	return slices.Sorted(slices.Values(m.IDs()))
}

func patternsOf(literals []string) []Pattern {
	list := make([]Pattern, len(literals))
	for i, lit := range literals {
		list[i] = Pattern{Literal: lit, ID: uint32(i)}
	}
	return list
}

// naive returns what Scan must mark.
func naive(patterns []Pattern, text string) []uint32 {
	var ids []uint32
	for _, p := range patterns {
		if strings.Contains(text, p.Literal) {
			ids = append(ids, p.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func TestScan(t *testing.T) {
	he := []Pattern{{"he", 0}, {"she", 1}, {"his", 2}, {"hers", 3}, {"e", 4}}
	tests := []struct {
		name     string
		patterns []Pattern
		text     string
		want     []uint32
	}{
		{"no patterns", nil, "text", nil},
		{"no text", he, "", nil},
		{"none found", he, "xyz", nil},
		{"suffixes", he, "ushers", []uint32{0, 1, 3, 4}},
		{"at the end", he, "xhis", []uint32{2}},
		{"across a failure", he, "shis", []uint32{2}},
		{"repeated", he, "hehehe", []uint32{0, 4}},
		{"many ids", []Pattern{{"ab", 7}, {"ab", 3}, {"b", 3}, {"ab", 7}}, "xab", []uint32{3, 7}},
		{"many literals", []Pattern{{"wget", 5}, {"curl", 5}}, "curl", []uint32{5}},
		{"empty literal", []Pattern{{"", 1}, {"a", 2}}, "b", []uint32{1}},
		{"empty literal and another", []Pattern{{"", 1}, {"a", 2}}, "a", []uint32{1, 2}},
		{"bytes", []Pattern{{"\xff\x00", 1}}, "\x00\xff\xff\x00", []uint32{1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, scan(Build(tt.patterns), tt.text)); diff != "" {
				t.Errorf("Scan(%q) differs (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestScanAllBytes(t *testing.T) {
	var patterns []Pattern
	for c := range 256 {
		patterns = append(patterns, Pattern{string([]byte{byte(c)}), uint32(c)})
	}
	a := Build(patterns)
	for c := range 256 {
		if got := scan(a, string([]byte{byte(c)})); !slices.Equal(got, []uint32{uint32(c)}) {
			t.Errorf("Scan(%#x) = %v, want [%d]", c, got, c)
		}
	}
}

func FuzzAutomatonEqualsNaive(f *testing.F) {
	f.Add("he\nshe\nhis\nhers\n\ne", "ushers")
	f.Add("a\naa\naaa\nba\nab", "baaab")
	f.Add("abcd\nbc\nc\nbcx", "abcx\xffabcd")
	f.Fuzz(func(t *testing.T, literals, text string) {
		var patterns []Pattern
		for i, lit := range strings.Split(literals, "\n") {
			patterns = append(patterns, Pattern{lit, uint32(i % 7)})
		}
		got, want := scan(Build(patterns), text), naive(patterns, text)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Scan(%q) for %v differs (-want +got):\n%s", text, patterns, diff)
		}
	})
}

func TestScanEqualsNaiveOnManyLiterals(t *testing.T) {
	literals := ruleLiterals(2000)
	patterns := patternsOf(literals)
	a := Build(patterns)
	for _, text := range texts(literals) {
		if diff := cmp.Diff(naive(patterns, string(text)), scan(a, string(text))); diff != "" {
			t.Fatalf("Scan(%q) differs (-want +got):\n%s", text, diff)
		}
	}
}

// Random literals share nothing, so that the table is built from pieces: larger sets stay in bounds and lose no id.
func TestBuildIsBounded(t *testing.T) {
	for _, tt := range []struct {
		literals []string
		mostMB   float64
	}{
		{ruleLiterals(10_000), 30},
		{randomLiterals(10_000, 32), 30},
		{randomLiterals(100, 4000), 2},
	} {
		t.Run(fmt.Sprintf("%dx%d", len(tt.literals), len(tt.literals[0])), func(t *testing.T) {
			a := Build(patternsOf(tt.literals))
			if got := float64(a.Bytes()) / 1e6; got > tt.mostMB {
				t.Errorf("Bytes() = %.1f MB, want at most %.0f", got, tt.mostMB)
			}
			var m Marks
			for i, lit := range tt.literals {
				m.Reset()
				a.Scan([]byte(lit), &m)
				if !m.Has(uint32(i)) {
					t.Fatalf("Scan(%q) = %v, want %d among them", lit, m.IDs(), i)
				}
			}
		})
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	literals := ruleLiterals(1000)
	a, b := Build(patternsOf(literals)), Build(patternsOf(literals[:10]))
	list := texts(literals)
	var m Marks
	pass := func() {
		for _, text := range list {
			m.Reset()
			a.Scan(text, &m)
			b.Scan(text, &m)
		}
	}
	pass()
	if got := testing.AllocsPerRun(5, pass); got != 0 {
		t.Errorf("allocations of a scan = %v, want 0", got)
	}
}

func TestScanFromManyGoroutines(t *testing.T) {
	literals := ruleLiterals(200)
	patterns := patternsOf(literals)
	a := Build(patterns)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, lit := range literals {
				if got, want := scan(a, lit), naive(patterns, lit); !slices.Equal(got, want) {
					t.Errorf("Scan(%q) = %v, want %v", lit, got, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestMarks(t *testing.T) {
	a := Build([]Pattern{{"a", 1}, {"b", 2}})
	b := Build([]Pattern{{"x", 3}, {"y", 1}})
	var m Marks
	if m.Has(0) || m.Has(9) {
		t.Errorf("Has of the zero value = true, want false")
	}
	m.Add(0)
	a.Scan([]byte("a"), &m)
	b.Scan([]byte("x"), &m) // the same literal number, of another automaton
	a.Scan([]byte("ab"), &m)
	if got, want := m.IDs(), []uint32{0, 1, 3, 2}; !slices.Equal(got, want) {
		t.Errorf("IDs() = %v, want %v", got, want)
	}
	if !m.Has(3) || m.Has(4) {
		t.Errorf("Has(3), Has(4) = %v, %v, want true, false", m.Has(3), m.Has(4))
	}
	m.Reset()
	if len(m.IDs()) != 0 || m.Has(1) {
		t.Errorf("after Reset: IDs() = %v, Has(1) = %v, want none", m.IDs(), m.Has(1))
	}
	a.Scan([]byte("a"), &m)
	if got, want := m.IDs(), []uint32{1}; !slices.Equal(got, want) {
		t.Errorf("after Reset and Scan: IDs() = %v, want %v", got, want)
	}
}

func TestMarksWhenTheEpochWraps(t *testing.T) {
	var m Marks
	m.Add(5)
	m.ids.epoch = math.MaxUint32 - 2
	m.Add(6)
	m.Reset()
	if m.Has(5) || m.Has(6) {
		t.Errorf("Has(5), Has(6) after Reset = %v, %v, want false", m.Has(5), m.Has(6))
	}
	m.Add(6)
	m.Reset()
	if m.Has(5) || m.Has(6) {
		t.Errorf("Has(5), Has(6) after the second Reset = %v, %v, want false", m.Has(5), m.Has(6))
	}
}
