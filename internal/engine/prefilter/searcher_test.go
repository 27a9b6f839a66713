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

func build(patterns []Pattern) *Searcher { return BuildPrepared(Prepare(patterns)) }

func found(s *Searcher, text string) []uint32 {
	var m Marks
	s.Search(text, &m)
	return slices.Sorted(slices.Values(m.IDs()))
}

func patternsOf(literals []string) []Pattern {
	list := make([]Pattern, len(literals))
	for i, lit := range literals {
		list[i] = Pattern{Literal: lit, ID: uint32(i)}
	}
	return list
}

// naive returns what Search must mark.
func naive(patterns []Pattern, text string) []uint32 {
	var ids []uint32
	text = string(AppendFold(nil, text))
	for _, p := range patterns {
		if strings.Contains(text, p.Literal) {
			ids = append(ids, p.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func TestSearch(t *testing.T) {
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
		{"any case", []Pattern{{"wget", 1}, {"ls", 2}, {"k", 3}, {"xyz", 4}, {"sh x", 5}}, "WgEt LS K XYz", []uint32{1, 2, 3, 4}},
		{"relatives of letters", []Pattern{{"sk", 1}, {"tasks", 2}, {"s", 3}}, "ta\u017f\u212as", []uint32{1, 2, 3}},
		{"signs that differ by one bit", []Pattern{{"[ab]", 1}, {"{ab}", 2}, {"@x", 3}, {"`x", 4}, {"\x00abc", 5}}, "[ab]@x abc", []uint32{1, 3}},
		{"beyond ASCII", []Pattern{{"É", 1}, {"日本語", 2}, {"本", 3}}, "é日本語", []uint32{1, 2, 3}},
		{"blanks that are not there", []Pattern{{"b ", 1}, {"ab  ", 2}, {"abc ", 3}, {" ", 4}}, "ab", nil},
		{"bytes", []Pattern{{"\uFFFD\x00", 1}}, "\x00\xff\xff\x00", []uint32{1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, found(build(tt.patterns), tt.text)); diff != "" {
				t.Errorf("Search(%q) differs (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestSearchAllBytes(t *testing.T) {
	var patterns []Pattern
	for c := range rune(0x200) {
		patterns = append(patterns, Pattern{string(AppendFold(nil, string(c))), uint32(c)})
	}
	a := build(patterns)
	for c := range rune(0x200) {
		if got, want := found(a, string(c)), naive(patterns, string(c)); !slices.Equal(got, want) {
			t.Errorf("Search(%#x) = %v, want %v", c, got, want)
		}
	}
}

// A literal is found wherever it stands in a text of some blocks, and what is beyond ASCII anywhere has all of it folded.
func TestSearchAcrossBlocks(t *testing.T) {
	patterns := []Pattern{{"wget", 1}, {"ls", 2}, {"k", 3}, {"busybox x", 4}}
	s := build(patterns)
	for _, tail := range []string{"", "\u212a", "é"} {
		for _, size := range []int{blockLen - 3, blockLen, blockLen + 1, 2*blockLen + 7} {
			for at := range size {
				for _, lit := range []string{"WGET", "ls", "BusyBox x"} {
					text := strings.Repeat(".", at) + lit + strings.Repeat(".", max(0, size-at-len(lit))) + tail
					if got, want := found(s, text), naive(patterns, text); !slices.Equal(got, want) {
						t.Fatalf("Search of %q at %d of %d bytes and %q = %v, want %v", lit, at, size, tail, got, want)
					}
				}
			}
		}
	}
}

func FuzzSearchEqualsNaive(f *testing.F) {
	f.Add("he\nshe\nhis\nhers\n\ne", "ushers")
	f.Add("a\naa\naaa\nba\nab", "baaab")
	f.Add("WGET\nget \nt x\nk\n{}", "wGeT X\u212a[]")
	f.Add("abcd\nbc\nc\nbcx", "abcx\xffabcd")
	f.Fuzz(func(t *testing.T, literals, text string) {
		var patterns []Pattern
		for i, lit := range strings.Split(literals, "\n") {
			patterns = append(patterns, Pattern{string(AppendFold(nil, lit)), uint32(i % 7)})
		}
		got, want := found(build(patterns), text), naive(patterns, text)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Search(%q) for %v differs (-want +got):\n%s", text, patterns, diff)
		}
	})
}

func TestSearchEqualsNaiveOnManyLiterals(t *testing.T) {
	literals := ruleLiterals(2000)
	patterns := patternsOf(literals)
	a := build(patterns)
	for _, text := range texts(literals) {
		if diff := cmp.Diff(naive(patterns, text), found(a, text)); diff != "" {
			t.Fatalf("Search(%q) differs (-want +got):\n%s", text, diff)
		}
	}
}

// The tables take a little more than the literals themselves, whatever these are, and no place is that of many.
func TestBuildIsBounded(t *testing.T) {
	for _, tt := range []struct {
		literals []string
		mostMB   float64
	}{
		{ruleLiterals(10_000), 1},
		{randomLiterals(10_000, 32), 1.5},
		{randomLiterals(100, 4000), 1},
	} {
		t.Run(fmt.Sprintf("%dx%d", len(tt.literals), len(tt.literals[0])), func(t *testing.T) {
			a := build(patternsOf(tt.literals))
			if got := float64(a.Bytes()) / 1e6; got > tt.mostMB {
				t.Errorf("Bytes() = %.1f MB, want at most %.1f", got, tt.mostMB)
			}
			for _, sl := range a.slots {
				if sl.to-sl.from > 16 {
					t.Errorf("%d literals at one place, want at most 16", sl.to-sl.from)
				}
			}
			var m Marks
			for i, lit := range tt.literals {
				m.Reset()
				a.Search(lit, &m)
				if !m.Has(uint32(i)) {
					t.Fatalf("Search(%q) = %v, want %d among them", lit, m.IDs(), i)
				}
			}
		})
	}
}

func TestSearchDoesNotAllocate(t *testing.T) {
	literals := ruleLiterals(1000)
	a, b := build(patternsOf(literals)), build(patternsOf(literals[:10]))
	list := texts(literals)
	var m Marks
	pass := func() {
		for _, text := range list {
			m.Reset()
			a.Search(text, &m)
			b.Search(text, &m)
		}
	}
	pass()
	if got := testing.AllocsPerRun(5, pass); got != 0 {
		t.Errorf("allocations of a scan = %v, want 0", got)
	}
}

func TestSearchFromManyGoroutines(t *testing.T) {
	literals := ruleLiterals(200)
	patterns := patternsOf(literals)
	a := build(patterns)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, lit := range literals {
				if got, want := found(a, lit), naive(patterns, lit); !slices.Equal(got, want) {
					t.Errorf("Search(%q) = %v, want %v", lit, got, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestMarks(t *testing.T) {
	a := build([]Pattern{{"a", 1}, {"b", 2}})
	b := build([]Pattern{{"x", 3}, {"y", 1}})
	var m Marks
	if m.Has(0) || m.Has(9) {
		t.Errorf("Has of the zero value = true, want false")
	}
	m.Add(0)
	a.Search("a", &m)
	b.Search("x", &m) // the same literal number, of another Searcher
	a.Search("ab", &m)
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
	a.Search("a", &m)
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

// TestPlaces: the first of an id's literals, and the last of all, by the text's own bytes.
func TestPlaces(t *testing.T) {
	s := build([]Pattern{{"wget", 1}, {"xwget /", 1}, {"ls", 2}, {"k", 3}})
	var m Marks
	for _, tt := range []struct {
		text            string
		id              uint32
		first, last, ok int
	}{
		{"cd; wget x; ls; LS", 1, 4, 16, 1},
		{"cd; wget x; ls; LS", 2, 12, 16, 1},
		{"wge; XWget / ls", 1, 5, 13, 1}, // the longer one begins before the other
		{"ls", 2, 0, 0, 1},
		{"ls", 1, 0, 0, 0},
		{"é ls", 2, 0, 0, 0}, // which is folded
		{"\u212a", 3, 0, 0, 0},
	} {
		m.Reset()
		s.Search(tt.text, &m)
		if first, last, ok := m.Places(tt.id); ok != (tt.ok == 1) || ok && (first != tt.first || last != tt.last) {
			t.Errorf("Places(%d) in %q = %d, %d, %v, want %d, %d, %v", tt.id, tt.text, first, last, ok, tt.first, tt.last, tt.ok == 1)
		}
	}
}
