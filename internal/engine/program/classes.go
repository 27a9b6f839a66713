package program

import (
	_ "embed" // for the list of classes
	"strings"
	"ttpctl/internal/sorting"
)

//go:embed classes.list
var classList string

// A Class is a set of programs that rules may name.
type Class struct {
	Name     string // with its @
	Meaning  string // what its programs do
	Programs int    // how many rows are in it
}

// ClassList returns the classes by name.
func (t *Table) ClassList() []Class {
	var all []Class
	for line := range strings.Lines(classList) {
		name, meaning, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" || name[0] != '@' {
			continue
		}
		c := Class{Name: name, Meaning: strings.TrimSpace(meaning)}
		for _, r := range t.rows {
			if r.Is(name) {
				c.Programs++
			}
		}
		all = append(all, c)
	}
	sorting.By(all, func(a, b Class) int { return strings.Compare(a.Name, b.Name) })
	return all
}
