package rules_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"ttpctl/internal/rounds"
)

// TestMutations writes positive examples in all other ways. At most one in a
// hundred may escape its rule.
func TestMutations(t *testing.T) {
	t.Parallel()
	c, all := commandRules(t), variants()
	tried, lost := map[string]int{}, map[string]int{}
	total, missed := 0, 0
	line, every := 0, rounds.Every(t, 8)
	for _, src := range c.sources {
		id := strings.TrimSuffix(src.Name, ".yaml")
		one := sync.OnceValue(func() *cohort { return c.alone(src) }) // the others would only take time
		for _, text := range examples(t, src) {
			line++
			written := typedLine(table(), text)
			for _, v := range all {
				if line%every != 0 && tried[v.name] > 0 {
					continue // each kind is tried
				}
				other, ok := v.write(written)
				if !ok {
					continue
				}
				total++
				tried[v.name]++
				if len(one().hits(other)) == 0 {
					missed++
					lost[v.name]++
					t.Logf("%s lost by %s: %q", id, v.name, other)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tried)) {
		t.Logf("%-30s %d of %d lost", name, lost[name], tried[name])
	}
	t.Logf("%d of %d variants lost, %.1f %%", missed, total, 100*float64(missed)/float64(total))
	if len(tried) != len(all) {
		t.Errorf("%d of %d kinds of variants were tried", len(tried), len(all))
	}
	atMost := 1 // in a hundred
	if every > 1 {
		atMost = 2 // those that escape lie close together, and the lines are a sample
	}
	if 100*missed > atMost*total {
		t.Errorf("%d of %d variants lost, want at most %d %%", missed, total, atMost)
	}
}

// lookAlikes write a line where its words are no commands.
var lookAlikes = []func(line string) string{
	func(line string) string { return "echo " + quoted(line) },
	func(line string) string { return "echo " + quoted(line) + " >> notes.txt" },
	func(line string) string { return "printf " + quoted("%s\n") + " " + quoted(line) + " > notes.txt" },
	func(line string) string { return "printf -- " + quoted(line) + " | tee notes.txt" },
	func(line string) string { return "grep " + quoted(line) + " auth.log" },
	func(line string) string { return "grep -F -e " + quoted(line) + " notes.txt | wc -l" },
	func(line string) string { return "grep -rn " + quoted(line) + " src" },
	func(line string) string { return "# " + strings.ReplaceAll(line, "\n", "\n# ") },
	func(line string) string { return "cd # " + strings.ReplaceAll(line, "\n", "\n# ") },
	func(line string) string { return "cat > notes.txt <<'E_N_D'\n" + line + "\nE_N_D\n" },
	func(line string) string { return "tee notes.txt <<'E_N_D'\n" + line + "\nE_N_D\n" },
	func(line string) string { return "cat <<'E_N_D' >> notes.txt\n" + line + "\nE_N_D\ncd\n" },
	func(line string) string { return "cat >> notes.txt <<< " + quoted(line) },
	func(line string) string { return ": " + quoted(line) },
}

// TestQuotedExamples puts every positive example where its words are no
// commands: none is hit.
func TestQuotedExamples(t *testing.T) {
	t.Parallel()
	c := commandRules(t)
	for _, src := range c.sources {
		for _, line := range examples(t, src) {
			for _, write := range lookAlikes {
				if ids := c.hits(write(line)); len(ids) > 0 {
					t.Errorf("%q hits %v, want none", write(line), ids)
				}
			}
		}
	}
}
