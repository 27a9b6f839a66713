package prefilter

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func parse(t testing.TB, pattern string) *syntax.Regexp {
	t.Helper()
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		t.Fatalf("syntax.Parse(%.60q): %.200v", pattern, err)
	}
	return re
}

func TestRequired(t *testing.T) {
	tests := []struct {
		name, pattern string
		want          []string
	}{
		{"as in the package comment", `(?i)\b(?:wget|curl)\s+-q`, []string{"curl", "wget"}},
		{"literal", `wget`, []string{"wget"}},
		{"upper case is folded", `GeT /Index`, []string{"get /index"}},
		{"any case", `(?i)kiss`, []string{"kiss"}},
		{"kelvin and long s", "\u212Ai\u017Fs", []string{"kiss"}},
		{"anchors", `^wget$`, []string{"wget"}},
		{"anchors of lines", `(?m)^wget$\n^curl$`, []string{"wget\ncurl"}},
		{"word boundaries", `\bwget\b`, []string{"wget"}},
		{"boundary within", `wget\b\Bcurl`, []string{"wgetcurl"}},
		{"captures", `(w)(?P<x>ge(t))`, []string{"wget"}},
		{"alternation", `wget|curl|tftp`, []string{"curl", "tftp", "wget"}},
		{"factored alternation", `wget|wcurl`, []string{"wcurl", "wget"}},
		{"branch without literal", `wget|.*`, nil},
		{"empty branch", `wget|`, nil},
		{"contained branch", `sudo wget|wget`, []string{"wget"}},
		{"optional part", `(?:sudo )?wgets?`, []string{"wget"}},
		{"star", `(?:sudo)*wget`, []string{"wget"}},
		{"plus", `(?:wget)+`, []string{"wget"}},
		{"plus beside", `nc+at`, []string{"cat"}},
		{"counted", `(?:ab){3}x`, []string{"abababx"}},
		{"counted range", `x(?:ab){2,5}y`, []string{"xabab"}},
		{"counted from zero", `(?:wget){0,3}`, nil},
		{"never", `(?:wget){0}curl`, []string{"curl"}},
		{"nested repeats", `(?:(?:wget )+x*)+`, []string{"wget "}},
		{"class", `[Ww]g[ea]t`, []string{"wgat", "wget"}},
		{"class of one", `w[g]et`, []string{"wget"}},
		{"class with a range", `wget[0-9]`, []string{"wget"}},
		{"large class", `[a-z]+wget\d`, []string{"wget"}},
		{"negated class", `[^a]wget[^b]`, []string{"wget"}},
		{"any character", `(?s)wget.curl.`, []string{"wget"}},
		{"dot", `.`, nil},
		{"dot star", `.*`, nil},
		{"empty", ``, nil},
		{"only anchors", `^\b$`, nil},
		{"digits", `\d+`, nil},
		{"no match", `[^\x00-\x{10FFFF}]`, nil},
		{"no match beside", `wget[^\x00-\x{10FFFF}]`, []string{"wget"}},
		{"joined over a class", `rm\s-rf`, []string{"rm\t-rf", "rm\n-rf", "rm\f-rf", "rm\r-rf", "rm -rf"}},
		{"rarest of a sequence", `/etc/.*masscan.* -p`, []string{"masscan"}},
		{"long before common", `http://.*/bins/mirai`, []string{"/bins/mirai"}},
		{"singular before many", `[ab]x.*unicornscan`, []string{"unicornscan"}},
		{"one strong of two", `(?:cat|head|tail)\s+/etc/shadow`, []string{"/etc/shadow"}},
		{"long literal", strings.Repeat("a", 40) + "ZQ", []string{strings.Repeat("a", 30) + "zq"}},
		{"invalid byte in the text", `x\x{FFFD}yz`, []string{"x\uFFFDyz"}},
		{"sigma", `(?i)σίσυφος`, []string{string(AppendFold(nil, "ΣΊΣΥΦΟΣ"))}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set, ok := Required(parse(t, tt.pattern))
			if diff := cmp.Diff(tt.want, set.Literals()); diff != "" {
				t.Errorf("Required(%q) differs (-want +got):\n%s", tt.pattern, diff)
			}
			if ok != (tt.want != nil) {
				t.Errorf("Required(%q) = %v, want %v", tt.pattern, ok, tt.want != nil)
			}
		})
	}
}

func TestRequiredKeepsTheEndOfALargeProduct(t *testing.T) {
	set, _ := Required(parse(t, `[ab][ab][ab][ab][ab][ab][ab]q`))
	if n := len(set.Literals()); n == 0 || n > maxCross {
		t.Errorf("len(Required) = %d, want 1 to %d", n, maxCross)
	}
	for _, lit := range set.Literals() {
		if len(lit) < 5 || !strings.HasSuffix(lit, "q") {
			t.Errorf("Required has %q, want letters before a q", lit)
		}
	}
}

func TestRequiredManyNames(t *testing.T) {
	names := ruleLiterals(500)
	set, _ := Required(parse(t, `(?i)\b(?:`+regexpAlternation(names)+`)\b`))
	if got := len(set.Literals()); got < 400 || got > maxUnion {
		t.Errorf("Required(500 names) has %d literals, want about as many", got)
	}
	if set.Weak() {
		t.Errorf("Required(500 names).Weak() = true with score %d, want false", set.Score())
	}
}

func regexpAlternation(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = regexp.QuoteMeta(n)
	}
	return strings.Join(quoted, "|")
}

func TestRequiredIsBounded(t *testing.T) {
	names := regexpAlternation(ruleLiterals(1000))
	tests := []struct {
		name, pattern string
		exhausts      bool
	}{
		{"classes", strings.Repeat(`[ab]`, 20_000), true},
		{"many names often", strings.Repeat(`(?:`+names+`)x?`, 40), true},
		{"many names counted", `(?:` + names + `){80}`, false},
		{"nested alternatives", strings.Repeat(`(?:a|`, 900) + strings.Repeat(`)`, 900), false},
		{"counted classes", strings.Repeat(`(?:[ab]c?){3}`, 5000), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := analysis{budget: maxWork}
			set := a.node(parse(t, tt.pattern)).best
			if a.budget < -maxWork {
				t.Errorf("the budget is overdrawn by %d strings, want at most %d", -a.budget, maxWork)
			}
			if got := a.budget < 0; got != tt.exhausts {
				t.Errorf("the budget is exhausted: %v (%d), want %v", got, a.budget, tt.exhausts)
			}
			if n := len(set.literals); n > maxUnion {
				t.Errorf("%d literals, want at most %d", n, maxUnion)
			}
			if n := longest(set.literals); n > maxLiteral {
				t.Errorf("a literal of %d bytes, want at most %d", n, maxLiteral)
			}
		})
	}
}

// matching returns a text that re matches, if its anchors allow: one choice of each alternative, in any case where case is folded.
func matching(re *syntax.Regexp, rng *rand.Rand, room *int) string {
	*room--
	if *room < 0 {
		return ""
	}
	var b strings.Builder
	times := func(n int) {
		for range n {
			b.WriteString(matching(re.Sub[0], rng, room))
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase != 0 {
				for range rng.IntN(4) {
					r = unicode.SimpleFold(r)
				}
			}
			b.WriteRune(r)
		}
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			i := rng.IntN(len(re.Rune)/2) * 2
			b.WriteRune(re.Rune[i] + rng.Int32N(re.Rune[i+1]-re.Rune[i]+1))
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteString([]string{"x", "\xff", "é", " "}[rng.IntN(4)])
	case syntax.OpCapture:
		times(1)
	case syntax.OpStar:
		times(rng.IntN(3))
	case syntax.OpPlus:
		times(1 + rng.IntN(2))
	case syntax.OpQuest:
		times(rng.IntN(2))
	case syntax.OpRepeat:
		times(re.Min + rng.IntN(2)*max(0, min(re.Max-re.Min, 2)))
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			b.WriteString(matching(sub, rng, room))
		}
	case syntax.OpAlternate:
		return matching(re.Sub[rng.IntN(len(re.Sub))], rng, room)
	}
	return b.String()
}

func TestMatchingMatches(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, pattern := range []string{`(?i)w[gk]et\s+-[qO]{1,3}`, `(?:a|b(?:c|d)+)*x?é.\d`} {
		room := 1000
		text := matching(parse(t, pattern), rng, &room)
		if !regexp.MustCompile(pattern).MatchString(text) {
			t.Errorf("matching(%q) = %q, which does not match", pattern, text)
		}
	}
}

func admits(set Set, text string) bool {
	folded := string(AppendFold(nil, text))
	for _, lit := range set.Literals() {
		if strings.Contains(folded, lit) {
			return true
		}
	}
	return set.IsZero()
}

func FuzzRequiredAdmits(f *testing.F) {
	for i, seed := range []struct{ pattern, text string }{
		{`(?i)k[s]|ſ`, "\u212A\u017F"},
		{`(?i)(?:wget|curl)\s+-[qO]`, "x; WGET -q"},
		{`\b(?:sudo )?(?:nmap|masscan)\b.*-p`, "sudo nmap -p"},
		{`[a-c]{2,4}(?:x|yz)+[^a]q`, "abxq"},
		{`^(?s).a\x{FFFD}b$`, "\xffa\xfeb"},
		{`(?:a{3}|b{2,}){2}c?d*e`, "aaabbe"},
		{`((a|b|)(c|d|)){3}x|longliteral{30}`, "acx"},
		{`(?i)σ[ά-ώ]ς\Bé`, "ΣάσΈ"},
		{`[ab][ab][ab][ab][ab][ab][ab][ab]+wg`, "abababababwg"},
		{`(?:abcdefghijklmnopqrstuvwxyz){2}[0-9]x`, strings.Repeat("abcdefghijklmnopqrstuvwxyz", 2) + "0X"},
	} {
		f.Add(seed.pattern, seed.text, uint64(i))
	}
	f.Fuzz(func(t *testing.T, pattern, text string, seed uint64) {
		if len(pattern) > 200 {
			return
		}
		compiled, err := regexp.Compile(pattern)
		if err != nil {
			return
		}
		re := parse(t, pattern)
		set, ok := Required(re)
		if ok == set.IsZero() {
			t.Fatalf("Required(%q) = %v for %q", pattern, ok, set.Literals())
		}
		simplified, _ := Required(parse(t, pattern).Simplify())
		rng := rand.New(rand.NewPCG(seed, 0))
		texts := []string{text}
		for range 8 {
			room := 500
			made := matching(re, rng, &room)
			texts = append(texts, made, text+made, made+text)
		}
		for _, text := range texts {
			if !compiled.MatchString(text) {
				continue
			}
			if !admits(set, text) {
				t.Fatalf("Required(%q) = %q rejects %q, which matches", pattern, set.Literals(), text)
			}
			if !admits(simplified, text) {
				t.Fatalf("Required(%q) simplified = %q rejects %q, which matches", pattern, simplified.Literals(), text)
			}
		}
	})
}

// TestLeading: each match begins with a literal where that is said. Random patterns are held to it, too.
func TestLeading(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		want    bool
	}{
		{`\bwget\s+-q`, true}, {`(?i)\b(?:wget|curl)\b.*x`, true}, {`/tmp\S*[0-9]{2,}`, true}, {`^ls(?:\s|$)`, true},
		{`.*wget`, false}, {`[;&|]?\s*wget`, false}, {`a.*wget`, false}, {`(?:sudo )?wget`, false},
	} {
		set, _ := Required(parse(t, tt.pattern))
		if set.Leading() != tt.want {
			t.Errorf("`%s` begins with one of %q: %v, want %v", tt.pattern, set.Literals(), set.Leading(), tt.want)
		}
	}
	rng := rand.New(rand.NewPCG(9, 10))
	checked := 0
	for range 4000 {
		pattern := randomPattern(rng, 4)
		re, err := regexp.Compile(pattern)
		if err != nil {
			continue
		}
		set, ok := Required(parse(t, pattern))
		if !ok || !set.Leading() {
			continue
		}
		for _, text := range []string{"abk a wget /etc/ sab", "SK\u017fab ks Ab", "-perm a\nb 12 kkk", "wgetabcdefghijklmnopqrstuvwxyzabcdefghi é"} {
			for _, loc := range re.FindAllStringIndex(text, -1) {
				checked++
				rest := string(AppendFold(nil, text[loc[0]:]))
				if !slices.ContainsFunc(set.Literals(), func(l string) bool { return strings.HasPrefix(rest, l) }) {
					t.Fatalf("`%s` matches %q at %d, where none of %q begins", pattern, text, loc[0], set.Literals())
				}
			}
		}
	}
	if checked < 500 {
		t.Errorf("%d matches checked: too few", checked)
	}
}
