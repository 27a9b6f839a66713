package engine

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
)

func TestPriceOf(t *testing.T) {
	tests := []struct {
		pattern  string
		min, max int
		narrow   bool
	}{
		{"wget http", 1, 4, false},
		{"^wget http", 1, 3, true},
		{"^.*wget", 2, 8, false},
		{`(?:a?){200}a{200}b`, 400, 700, false},
		{`^(?:a?){200}a{200}b`, 400, 700, true},
		{`[a-z]{300}!`, 300, 310, false},
		{`a.{100}b`, 100, 110, false},
		{`(?:wget|curl|tftp|ftpget|scp)\s+-`, 2, 24, false},
		{strings.Repeat("abcdefgh", 60), 2, 130, false},
		{`(?i)sſ`, 1, 6, false},
	}
	for _, tt := range tests {
		re, err := syntax.Parse(tt.pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		if got := priceOf(re); got.steps < tt.min || got.steps > tt.max || got.narrow != tt.narrow {
			t.Errorf("priceOf(%.40q) = %+v, want %d to %d steps, narrow %v", tt.pattern, got, tt.min, tt.max, tt.narrow)
		}
	}
}

// TestPriceIsABound runs programs step by step over texts made of their own
// letters: what is alive at once is never more than the price says.
func TestPriceIsABound(t *testing.T) {
	for _, pattern := range []string{
		`(?:a?){20}a{20}b`, `\b(?:ab|a|ba)+c`, `(?i)(?:^|[^a-z])(?:aba|abb|bab)x`, `a[^b]*b.*a.{5}b`, `^(?:a b|a  b| )+$`, `(?:[ab]*){5}!`,
	} {
		re, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		prog, err := syntax.Compile(re.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		price := priceOf(re)
		for n := range 1 << 12 {
			if alive := mostAlive(prog, fmt.Sprintf("%012b", n)); alive > price.steps {
				t.Fatalf("%q: %d alive, priceOf says %d", pattern, alive, price.steps)
			}
		}
	}
}

// mostAlive returns how many instructions are alive at once on a text of a
// for 0 and b, or a blank every fourth time, for 1.
func mostAlive(prog *syntax.Prog, text string) int {
	l := newLiveness(prog)
	now, most := slices.Clone(l.reach[prog.Start]), 0
	for i, c := range text {
		most = max(most, now.count())
		r := 'a'
		if c == '1' {
			r = rune("bb b"[i%4])
		}
		next := make(bitset, len(now))
		if !l.anchored() {
			copy(next, l.reach[prog.Start])
		}
		now.each(func(k int) {
			switch in := &prog.Inst[k]; in.Op {
			case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
				if in.MatchRune(r) {
					for w := range next {
						next[w] |= l.reach[in.Out][w]
					}
				}
			}
		})
		now = next
	}
	return max(most, now.count())
}

// TestReadBy compares with what package regexp says of each character.
func TestReadBy(t *testing.T) {
	for _, pattern := range []string{
		"a", "(?i)a", "(?i)k", "(?i)s", "é", "(?i)é", "ſ", "(?i)ſ", "\u212a", "(?i)\u212a", "[0-9]", "[^0-9]", "(?i)[k-t]", "[a-zé]", ".", "(?s).", `\pL`, `\x00`, `[\x00-\x7f]`, `[^\x00-\x7f]`, `\x{10ffff}`,
	} {
		re, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		prog, err := syntax.Compile(re.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		for i := range prog.Inst {
			in := &prog.Inst[i]
			reads := slices.Contains([]syntax.InstOp{syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL}, in.Op)
			got := readBy(in)
			for c := range rune(128) {
				if has := got[c/64]>>(c%64)&1 != 0; has != (reads && in.MatchRune(c)) {
					t.Errorf("%q, %v: %q is read %v", pattern, in, c, has)
				}
			}
			beyond := false
			for c := rune(128); reads && c <= 0x10ffff && !beyond; c++ {
				beyond = in.MatchRune(c)
			}
			if beyond && got[2] == 0 {
				t.Errorf("%q, %v: what it reads beyond ASCII is missing", pattern, in)
			}
		}
	}
}

func TestDearRules(t *testing.T) {
	rule := func(match string) Source {
		return Source{Name: "R0001.yaml", Data: []byte(strings.Replace(exampleRule, exampleMatch, "  "+match+"\n", 1))}
	}
	for match, dear := range map[string]bool{
		`pattern: '(?:a?){200}a{200}cat'`:                                                    true, // 603 steps
		`pattern: '(?:a?){100}a{100}cat'`:                                                    false,
		`{field: simple_command, pattern: '(?:a?){60}a{60}cat'}`:                             true,
		`{any_of: [{pattern: '(?:a?){130}a{130}cat'}, {pattern: '(?:b?){130}b{130}cat'}]}`:   true,
		`{any_of: [{pattern: '^(?:a?){130}a{130}cat'}, {pattern: '^(?:b?){130}b{130}cat'}]}`: false,
		`{command: {argument: {pattern: '(?:a?){60}a{60}cat'}}}`:                             true,
		`{pattern: 'cat /etc/shadow'}`:                                                       false,
	} {
		_, diags := Compile([]Source{rule(match)}, testConfig())
		if got := slices.Contains(codesOf(diags), CodeDear); got != dear {
			t.Errorf("%s: warned %v, want %v (%v)", match, got, dear, diags)
		}
	}
}
