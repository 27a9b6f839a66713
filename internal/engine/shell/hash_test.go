package shell

import (
	"slices"
	"testing"
)

// A # within a word begins no comment, also not between parentheses in a line that needs
// bash's grammar: what stands behind it runs.
func TestHashWithinWord(t *testing.T) {
	p := NewParser()
	for _, line := range []string{
		"(for i in 1; do a ''#; evil\n done)",
		"(for i in 1; do a \"x\"#; evil\n done)",
		"(for i in 1; do a $x#; evil\n done)",
		"(for i in 1; do a ${x}# ; evil\n done)",
		"(for i in 1; do a $(b)#; evil\n done)",
		"(for i in 1; do a $((1))#; evil\n done)",
		"(for i in 1; do a `b`#; evil\n done)",
		"(for i in 1; do a #''\n evil\n done)",
	} {
		var v View
		p.Parse(line, &v)
		if !slices.ContainsFunc(v.Commands, func(c Command) bool { return c.Name == "evil" }) {
			t.Errorf("Parse(%q) hides a command: %+v", line, v.Commands)
		}
	}
	for _, line := range []string{
		"(for i in 1; do a # evil\n done)", "(for i in 1; do a;# evil\n done)", "(for i in 1; do a `b` # evil\n done)", "(for i in 1; do (a)# evil\n done)",
	} {
		var v View
		p.Parse(line, &v)
		if len(v.Commands) == 0 || slices.ContainsFunc(v.Commands, func(c Command) bool { return c.Name == "evil" }) {
			t.Errorf("Parse(%q) reads a comment: %+v", line, v.Commands)
		}
	}
}
