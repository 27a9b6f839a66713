package engine

import (
	"regexp"
	"regexp/syntax"
	"testing"

	"ttpctl/internal/engine/dfa"
	"ttpctl/internal/engine/prefilter"
)

// TestTrigrams: what a pattern matches is never turned away, and most of what
// it does not match is.
func TestTrigrams(t *testing.T) {
	const pattern = `(?i)\b(?:falcon[-_]?sensor|clam(?:av|d)|wazuh|ossec|osquery[di]?)\b`
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	need, _ := prefilter.Required(parsed)
	re := regexp.MustCompile(pattern)
	op := patternOperator(newExpression(re.String(), func() *regexp.Regexp { return re }, &machines{budget: dfa.NewBudget(1 << 20)}), need)
	grams := trigramsOf(op.need)
	if grams == nil {
		t.Fatalf("no trigrams of %v", op.need.Literals())
	}
	for _, word := range []string{"/opt/WAZUH", "a ossec", "clamd", "Falcon_Sensor", "o\u017f\u017fec", "os\u017fec"} {
		if _, _, ok := op.find(word); ok && !grams.may(word) {
			t.Errorf("%q matches and is turned away", word)
		}
	}
	turned := 0
	harmless := []string{"-la", "/etc/passwd", "/home/bob/project", "", "a", "ab", "README.md", "--color=auto"}
	for _, word := range harmless {
		if !grams.may(word) {
			turned++
		}
	}
	if turned < len(harmless)-1 {
		t.Errorf("%d of %d harmless words are turned away", turned, len(harmless))
	}
}
