package rules_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestMutations writes every positive example in twelve other ways. At most
// one in a hundred may escape its rule.
func TestMutations(t *testing.T) {
	c := commandRules(t)
	tried, lost := map[string]int{}, map[string]int{}
	total, missed := 0, 0
	for _, src := range c.sources {
		id := strings.TrimSuffix(src.Name, ".yaml")
		for _, line := range examples(t, src) {
			for _, v := range variants {
				other, ok := v.write(line)
				if !ok {
					continue
				}
				total++
				tried[v.name]++
				if !slices.Contains(c.hits(other), id) {
					missed++
					lost[v.name]++
					t.Logf("%s lost by %s: %q", id, v.name, other)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tried)) {
		t.Logf("%-20s %d of %d lost", name, lost[name], tried[name])
	}
	t.Logf("%d of %d variants lost, %.1f %%", missed, total, 100*float64(missed)/float64(total))
	if len(tried) != len(variants) {
		t.Errorf("%d of %d kinds of variants were tried", len(tried), len(variants))
	}
	if 100*missed > total {
		t.Errorf("%d of %d variants lost, want at most 1 %%", missed, total)
	}
}

// TestQuotedExamples puts every positive example where its words are no
// commands.
func TestQuotedExamples(t *testing.T) {
	c := commandRules(t)
	for _, src := range c.sources {
		for _, line := range examples(t, src) {
			for _, harmless := range []string{
				"echo " + quoted(line),
				"printf " + quoted("%s\n") + " " + quoted(line) + " > notes.txt",
				"grep " + quoted(line) + " /var/log/auth.log",
				"grep -rn " + quoted(line) + " /var/www",
				"# " + strings.ReplaceAll(line, "\n", "\n# "),
				"ls # " + strings.ReplaceAll(line, "\n", "\n# "),
				"cat > notes.txt <<'END'\n" + line + "\nEND\n",
			} {
				if ids := c.hits(harmless); len(ids) > 0 {
					t.Errorf("%q hits %v, want none", harmless, ids)
				}
			}
		}
	}
}
