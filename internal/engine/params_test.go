package engine

import (
	"slices"
	"strings"
	"testing"
)

func decodeParams(t *testing.T, body string, specs []Param) (Args, Diagnostics) {
	t.Helper()
	match := "  kind: lifter:x\n"
	if body != "" {
		match += "  " + strings.ReplaceAll(body, "\n", "\n  ") + "\n"
	}
	p, diags := Parse(Source{Name: "R0001.yaml", Data: []byte(strings.Replace(exampleRule, exampleMatch, match, 1))})
	if len(diags) > 0 {
		t.Fatalf("Parse: %v", diags)
	}
	return Params{Kind: "lifter:x", Rule: p, Node: p.Match}.Decode(specs)
}

func paramSpecs() []Param {
	return []Param{
		{Name: "share", Type: ParamNumber, Min: 0, Max: 1},
		{Name: "count", Type: ParamNumber, Default: 5.0},
		{Name: "strict", Type: ParamBool, Default: true},
		{Name: "catalog", Type: ParamString, OneOf: []string{"phishing_kits"}},
		{Name: "prefix", Type: ParamString},
		{Name: "signals", Type: ParamStrings, OneOf: []string{"spf_fail", "dkim_fail"}},
		{Name: "words", Type: ParamStrings},
		{Name: "patterns", Type: ParamPatterns},
		{Name: "pairs", Type: ParamPairs},
	}
}

func TestDecodeParams(t *testing.T) {
	a, diags := decodeParams(t, `share: 1
count: 3.0
strict: false
catalog: phishing_kits
prefix: ""
signals: [dkim_fail]
words: [a, "b c"]
patterns: ['(?i)drop\s+table']
pairs: [[root, root], [root, ""]]`, paramSpecs())
	if len(diags) > 0 {
		t.Fatalf("Decode: %v", diags)
	}
	if a.Number("share") != 1 || a.Number("count") != 3 || a.Bool("strict") || a.String("catalog") != "phishing_kits" {
		t.Errorf("Decode = %+v", a)
	}
	if !a.Has("prefix") || a.String("prefix") != "" || a.Has("other") {
		t.Errorf("Has: %+v", a)
	}
	if !slices.Equal(a.Strings("words"), []string{"a", "b c"}) || !slices.Equal(a.Strings("signals"), []string{"dkim_fail"}) {
		t.Errorf("lists: %+v", a)
	}
	if len(a.Patterns("patterns")) != 1 || !a.Patterns("patterns")[0].MatchString("x Drop  TABLE y") {
		t.Errorf("patterns: %v", a.Patterns("patterns"))
	}
	if !slices.Equal(a.Pairs("pairs"), [][2]string{{"root", "root"}, {"root", ""}}) {
		t.Errorf("pairs: %v", a.Pairs("pairs"))
	}
}

func TestDecodeParamsDefaults(t *testing.T) {
	a, diags := decodeParams(t, "", paramSpecs())
	if len(diags) > 0 || a.Number("count") != 5 || !a.Bool("strict") || a.Has("share") || a.Strings("words") != nil {
		t.Errorf("Decode() = %+v, %v", a, diags)
	}
}

func TestDecodeParamsProblems(t *testing.T) {
	tests := []struct {
		body  string
		code  Code
		marks string
		line  int
		help  string
	}{
		{"share: 1.1", CodeBadParam, "1.1", 8, ""},
		{"share: -1", CodeBadParam, "-1", 8, ""},
		{"count: .nan", CodeBadParam, ".nan", 8, ""},
		{"count: .inf", CodeBadParam, ".inf", 8, ""},
		{"count: true", CodeBadParam, "true", 8, ""},
		{`count: "3"`, CodeBadParam, `"3"`, 8, "leave the quotes out: 3"},
		{"count: [1]", CodeBadParam, "[", 8, ""},
		{"count:", CodeBadParam, ":", 8, ""},
		{"strict: 1", CodeBadParam, "1", 8, ""},
		{`strict: "true"`, CodeBadParam, `"true"`, 8, ""},
		{"catalog: phishing_kit", CodeBadParam, "phishing_kit", 8, "did you mean phishing_kits?"},
		{"prefix: 1", CodeBadParam, "1", 8, ""},
		{"signals: [dkim_fail, spf_fial]", CodeBadParam, "spf_fial", 8, "did you mean spf_fail?"},
		{"words: []", CodeBadParam, "[", 8, ""},
		{"words: a", CodeBadParam, "a", 8, ""},
		{"words: [a, '']", CodeBadParam, "''", 8, ""},
		{"patterns:\n- a\n- 'b(?=c)'", CodeLookAround, "(?=", 10, ""},
		{"pairs: [[root]]", CodeBadParam, "[", 8, ""},
		{"pairs: [[root, 1]]", CodeBadParam, "[", 8, ""},
		{"pairs: [['', a]]", CodeBadParam, "[", 8, ""},
		{"signal: [dkim_fail]", CodeUnknownParam, "signal", 8, "did you mean signals?"},
	}
	for _, tt := range tests {
		data := strings.Replace(exampleRule, exampleMatch, "  kind: lifter:x\n  "+strings.ReplaceAll(tt.body, "\n", "\n  ")+"\n", 1)
		_, diags := decodeParams(t, tt.body, paramSpecs())
		if len(diags) != 1 || diags[0].Code != tt.code {
			t.Errorf("Decode(%q) = %v, want one %s", tt.body, diags, tt.code)
			continue
		}
		if tt.marks != ":" && marked(data, diags[0]) != tt.marks || diags[0].Span.Start.Line != tt.line {
			t.Errorf("Decode(%q) marks %q at %v, want %q on line %d", tt.body, marked(data, diags[0]), diags[0].Span.Start, tt.marks, tt.line)
		}
		if tt.help != "" && !slices.Contains(diags[0].Help, tt.help) {
			t.Errorf("Decode(%q) helps with %q, want %q", tt.body, diags[0].Help, tt.help)
		}
	}
}

func TestDecodeParamsRequired(t *testing.T) {
	specs := []Param{{Name: "words", Type: ParamStrings, Required: true}}
	if _, diags := decodeParams(t, "", specs); len(diags) != 1 || diags[0].Code != CodeMissingKey || diags[0].Span.Start != (Pos{7, 9}) {
		t.Errorf("Decode() = %v, want TTP006 at the kind", diags)
	}
	if _, diags := decodeParams(t, "word: [a]", specs); len(diags) != 1 || diags[0].Code != CodeUnknownParam {
		t.Errorf("Decode(word) = %v, want TTP042 alone", diags)
	}
	if _, diags := decodeParams(t, "word: [a]", nil); len(diags) != 1 || !slices.Contains(diags[0].Help, "it takes none") {
		t.Errorf("Decode(word) of a lifter without parameters = %v", diags)
	}
}
