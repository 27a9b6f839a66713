package programs

import (
	"strings"

	"ttpctl/internal/engine/program"
	"ttpctl/internal/hint"
)

// Named returns the rows of programs and classes.
func Named(table *program.Table, args []string) ([]*program.Row, error) {
	var list []*program.Row
	for _, name := range args {
		if strings.HasPrefix(name, "@") {
			rows := table.Class(name)
			if len(rows) == 0 {
				return nil, hint.UnknownWord("class of programs", name, table.Classes())
			}
			list = append(list, rows...)
			continue
		}
		r := table.Lookup(name)
		if r == nil {
			return nil, unknownProgram(table, name)
		}
		list = append(list, r)
	}
	return list, nil
}

// unknownProgram does not list a thousand names.
func unknownProgram(table *program.Table, name string) error {
	var known []string
	for _, r := range table.Rows() {
		known = append(append(known, r.Name), r.Aliases...)
	}
	return hint.Errorf(hint.Meant("", name, known, "ttpctl programs lists them"), "unknown program %q", name)
}
