package engine

import (
	"fmt"
	"regexp/syntax"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/event"
)

func patternNode(s string) *Node {
	return &Node{Kind: Scalar, Tag: "!!str", Value: s, style: stylePlain, at: Pos{1, 1},
		Span: Span{Pos{1, 1}, Pos{1, 1 + len([]rune(s))}}}
}

func TestCompilePattern(t *testing.T) {
	tests := []struct {
		pattern string
		code    Code
		marks   string // the whole pattern when empty
	}{
		{pattern: `cat`},
		{pattern: `(?i)\bcat\b.*?[^]x\]]{2,3}`},
		{pattern: `(?P<word>a)(?<other>b)(?:c)(?s:d)`},
		{pattern: `[(?=)]\(?=\\\+a`},
		{pattern: `\Q(?=\Ea`},
		{`a(b(c)`, CodePattern, `(`},
		{`a)b)`, CodePattern, `)`},
		{`(a))b`, CodePattern, `)`},
		{`é[z-a]`, CodePattern, `z-a`},
		{`[[:foo:]]`, CodePattern, `[:foo:]`},
		{`[abc`, CodePattern, `[abc`},
		{`ab**`, CodePattern, `**`},
		{`*a`, CodePattern, `*`},
		{`\*+(`, CodePattern, `(`},
		{`a\`, CodePattern, `\`},
		{`a\y`, CodePattern, `\y`},
		{`\p{Foo}`, CodePattern, `\p{Foo}`},
		{`(?P<a-b>a)`, CodePattern, `(?P<a-b>`},
		{`a{1001}`, CodePattern, `{1001}`},
		{`a(?=b)`, CodeLookAround, `(?=`},
		{`a(?!b)`, CodeLookAround, `(?!`},
		{`(?<=a)b`, CodeLookAround, `(?<=`},
		{`(?<!a)b`, CodeLookAround, `(?<!`},
		{`[(?=]x(?!b)`, CodeLookAround, `(?!`},
		{`(a)\1`, CodeLookAround, `\1`},
		{`(?P<x>a)(?P=x)`, CodeLookAround, `(?P=`},
		{`\k<x>`, CodeLookAround, `\k`},
		{`(?>a)b`, CodeLookAround, `(?>`},
		{`a++b`, CodeLookAround, `++`},
		{`a{2}+b`, CodeLookAround, `}+`},
		{`a\Z`, CodeLookAround, `\Z`},
		{`(?(1)a|b)`, CodeLookAround, `(?(`},
		{``, CodeMatchesEmpty, ``},
		{`a*`, CodeMatchesEmpty, ``},
		{`^`, CodeMatchesEmpty, ``},
		{`a|`, CodeMatchesEmpty, ``},
		{`(a{1000}){1000}`, CodePatternSize, ``},
		{`((a{100}){100}){100}`, CodePatternSize, ``},
		{`[a-z]{900}\pL{900}`, CodePatternSize, ``},
		{strings.Repeat(`(`, 2000) + `a` + strings.Repeat(`)`, 2000), CodePatternSize, ``},
		{strings.Repeat(`a`, maxPatternBytes+1), CodePatternSize, ``},
	}
	for _, tt := range tests {
		t.Run(event.CutText(tt.pattern, 30), func(t *testing.T) {
			re, tree, diags := compilePattern(patternNode(tt.pattern))
			if tt.code == "" {
				if re == nil || tree == nil || len(diags) > 0 {
					t.Errorf("compilePattern(%q) = %v, %v", tt.pattern, re, diags)
				}
				return
			}
			if re != nil || len(diags) != 1 || diags[0].Code != tt.code {
				t.Fatalf("compilePattern(%q) = %v, %v, want %s", tt.pattern, re, diags, tt.code)
			}
			want := tt.marks
			if want == "" {
				want = tt.pattern
			}
			d := diags[0]
			if got := string([]rune(tt.pattern)[d.Span.Start.Col-1 : d.Span.End.Col-1]); got != want {
				t.Errorf("%s marks %q, want %q", d.Error(), got, want)
			}
			if d.Code == CodeLookAround && len(d.Help) == 0 {
				t.Errorf("%s does not say what to write instead", d.Error())
			}
		})
	}
}

// unbounded is far more time than any hostile input needs, on a busy machine
// too: what takes longer has no bound.
const unbounded = 30 * time.Second

func TestHostilePatternsAreQuick(t *testing.T) {
	for i, p := range []string{
		strings.Repeat("a", 100<<10),
		strings.Repeat("(a|", 2000),
		strings.Repeat(`\pL`, 2700),
		strings.Repeat(`(?i)[^a]`, 1000),
		strings.Repeat("(((a{30}){30}){30})", 400),
		strings.Repeat("(", 8000),
		strings.Repeat(`\Q`, 4000),
		strings.Repeat("[[:", 2700),
		strings.Repeat("a|", 4000) + "b",
	} {
		start := time.Now()
		compilePattern(patternNode(p))
		if d := time.Since(start); d > unbounded {
			t.Errorf("pattern %d took %v", i, d)
		}
	}
}

// TestProgramSizeIsNoUnderestimate holds the estimate to the program, which
// it may exceed.
func TestProgramSizeIsNoUnderestimate(t *testing.T) {
	for _, p := range []string{`a`, `abc|abd|x*`, `(?i)k[a-z]+`, `\pL+x?`, `(a{3,9}|b{2,}){7}`, `^(?:a|b)?c$`, `(((x{10}){10}){5})`, `(a?){50}`, `[^a]{3,5}\b.`} {
		tree, err := syntax.Parse(p, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		prog, err := syntax.Compile(tree.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		// Every program has an instruction for failure and one for success.
		if got, want := programSize(tree), instructionSize*(len(prog.Inst)-2); got < want || got > 5*want+6000 {
			t.Errorf("programSize(%q) = %d, the program takes %d", p, got, want)
		}
	}
}

// TestFileOfPatterns bounds what a file of large patterns costs.
func TestFileOfPatterns(t *testing.T) {
	rule := func(patterns int, pattern, example string) string {
		match := "  any_of:\n"
		for i := range patterns {
			match += fmt.Sprintf("    - pattern: '%sz%d'\n", pattern, i)
		}
		return strings.NewReplacer(exampleMatch, match, "cat /etc/shadow", example).Replace(exampleRule)
	}
	tests := []struct {
		name, data string
		want       int // of TTP032
	}{
		{"small", rule(1000, "abc", "abcz7"), 0},
		{"large", rule(150, strings.Repeat("[ab]c?", 1000), "az7"), 150 - maxFilePrograms/128_000},
		{"repeated", rule(3, "(((a{20}){20}){20})", "az7"), 3},
		{"long examples", rule(15, strings.Repeat("[ab]c?", 1000), strings.Repeat("b", 4000)+"z7"), 1},
	}
	for _, tt := range tests {
		start := time.Now()
		_, diags := Compile([]Source{{Name: "R0001.yaml", Data: []byte(tt.data)}}, testConfig())
		got := 0
		for _, d := range diags {
			if d.Code == CodePatternSize {
				got++
			}
		}
		if diff := got - tt.want; diff < -5 || diff > 5 || (got == 0) != (tt.want == 0) {
			t.Errorf("%s: %d TTP032, want %d", tt.name, got, tt.want)
		}
		if d := time.Since(start); d > unbounded {
			t.Errorf("%s took %v", tt.name, d)
		}
	}
}

func FuzzCompilePattern(f *testing.F) {
	for _, p := range []string{`a(b`, `(?<=a)`, `[[:x:]`, `\Qa`, `a++`, "\xff(", `(?P<n>x)\1`, `é{3}(`} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		re, tree, diags := compilePattern(patternNode(p))
		if (re == nil) != diags.HasErrors() || (tree == nil) != (re == nil) {
			t.Fatalf("compilePattern(%q) = %v, %v, %v", p, re, tree, diags)
		}
		for _, d := range diags {
			if s, e := d.Span.Start.Col, d.Span.End.Col; s < 1 || e > len([]rune(p))+1 || d.Span.Start.Line != 1 {
				t.Fatalf("%s: span %v of %q", d.Error(), d.Span, p)
			}
		}
	})
}

func ExampleNewDiagnostic() {
	d := NewDiagnostic(CodeBadParam, Span{Pos{3, 5}, Pos{3, 9}}, "limit is %d", 7).WithHelp("write %d", 5)
	d.File = "R0001.yaml"
	fmt.Println(d.Error(), d.Help)
	// Output: R0001.yaml:3:5: error[TTP043]: limit is 7 [write 5]
}
