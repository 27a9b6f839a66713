package dfa

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// checkSet holds a Set to package regexp, twice, for the second time its states are
// there. It returns how many answers were missing.
func checkSet(t *testing.T, s *Set, res []*regexp.Regexp, text string) (missing int) {
	t.Helper()
	for range 2 {
		found, open := s.Match(text)
		if found&open != 0 {
			t.Fatalf("Match(%q) = %b, %b: found and open", text, found, open)
		}
		for i, re := range res {
			if open>>i&1 != 0 {
				missing++
				continue
			}
			if got := found>>i&1 != 0; got != re.MatchString(text) {
				t.Fatalf("Match(%q) = %b, but `%s` matches: %v", text, found, re, !got)
			}
		}
		if rest := (found | open) >> len(res); len(res) < MaxTogether && rest != 0 {
			t.Fatalf("Match(%q) = %b, %b of %d expressions", text, found, open, len(res))
		}
	}
	return missing
}

func TestSetMatch(t *testing.T) {
	for some := range slices.Chunk(expressions, MaxTogether) {
		var res []*regexp.Regexp
		for _, expr := range some {
			res = append(res, regexp.MustCompile(expr))
		}
		s := NewSet(NewBudget(1<<30), some)
		for _, text := range texts {
			if n := checkSet(t, s, res, text); n > 0 && len(*s.parts.Load()) == 1 {
				t.Errorf("%d answers are missing on %q", n, text)
			}
		}
	}
}

// TestSetDivides: expressions that multiply are parted, until each has its answers.
func TestSetDivides(t *testing.T) {
	var exprs []string
	var res []*regexp.Regexp
	for i := range 8 {
		exprs = append(exprs, fmt.Sprintf(`%c.{0,9}%c`, 'a'+i, 'b'+i))
		res = append(res, regexp.MustCompile(exprs[i]))
	}
	b := NewBudget(8 * maxStates)
	s := NewSet(b, exprs)
	rng := rand.New(rand.NewPCG(1, 2))
	missing := 0
	for range 4000 {
		text := make([]byte, 60)
		for i := range text {
			text[i] = "abcdefghij----------"[rng.IntN(20)]
		}
		missing += checkSet(t, s, res, string(text))
	}
	parts := *s.parts.Load()
	if len(parts) < 2 || missing == 0 {
		t.Errorf("%d parts after %d missing answers: nothing was parted", len(parts), missing)
	}
	if missing > 4000 {
		t.Errorf("%d answers of %d are missing", missing, 2*4000*len(exprs))
	}
	var all uint32
	for _, p := range parts {
		all |= p.all
		if p.machine.bytes > maxStates {
			t.Errorf("%d bytes of states, want at most %d", p.machine.bytes, maxStates)
		}
	}
	if all != 1<<len(exprs)-1 {
		t.Errorf("the parts have %b, want all", all)
	}
}

// TestSetOfOddExpressions: those that are too large, or no expressions, are open; the
// others have their answers.
func TestSetOfOddExpressions(t *testing.T) {
	s := NewSet(NewBudget(1<<20), []string{`wget`, `\pL{90}`, `a(`, `curl`, `^x`})
	if found, open := s.Match("curl x"); found != 0b01000 || open != 0b00110 {
		t.Errorf("Match() = %b, %b, want 1000, 110", found, open)
	}
}

// TestSetWithoutRoom: a budget that is spent costs answers only.
func TestSetWithoutRoom(t *testing.T) {
	exprs := []string{`a.*b`, `c.*d`, `^e`}
	var res []*regexp.Regexp
	for _, expr := range exprs {
		res = append(res, regexp.MustCompile(expr))
	}
	b := NewBudget(900)
	s := NewSet(b, exprs)
	for _, text := range []string{"acbd", "e", "cxxd", "aaab", "", "ecd"} {
		checkSet(t, s, res, text)
	}
	if left := b.left.Load(); left < 0 || left > 900 {
		t.Errorf("%d bytes of 900 left", left)
	}
}

func FuzzSetEqualsRegexp(f *testing.F) {
	for i := range expressions {
		some := []string{expressions[i], expressions[(i*5+1)%len(expressions)], expressions[(i*11+7)%len(expressions)]}
		f.Add(strings.Join(some, "\n"), texts[i%len(texts)], texts[(i*7+3)%len(texts)])
	}
	f.Fuzz(func(t *testing.T, lines, text, other string) {
		exprs := strings.Split(lines, "\n")
		if len(lines) > 400 || len(exprs) > MaxTogether || len(text) > 1000 || len(other) > 1000 {
			return
		}
		var res []*regexp.Regexp
		for _, expr := range exprs {
			re, err := regexp.Compile(expr)
			if err != nil {
				return
			}
			res = append(res, re)
		}
		s := NewSet(NewBudget(60_000), exprs)
		for _, text := range []string{text, other, text + other, other + "\n" + text, strings.ToValidUTF8(text, "é")} {
			checkSet(t, s, res, text)
		}
	})
}

// TestWithin: what begins between two places is found, and nothing that matches
// nowhere.
func TestWithin(t *testing.T) {
	exprs := []string{`\bls\s+-[a-z]+`, `(?i)wget.*sh\b`, `^a|b$`, `(?m)^x`, `a\Bb`, `/tmp\S*\d{2}`, `ab?`}
	texts := []string{"ls -l; ls -a", "cd /tmp; WGET x | sh", "ab\nxab b", "/tmp/x12 ls", "aab", "b", "wget ls wget ls -la sh"}
	for _, expr := range exprs {
		s := NewSet(NewBudget(1<<20), []string{expr})
		anywhere := regexp.MustCompile(expr)
		for _, text := range texts {
			for first := range len(text) {
				for last := first; last < len(text); last++ {
					among := false
					for i := first; i <= last; i++ {
						among = among || regexp.MustCompile(fmt.Sprintf(`(?s:\A.{%d})(?:%s)`, i, expr)).MatchString(text)
					}
					found, open := s.Within(text, first, last)
					if open != 0 || among && found == 0 || found != 0 && !anywhere.MatchString(text) {
						t.Fatalf("Within(%q, %d, %d) of `%s` = %b, %b, want 1: %v", text, first, last, expr, found, open, among)
					}
				}
			}
		}
	}
}
