package engine

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParse(t *testing.T) {
	data := strings.NewReplacer(
		"emits:", "attack_release: '19.1'\nlast_reviewed: 2026-01-02\nnext_review: \"2027-01-02\"\nevidence_fields: [user]\nemits:",
	).Replace(exampleRule)
	p, diags := Parse(Source{Name: "R0001.yaml", Data: []byte(data)})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	span := func(line, from, to int) Span { return Span{Pos{line, from}, Pos{line, to}} }
	want := &ParsedRule{
		Source:         Source{Name: "R0001.yaml", Data: []byte(data)},
		Hash:           Source{Data: []byte(data)}.Hash(),
		ID:             At[string]{"R0001", span(1, 10, 15)},
		Version:        At[int]{1, span(2, 15, 16)},
		Name:           At[string]{"shadow_read", span(3, 7, 18)},
		Description:    At[string]{"The file of password hashes is read.", span(4, 14, 50)},
		AppliesTo:      []At[string]{{"command", span(5, 14, 21)}},
		AttackRelease:  At[string]{"19.1", span(8, 17, 23)},
		LastReviewed:   At[string]{"2026-01-02", span(9, 16, 26)},
		NextReview:     At[string]{"2027-01-02", span(10, 14, 26)},
		EvidenceFields: []At[string]{{"user", span(11, 19, 23)}},
		Emits: []ParsedEmit{{
			Tactic:       At[string]{"TA0006", span(13, 14, 20)},
			Technique:    At[string]{"T1003", span(13, 36, 41)},
			SubTechnique: At[string]{"T1003.008", span(13, 61, 70)},
			Confidence:   At[float64]{0.95, span(13, 84, 88)},
			Span:         span(13, 5, 5),
		}},
	}
	opts := cmp.Options{cmpopts.IgnoreUnexported(ParsedRule{}), cmpopts.IgnoreFields(ParsedRule{}, "Match", "MatchExamples", "OtherExamples")}
	if diff := cmp.Diff(want, p, opts); diff != "" {
		t.Errorf("Parse differs (-want +got):\n%s", diff)
	}
	if got := p.Match.member("pattern"); got == nil || got.Value != `\bcat /etc/shadow\b` {
		t.Errorf("match.pattern = %+v", got)
	}
	if len(p.MatchExamples) != 1 || p.MatchExamples[0].Value != "cat /etc/shadow" || len(p.OtherExamples) != 1 {
		t.Errorf("examples = %v, %v", p.MatchExamples, p.OtherExamples)
	}
}

// TestNotARule has the files that no rule can be read from.
func TestNotARule(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'i'; c++ {
		prev := string(c - 1)
		bomb += string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+prev+",", 10), ",") + "]\n"
	}
	tests := []struct {
		name, data string
		code       Code
		at         Pos
	}{
		{"empty", "", CodeUnreadable, Pos{}},
		{"blank", "\ufeff \n\t\n", CodeUnreadable, Pos{}},
		{"comments", "# a\n\n# b\n", CodeUnreadable, Pos{}},
		{"document marker", "---\n...\n", CodeUnreadable, Pos{2, 1}},
		{"scalar", "rule\n", CodeUnreadable, Pos{1, 1}},
		{"list", "- a: b\n", CodeUnreadable, Pos{1, 1}},
		{"too large", strings.Repeat("# x\n", 10<<20/4), CodeUnreadable, Pos{}},
		{"utf-16", "\xff\xfea\x00:\x00", CodeUnreadable, Pos{}},
		{"latin-1", "a: b\nc: caf\xe9\n", CodeUnreadable, Pos{2, 7}},
		{"gzip", "\x1f\x8b\x08\x00\x00", CodeUnreadable, Pos{1, 2}},
		{"too many values", "a: [" + strings.Repeat("x,", maxNodes) + "]\n", CodeUnreadable, Pos{1, 5 + 2*(maxNodes-3)}},
		{"alias bomb", bomb, CodeAlias, Pos{4, 29}},
		{"long text under many aliases", "a: &a " + strings.Repeat("x", 500<<10) + "\nb: [" + strings.Repeat("*a,", 5000) + "]\n", CodeAlias, Pos{2, 14}},
		{"alias of itself", "a: &a [b, *a]\n", CodeAlias, Pos{1, 11}},
		{"unknown alias", "a: 1\nb: *a\n", CodeSyntax, Pos{2, 1}},
		{"deep", "a: " + strings.Repeat("[", 70) + strings.Repeat("]", 70) + "\n", CodeDepth, Pos{1, 3 + maxTreeDepth}},
		{"deeper than the library goes", strings.Repeat("[", 1<<20), CodeSyntax, Pos{1, 1}},
		{"control character", "a: \x00\n", CodeInvisible, Pos{1, 4}},
		{"carriage returns", "a: b\rc: d\r", CodeInvisible, Pos{1, 5}},
		{"bidi in a comment", "a: b # \u202e x\n", CodeInvisible, Pos{1, 8}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			_, diags := Parse(Source{Name: "R0001.yaml", Data: []byte(tt.data)})
			if len(diags) == 0 || diags[0].Code != tt.code || diags[0].Span.Start != tt.at {
				t.Fatalf("Parse = %v, want %s at %v first", diags[:min(len(diags), 3)], tt.code, tt.at)
			}
			if d := time.Since(start); d > unbounded {
				t.Errorf("Parse took %v", d)
			}
			checkSpans(t, []byte(strings.TrimPrefix(tt.data, "\ufeff")), diags)
		})
	}
}

func TestSyntaxErrorLines(t *testing.T) {
	tests := []struct {
		data string
		line int
		help string
	}{
		{"a: 1\nb: [x\nc: 2\n", 2, "a [ or { is not closed"},
		{"a: 1\nb: \"x\nc: 2\n", 2, "a quote is not closed"},
		{"a: 1\nb: c: d\n", 2, "put the value into single quotes"},
		{"a: 1\nb: @x\n", 2, "put the value into single quotes"},
		{"a: 1\n\tb: 2\n", 2, "indent with spaces"},
		{"a: 1\nb\nc: 2\n", 2, "write key: value"},
		{"a:\n  b: 1\n c: 2\nd: 3\n", 3, ""},
		{"a: 1\nb: \"\\d\"\nc: 2\n", 2, "put the value into single quotes"},
		{"a: 1\n---\nb: [\n", 3, ""},
		{"a: 1\nb: {c: d\n\n\n", 2, ""},
		{"- a\n- b\nc: d\n", 3, ""},
	}
	for _, tt := range tests {
		_, diags := Parse(Source{Name: "R0001.yaml", Data: []byte(tt.data)})
		i := slices.IndexFunc(diags, func(d Diagnostic) bool { return d.Code == CodeSyntax })
		if i < 0 || diags[i].Span.Start.Line != tt.line {
			t.Errorf("Parse(%q) = %v, want TTP001 on line %d", tt.data, diags, tt.line)
			continue
		}
		if tt.help != "" && (len(diags[i].Help) == 0 || !strings.HasPrefix(diags[i].Help[0], tt.help)) {
			t.Errorf("Parse(%q): help %q, want %q", tt.data, diags[i].Help, tt.help)
		}
	}
}

func TestAliasesShareTheirValue(t *testing.T) {
	p, diags := Parse(Source{Data: []byte("match: {any_of: [&a {pattern: x}, *a]}\n")})
	if p == nil {
		t.Fatal(diags)
	}
	blocks := p.Match.member("any_of").Items
	if len(blocks) != 2 || blocks[0] != blocks[1] {
		t.Errorf("blocks = %v", blocks)
	}
}

// TestParseMemory parses files that are as bad as the limits allow.
func TestParseMemory(t *testing.T) {
	for name, line := range map[string]string{
		"comments": "#\n", "items": "- a\n", "unknown keys": "? ", "quotes": "- 'a' # ttpctl:ignore TTP027\n",
		"flow": "[a, ", "anchors": "- &a b\n", "tags": "- !!binary x\n", "bad keys": "abcdefgh_ijkl: 1\n",
	} {
		data := []byte(strings.Repeat(line, maxRuleBytes/len(line)))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		Parse(Source{Name: "R0001.yaml", Data: data})
		runtime.ReadMemStats(&after)
		if d := time.Since(start); d > unbounded {
			t.Errorf("%s: %v", name, d)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<30 {
			t.Errorf("%s: %d MB allocated", name, n>>20)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(exampleRule))
	f.Add(bytes.ReplaceAll([]byte(exampleRule), []byte("\n"), []byte("\r\n")))
	f.Add([]byte("a: &a [*a]\n? [b]\n: |\n  c\n<<: *a\n"))
	f.Add([]byte("description: >\n  a\n\n  b\nmatch: {pattern: \"\\u00e9\\(\"}\n"))
	names, err := filepath.Glob("testdata/lint/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		src := Source{Name: "R0001.yaml", Data: data}
		p, diags := Parse(src)
		if p == nil && !diags.HasErrors() {
			t.Fatal("neither a rule nor an error")
		}
		rs, all := Compile([]Source{src}, testConfig())
		if in := len(rs.Rules()) == 1; in == all.HasErrors() {
			t.Fatalf("in the ruleset: %v, diagnostics: %v", in, all)
		}
		checkSpans(t, bytes.TrimPrefix(data, []byte("\ufeff")), append(diags, all...))
		for _, d := range all {
			if d.File != src.Name || strings.ContainsRune(d.Message, '\n') {
				t.Fatalf("diagnostic %+v", d)
			}
		}
	})
}
