package dfa

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"testing"
)

func machine(t testing.TB, expr string) *Machine {
	t.Helper()
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	return New(NewBudget(1<<30), re)
}

// expressions have every construct that a Machine treats in its own way.
var expressions = []string{
	`a`, `ab|ac`, `(?i)wget\s+-q`, `^a`, `a$`, `^a$`, `\Aa\z`, `(?m)^a$`, `(?m)a$\n^b`, `\ba\b`, `\Ba\B`, `\b`, `a\b-`, `(?s)a.c`, `a.c`, `[^a]b`, `[^\n]x`,
	`(?i)k`, `(?i)s`, `[ks]`, `(?i)[ks]`, `ſ`, `\x{212A}`, `é`, `[é-ü]`, `[\x{7f}-\x{800}]`, `[\x{7ff}-\x{10000}]`, `[\x{ffff}-\x{10ffff}]`, `\pL`, `\p{Greek}+`, `\x{FFFD}`,
	`[\x{D7FF}-\x{E000}]`, `.`, `^.$`, `^..$`, `(?s)^.$`, `a{3,5}`, `(?:a|b)*abb`, `(?:ab)+c?`, `(?:a|b)*a(?:a|b){9}`, `x*`, ``, `(?:)`, `\B`, `^$`, `(?m)^$`, `$^`, `a^b`, `a\bb`,
	`(?i)\bunion\b[\s/*!+(a-z]*\bselect\b`, `^-[xX]|^--exec`, `(?i)\$\{?\w+\}?\s*\(`, `[[:word:]]+@[[:alnum:].]+`, `\w\b\W`, `\d{3}-\d{4}`, `(?i)straße`, `(?i)[^k]x`, `[^\x00-\x7f]`,
}

var texts = []string{
	"", "a", "ab", "ac", "b", "-a-", "ba", "aa", "aaa", "aaaaaa", "\n", "a\n", "\na", "x\na\ny", "a\nb", "WGET  -q", "wget\u212A", "k", "K", "\u212A", "s", "ſ", "S", "é", "ü", "aéb", "éa", "aé",
	"\x7f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff", "\uFFFD", "abb", "ababb", "abababababab", "a\u00e9c", "abc", "a\nc", "日本", "x日", "Σσς",
	"1 UNION/**/SELECT x", "unionselect", "-x", "--exec", "a --exec", "$(x)", "${IFS}(", "me@x.org", "555-1234", "STRASSE straße STRAẞE", "\xff", "a\xffb", "\xe2\x84", "a\xc3", "_", "a_b", "0:9",
	strings.Repeat("ab", 40), strings.Repeat("a", 200),
}

// check holds a Machine to package regexp; it is asked twice, for the second time
// its states are there.
func check(t *testing.T, m *Machine, re *regexp.Regexp, text string) {
	t.Helper()
	for range 2 {
		if got, ok := m.Match(text); ok && (got == 1) != re.MatchString(text) {
			t.Fatalf("Match(%q) of `%s` = %b, want the opposite", text, re, got)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, expr := range expressions {
		m, re := machine(t, expr), regexp.MustCompile(expr)
		if m == nil {
			t.Fatalf("`%s` has no Machine", expr)
		}
		for _, text := range texts {
			check(t, m, re, text)
		}
		if _, ok := m.Match("plain text"); !ok {
			t.Errorf("`%s`: no answer on a plain text", expr)
		}
	}
}

func FuzzMatchEqualsRegexp(f *testing.F) {
	for i, expr := range expressions {
		f.Add(expr, texts[i%len(texts)], texts[(i*7+3)%len(texts)])
	}
	f.Fuzz(func(t *testing.T, expr, text, other string) {
		tree, err := syntax.Parse(expr, syntax.Perl)
		if err != nil || len(expr) > 200 || len(text) > 2000 || len(other) > 2000 {
			return
		}
		re, err := regexp.Compile(expr)
		m := New(NewBudget(20_000), tree)
		if err != nil || m == nil {
			return
		}
		for _, text := range []string{text, other, text + other, other + "\n" + text, strings.ToValidUTF8(text, "é")} {
			check(t, m, re, text)
		}
	})
}

// TestForget: states that take up too much room go, no answer is wrong meanwhile, and
// after a rest there are answers again.
func TestForget(t *testing.T) {
	const expr = `(?:a|b)*a(?:a|b){12}c`
	m, re := machine(t, expr), regexp.MustCompile(expr)
	x, silent := uint32(1), 0
	for range 3 * restedCalls {
		text := make([]byte, 60)
		for i := range text {
			x ^= x << 13
			x ^= x >> 17
			x ^= x << 5
			text[i] = "abbbac"[x%6]
		}
		got, ok := m.Match(string(text))
		if ok && (got == 1) != re.MatchString(string(text)) {
			t.Fatalf("Match(%q) = %b, want the opposite", text, got)
		}
		if m.bytes > maxStates {
			t.Fatalf("%d bytes of states, want at most %d", m.bytes, maxStates)
		}
		if !ok {
			silent++
		}
	}
	if silent < restedCalls || silent == 3*restedCalls {
		t.Errorf("%d of %d calls had no answer, want those of a rest at least, and not all", silent, 3*restedCalls)
	}
	b := NewBudget(3000)
	tree, _ := syntax.Parse(expr, syntax.Perl)
	for _, m := range []*Machine{New(b, tree), New(b, tree)} {
		for _, text := range []string{"abab", "bbbb", "aaaaaaaaaaaaaaac", "babababbab"} {
			if got, ok := m.Match(text); ok && (got == 1) != re.MatchString(text) {
				t.Errorf("Match(%q) = %b, want the opposite", text, got)
			}
		}
	}
	if left := b.left.Load(); left < 0 || left > 3000 {
		t.Errorf("%d bytes of 3000 left", left)
	}
}

func TestTooLarge(t *testing.T) {
	if m := machine(t, `\pL{90}`); m != nil {
		t.Errorf("a program of %d instructions has a Machine", len(m.insts))
	}
}

func TestMatchFromManyGoroutines(t *testing.T) {
	m, re := machine(t, `(?i)\b(?:wget|curl)\b.*\|\s*(?:ba)?sh\b`), regexp.MustCompile(`(?i)\b(?:wget|curl)\b.*\|\s*(?:ba)?sh\b`)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 200 {
				text := fmt.Sprintf("%d wget%d http://h/%x | %ssh", i, i%2, i*n, []string{"", "ba"}[i%2])
				if got, ok := m.Match(text); ok && (got == 1) != re.MatchString(text) {
					t.Errorf("Match(%q) = %b, want the opposite", text, got)
				}
			}
		})
	}
	wg.Wait()
}

// TestFirstMatchesAtOnce: goroutines that all are the first to ask a Machine get
// its answer.
func TestFirstMatchesAtOnce(t *testing.T) {
	for range 3000 {
		m := machine(t, `(?i)fire-R0007`)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if got, ok := m.Match("fire-r0000 fire-r0007 "); got != 1 || !ok {
					t.Errorf("Match() = %b, %v, want 1", got, ok)
				}
			})
		}
		wg.Wait()
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	m := machine(t, expressions[2])
	if n := testing.AllocsPerRun(10, func() { m.Match("echo; WGET -o x http://h.test/") }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// BenchmarkMatch compares with package regexp on a text that does not match.
func BenchmarkMatch(b *testing.B) {
	const text = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
	for _, expr := range []string{`(?i)\bunion\b[\s/*!+(a-z]*\bselect\b`, `(?i)[\x27"]\s*(?:not|and|x?or)\s*[\x27"(]|\blike\s+null\b|\b\d+\s*(?:<=>|!=|<>)\s*\d+\b`, `^-[xX]|^--exec`} {
		m, re := machine(b, expr), regexp.MustCompile(expr)
		b.Run("dfa/"+expr[:8], func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				m.Match(text)
			}
		})
		b.Run("regexp/"+expr[:8], func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				re.MatchString(text)
			}
		})
	}
}
