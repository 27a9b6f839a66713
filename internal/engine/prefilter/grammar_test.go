package prefilter

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// randomPattern returns an expression of all constructs over few letters, so that literals meet and overlap.
func randomPattern(rng *rand.Rand, depth int) string {
	atoms := []string{
		"a", "b", "ab", "S", "k", "\u017F", "(?i:ks)", "(?i:Ab)", "é", "[ab]", "[^a]", "[a-z]", "(?i)[j-l]", "\\d", "\\s", ".", "(?s:.)",
		"^", "$", "\\b", "\\B", "(?m:^)", "", "-perm", "/etc/", "wget", "\\x{FFFD}", "abcdefghijklmnopqrstuvwxyzABCDEFGHI",
	}
	if depth == 0 {
		return atoms[rng.IntN(len(atoms))]
	}
	sub := func() string { return randomPattern(rng, rng.IntN(depth)) }
	switch rng.IntN(4) {
	case 0:
		return "(?:" + sub() + "|" + sub() + "|" + sub() + ")"
	case 1:
		repeats := []string{"*", "+", "?", "{2}", "{1,3}", "{2,}", "{0,2}", "+?", "{0}", "{12}"}
		return "(" + sub() + ")" + repeats[rng.IntN(len(repeats))]
	}
	return sub() + sub() + sub()
}

func TestRequiredAdmitsRandomPatterns(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	matches := 0
	for range 4000 {
		pattern := randomPattern(rng, 4)
		compiled, err := regexp.Compile(pattern)
		if err != nil {
			continue // repeats within repeats may be too many
		}
		re := parse(t, pattern)
		set, ok := Required(re)
		if !ok {
			continue
		}
		for range 5 {
			room := 500
			text := matching(re, rng, &room)
			if !compiled.MatchString(text) {
				continue
			}
			matches++
			for _, text := range []string{text, strings.ToUpper(text)} {
				if compiled.MatchString(text) && !admits(set, text) {
					t.Fatalf("Required(%q) = %q rejects %q, which matches", pattern, set.Literals(), text)
				}
			}
		}
	}
	if matches < 2000 {
		t.Errorf("only %d texts matched, too few to prove anything", matches)
	}
	t.Logf("%d matching texts", matches)
}
