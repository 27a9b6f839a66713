package engine

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var wantComment = regexp.MustCompile(`want([-+][0-9]+)?((?: TTP[0-9]{3})+)`)

// wants returns the codes that the file's comments expect, as line:code.
func wants(data []byte) []string {
	var out []string
	for i, line := range strings.Split(string(data), "\n") {
		m := wantComment.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		shift, _ := strconv.Atoi(m[1])
		for code := range strings.FieldsSeq(m[2]) {
			out = append(out, fmt.Sprintf("%d:%s", i+1+shift, code))
		}
	}
	slices.Sort(out)
	return out
}

func readSources(t *testing.T, pattern string) []Source {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("Glob(%q) = %v, %v", pattern, names, err)
	}
	var srcs []Source
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		srcs = append(srcs, Source{Name: name, Data: data})
	}
	return srcs
}

func checkWants(t *testing.T, srcs []Source, diags Diagnostics) {
	t.Helper()
	got := map[string][]string{}
	for _, d := range diags {
		got[d.File] = append(got[d.File], fmt.Sprintf("%d:%s", d.Span.Start.Line, d.Code))
	}
	for _, src := range srcs {
		slices.Sort(got[src.Name])
		if diff := cmp.Diff(wants(src.Data), got[src.Name]); diff != "" {
			t.Errorf("%s: codes by line differ (-want +got):\n%s", src.Name, diff)
			for _, d := range diags {
				if d.File == src.Name {
					t.Log(d.Error())
				}
			}
		}
		delete(got, src.Name)
	}
	if len(got) > 0 {
		t.Errorf("diagnostics of other files: %v", slices.Collect(maps.Keys(got)))
	}
}

func TestLintFiles(t *testing.T) {
	for _, src := range readSources(t, "testdata/lint/*.yaml") {
		t.Run(filepath.Base(src.Name), func(t *testing.T) {
			rs, diags := Compile([]Source{src}, testConfig())
			checkWants(t, []Source{src}, diags)
			if in := len(rs.Rules()) == 1; in == diags.HasErrors() {
				t.Errorf("the rule is in the ruleset: %v, with errors: %v", in, diags.HasErrors())
			}
			checkSpans(t, src.Data, diags)
		})
	}
}

func TestLintPack(t *testing.T) {
	srcs := readSources(t, "testdata/lint_pack/*.yaml")
	slices.Reverse(srcs) // the order that the files come in decides nothing
	rs, diags := Compile(srcs, testConfig())
	checkWants(t, srcs, diags)
	if got := len(rs.Rules()); got != 1 || rs.Rule("R0201") == nil {
		t.Errorf("%d rules, want R0201 of the first file alone", got)
	}
	if got := rs.Rule("R0201").Source.Name; filepath.Base(got) != "R0201.yaml" {
		t.Errorf("R0201 comes from %s, want the first file", got)
	}
}

// checkSpans checks that every position lies in the file.
func checkSpans(t *testing.T, data []byte, diags Diagnostics) {
	t.Helper()
	lines := strings.Split(strings.ToValidUTF8(string(data), "?"), "\n")
	for _, d := range diags {
		for _, p := range []Pos{d.Span.Start, d.Span.End} {
			if p == (Pos{}) {
				continue
			}
			if p.Line < 1 || p.Line > len(lines) || p.Col < 1 || p.Col > len([]rune(lines[p.Line-1]))+1 {
				t.Errorf("%s: %v is outside the file", d.Error(), p)
			}
		}
	}
}

// marked returns what the diagnostic's carets mark, on its first line.
func marked(data string, d Diagnostic) string {
	line := []rune(strings.Split(data, "\n")[d.Span.Start.Line-1])
	start, end := d.Span.Start.Col-1, d.Span.End.Col-1
	if d.Span.End.Line > d.Span.Start.Line {
		end = len(line)
	}
	return string(line[start:max(start+1, end)])
}

func TestDiagnosticsPointAtTheirText(t *testing.T) {
	rule := func(old, new string) string { return strings.Replace(exampleRule, old, new, 1) }
	pattern := func(p string) string { return rule(exampleMatch, "  pattern: "+p+"\n") }
	tests := []struct {
		name, data string
		code       Code
		marks      string
		line       int
	}{
		{"plain", rule("[command]", "[comand]"), CodeUnknownKind, "comand", 5},
		{"quoted", rule("[command]", `["comand"]`), CodeUnknownKind, `"comand"`, 5},
		{"behind wide characters", rule("{tactic: TA0006", "{tactic: !!str TÄ0006"), CodeUnknownTactic, "!!str TÄ0006", 9},
		{"sub-technique", rule("T1003.008", "T1059.004"), CodeParent, "T1059.004", 9},
		{"key", rule("applies_to", "aplies_to"), CodeUnknownKey, "aplies_to", 5},
		{"second key", rule("name: ", "rule_id: R0001\nname: "), CodeDuplicateKey, "rule_id", 3},
		{"in plain", pattern("é(cat"), CodePattern, "(", 7},
		{"in single quotes", pattern("'it''s é(?=x)'"), CodeLookAround, "(?=", 7},
		{"in double quotes", pattern(`"\x41\u00e9\\d\t(?!x)"`), CodeLookAround, "(?!", 7},
		{"in a long escape", pattern(`"\U0001f600\N\1"`), CodeSyntax, `pattern: "\U0001f600\N\1"`, 7},
		{"behind escapes", pattern(`"\U0001f600\N\\1"`), CodeLookAround, `\\1`, 7},
		{"in a literal block", pattern("|\n    cat\n    é[b"), CodePattern, "[b", 9},
		{"in an anchored value", pattern("&p 'a(?<!b)'"), CodeLookAround, "(?<!", 7},
		{"in a folded block", pattern(">-\n    a(b"), CodePattern, ">", 7},
		{"in a literal block with crlf", strings.ReplaceAll(pattern("|\n    cat\n    é[b"), "\n", "\r\n"), CodePattern, "[b", 9},
		{"class", pattern(`'[z-a]x'`), CodePattern, "z-a", 7},
		{"example", rule("no_match: [ls", "no_match: [cat"), CodeExampleMatches, "cat /etc/shadow", 12},
		{"crlf", strings.ReplaceAll(rule("[command]", "[comand]"), "\n", "\r\n"), CodeUnknownKind, "comand", 5},
		{"byte order mark", "\ufeff" + rule("[command]", "[comand]"), CodeUnknownKind, "comand", 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, diags := Compile([]Source{{Name: "R0001.yaml", Data: []byte(tt.data)}}, testConfig())
			i := slices.IndexFunc(diags, func(d Diagnostic) bool { return d.Code == tt.code })
			if i < 0 {
				t.Fatalf("codes = %v, want %s", diags, tt.code)
			}
			d := diags[i]
			if got := marked(strings.TrimPrefix(tt.data, "\ufeff"), d); got != tt.marks || d.Span.Start.Line != tt.line {
				t.Errorf("%s marks %q on line %d, want %q on line %d", d.Error(), got, d.Span.Start.Line, tt.marks, tt.line)
			}
			if d.File != "R0001.yaml" {
				t.Errorf("file = %q", d.File)
			}
		})
	}
}

// TestParentDiagnostic pins the diagnostic that CLI.md shows.
func TestParentDiagnostic(t *testing.T) {
	data := strings.Replace(exampleRule, "technique_id: T1003, sub_technique_id: T1003.008", "technique_id: T1053, sub_technique_id: T1059.004", 1)
	_, diags := Compile([]Source{{Name: "R0001.yaml", Data: []byte(data)}}, testConfig())
	want := Diagnostics{{
		Code: CodeParent, Severity: Error, File: "R0001.yaml", RuleID: "R0001",
		Span:    Span{Pos{9, 61}, Pos{9, 70}},
		Message: "T1059.004 is not a sub-technique of T1053",
		Label:   "its parent is T1059",
		Help:    []string{"write technique_id: T1059 (ATT&CK 19.1)"},
	}}
	if diff := cmp.Diff(want, diags); diff != "" {
		t.Errorf("diagnostics differ (-want +got):\n%s", diff)
	}
}

func TestHelp(t *testing.T) {
	tests := []struct{ old, new, want string }{
		{"[command]", "[comand]", "did you mean command?"},
		{"applies_to", "aplies_to", "did you mean applies_to?"},
		{"technique_id: T1003, sub_technique_id: T1003.008", "technique_id: T1562, sub_technique_id: T1562.001", "write technique_id: T1685 ("},
		{"tactic: TA0006", "tactic: TA0011", "write TA0006 (Credential Access)"},
		{"tactic: TA0006", "tactic: credential-access", "write the id: TA0006"},
		{"T1003.008", "T1003.08", "did you mean T1003.008 ("},
		{"name: shadow_read", "name: Shadow-Read", "write shadow_read"},
		{"rule_version: 1", `rule_version: "1"`, "leave the quotes out: 1"},
		{"name: shadow_read\n", "name: shadow_read\nattack_release: 19.1\n", `quote it: "19.1"`},
		{"[command]", "command", "write [command]"},
		{"confidence: 0.95", "confidence: 95", "write 0.95"},
		{exampleMatch, "  kind: lifter:exmaple\n", "did you mean lifter:example?"},
		{exampleMatch, "  kind: lifter:example\n  treshold: 1\n", "did you mean threshold?"},
	}
	for _, tt := range tests {
		data := strings.Replace(exampleRule, tt.old, tt.new, 1)
		_, diags := Compile([]Source{{Name: "R0001.yaml", Data: []byte(data)}}, testConfig())
		found := slices.ContainsFunc(diags, func(d Diagnostic) bool {
			return slices.ContainsFunc(d.Help, func(h string) bool { return strings.HasPrefix(h, tt.want) })
		})
		if !found {
			t.Errorf("%q: help of %+v, want %q", tt.new, diags, tt.want)
		}
	}
}

// What is written for a percentage is a number that people write.
func TestConfidenceAdvice(t *testing.T) {
	for given, want := range map[string]string{"1.8": "write 0.018", "85": "write 0.85", "99.5": "write 0.995"} {
		text := "rule_id: R0001\nrule_version: 1\nname: probe\ndescription: d\napplies_to: [command]\nmatch: {contains: x}\n" +
			"emits:\n  - {tactic: TA0007, technique_id: T1082, confidence: " + given + "}\n"
		_, diags := Compile([]Source{{Name: "R0001.yaml", Data: []byte(text)}}, Config{Catalogue: catalogue(), Programs: programs()})
		i := slices.IndexFunc(diags, func(d Diagnostic) bool { return d.Code == CodeConfidence })
		if i < 0 || !slices.Equal(diags[i].Help, []string{want}) {
			t.Errorf("confidence %s: %v, want the help %q", given, diags, want)
		}
	}
}
