package engine

import (
	"os"
	"strings"
	"testing"
)

// TestExamplesPage compiles the match blocks of docs/examples.md and tries the
// lines below each.
func TestExamplesPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/examples.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for section := range strings.SplitSeq(string(text), "\n## ") {
		_, rest, ok := strings.Cut(section, "```yaml\nmatch:\n")
		if !ok {
			continue
		}
		match, lines, _ := strings.Cut(rest, "```\n")
		snap := NewSnapshot(compileRule(t, "command", match), nil, testNow)
		for line := range strings.Lines(lines) {
			want, code, ok := strings.Cut(strings.TrimSpace(line), ": `")
			if !ok {
				continue
			}
			n++
			typed := strings.TrimSuffix(code, "`")
			if got := len(snap.Evaluate(nil, commandEvent(typed), testNow, NewScratch())) > 0; got != (want == "- hit") {
				t.Errorf("%s: hit = %v, the page says %q", typed, got, want)
			}
		}
	}
	if n < 50 {
		t.Errorf("%d lines tried, want all of the page's", n)
	}
}
