package shell_test

import (
	"slices"
	"strings"
	"testing"

	"ttpctl/internal/engine/program"
	"ttpctl/internal/engine/shell"
)

// TestWrappers holds the rows of the program table to what this package takes for the options with values of wrappers: if they differed, the words of the inner command would
// be read as the wrapper's, or the other way round.
func TestWrappers(t *testing.T) {
	table, err := program.NewTable()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range table.Rows() {
		if r.Name == "busybox" || r.Name == "toybox" || r.Name == "tmux" {
			continue // they have applets and subcommands with options of their own
		}
		for _, s := range r.Form().Specs {
			for _, name := range s.Names {
				if len(name) > 2 && !strings.HasPrefix(name, "--") {
					continue
				}
				takes, known := shell.TakesValue(r.Name, name)
				if !known {
					continue
				}
				n++
				if takes != (s.Value == program.NeedsValue) && !slices.Contains(disagreed, r.Name+" "+name) {
					t.Errorf("%s %s: takes a value in package shell %v, in the row %v", r.Name, name, takes, s.Value == program.NeedsValue)
				}
			}
		}
	}
	if n < 250 {
		t.Errorf("%d options compared, want 250 and more", n)
	}
}

// disagreed are options that may not agree: ionice runs nothing with these, and nsenter -W came with util-linux 2.39, after the row's.
var disagreed = []string{"ionice --pid", "ionice --pgid", "ionice --uid", "nsenter -W"}
