package dfa

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"
)

// preferences have matches of which package regexp prefers one that is neither the
// shortest nor the longest.
var preferences = []string{
	`a|ab`, `ab|a`, `(?:a|ab)(?:c|bcd)`, `x*?y`, `a+?`, `a+?b*`, `(?:a|b)*?b`, `(?U)a+b`, `a{1,3}?`, `\b(?:ls|ls\s+-l)\b`, `(?m)^b+?$`, `a??b`, `(?:a??|b)c`, `\S*[0-9]{2,}\b`,
	`(?:ab?|b)+?\b`, `a(?:b\b|bc|)`, `(?:a|(?:ab))\B`, `(?i)\bcat\b.*\bx\b`, `(?s)a.*b`, `(?s)a.*?b`, `(?:(?:a|b)+|c)b`, `(?:a*)*b`, `(?:|a)+b`, `(?:a|\b)b`, `[^a]`, `(?m)c$`, `é[^é]*é`,
}

// checkFind holds a Finder to package regexp, twice. It reports whether it had an
// answer.
func checkFind(t *testing.T, f *Finder, re *regexp.Regexp, text string) (answered bool) {
	t.Helper()
	want := re.FindStringIndex(text)
	if want == nil {
		want = []int{-1, -1}
	}
	for range 2 {
		start, end, ok := f.Find(text)
		if ok && (start != want[0] || end != want[1]) {
			t.Fatalf("Find(%q) of `%s` = %d:%d, want %v", text, re, start, end, want)
		}
		answered = answered || ok
	}
	return answered
}

func finder(t testing.TB, expr string, b *Budget) *Finder {
	t.Helper()
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	return NewFinder(b, re)
}

func TestFind(t *testing.T) {
	more := []string{"abcd", "aab", "xabcd", "cd /tmp; ls -l", "lsx ls", "cat; CAT x", "x12 345", "bbb\nb", "éaé é", "aaab", "ac", "bc", "c"}
	for _, expr := range append(preferences, expressions...) {
		f, re := finder(t, expr, NewBudget(1<<30)), regexp.MustCompile(expr)
		if empty := re.MatchString("") || re.MatchString("a") && re.FindString("a") == ""; f == nil && !empty && !strings.Contains(expr, `\B`) && !strings.Contains(expr, `\b`) {
			t.Errorf("`%s` has no Finder", expr)
		}
		if f == nil {
			continue
		}
		for _, text := range append(more, texts...) {
			checkFind(t, f, re, text)
		}
		if !checkFind(t, f, re, "cat -n x12 ab") {
			t.Errorf("`%s`: no answer on a plain text", expr)
		}
	}
}

// TestFindGivesUp: a text that would take time by the square of its length has no
// answer.
func TestFindGivesUp(t *testing.T) {
	f := finder(t, `a[^x]*b`, NewBudget(1<<30))
	if _, _, ok := f.Find(strings.Repeat("a", 100)); ok {
		t.Error("an answer on a text of which each byte may be a beginning, want none")
	}
	if start, end, ok := f.Find(strings.Repeat("-", 100) + "aab"); start != 100 || end != 103 || !ok {
		t.Errorf("Find() = %d, %d, %v, want 100, 103", start, end, ok)
	}
	if _, _, ok := f.Find("\xff ab"); ok {
		t.Error("an answer on text that is not UTF-8, want none")
	}
}

// TestFindWithoutRoom: the bounds hold, and cost answers only.
func TestFindWithoutRoom(t *testing.T) {
	const expr = `a(?:a|b){12}c|b.*?d`
	re := regexp.MustCompile(expr)
	small := NewBudget(1500)
	rng := rand.New(rand.NewPCG(1, 2))
	answers := 0
	for _, f := range []*Finder{finder(t, expr, NewBudget(1<<30)), finder(t, expr, small), finder(t, expr, NewBudget(0))} {
		for range 2000 {
			text := make([]byte, 40)
			for i := range text {
				text[i] = "abbac"[rng.IntN(5)]
			}
			if checkFind(t, f, re, string(text)) {
				answers++
			}
			if f.bytes > maxStates {
				t.Fatalf("%d bytes of states, want at most %d", f.bytes, maxStates)
			}
		}
	}
	if left := small.left.Load(); left < 0 || left > 1500 {
		t.Errorf("%d bytes of 1500 left", left)
	}
	if answers == 0 {
		t.Error("no answers at all")
	}
}

func FuzzFindEqualsRegexp(f *testing.F) {
	for i, expr := range append(preferences, expressions...) {
		f.Add(expr, texts[i%len(texts)], "ls -l cat x12 abcd")
	}
	f.Fuzz(func(t *testing.T, expr, text, other string) {
		tree, err := syntax.Parse(expr, syntax.Perl)
		if err != nil || len(expr) > 200 || len(text) > 1000 || len(other) > 1000 {
			return
		}
		re, err := regexp.Compile(expr)
		if err != nil {
			return
		}
		finder := NewFinder(NewBudget(60_000), tree)
		if finder == nil {
			return
		}
		for _, text := range []string{text, other, text + other, other + "\n" + text, strings.ToValidUTF8(text, "é")} {
			checkFind(t, finder, re, text)
		}
	})
}
