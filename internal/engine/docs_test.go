package engine

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedRules compiles what docs/rules.md shows: its first rule with
// its examples, and every match of its worked examples and tables of verbs.
func TestDocumentedRules(t *testing.T) {
	text, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	rule, _, _ := strings.Cut(rest, "```")
	rs, diags := Compile([]Source{{Name: "R0014.yaml", Data: []byte(rule)}}, Config{Catalogue: catalogue(), Programs: programs()})
	if len(rs.Rules()) != 1 || len(diags) > 0 {
		t.Errorf("the first rule: %v", diags)
	}
	_, worked, _ := strings.Cut(string(text), "## Worked examples")
	n := 0
	for _, m := range regexp.MustCompile("(?m)^\\| [^|]* \\| `(.*)` \\|$").FindAllStringSubmatch(worked, -1) {
		compileRule(t, "command", "  "+m[1])
		n++
	}
	_, verbs, _ := strings.Cut(string(text), "## Effects")
	verbs, _, _ = strings.Cut(verbs, "## Commands")
	for _, m := range regexp.MustCompile("(?m) \\| `(\\{.*\\})` \\|$").FindAllStringSubmatch(verbs, -1) {
		compileRule(t, "command", "  effect: "+m[1])
		n++
	}
	if n < 25 {
		t.Errorf("%d matches found in the document, want all of them", n)
	}
}
