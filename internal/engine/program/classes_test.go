package program

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClassList(t *testing.T) {
	table := table(t)
	var described []string
	for _, c := range table.ClassList() {
		described = append(described, c.Name)
		if c.Meaning == "" || c.Programs == 0 {
			t.Errorf("class %s: meaning %q, %d programs", c.Name, c.Meaning, c.Programs)
		}
	}
	if diff := cmp.Diff(table.Classes(), described); diff != "" {
		t.Errorf("classes of rows and of classes.list (-rows +list):\n%s", diff)
	}
}
