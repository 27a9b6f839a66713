package programs

import (
	"ttpctl/internal/engine/program"
	"ttpctl/internal/report"
)

// List returns programs, a row each.
func List(list []*program.Row) *report.Rows {
	r := &report.Rows{Schema: "ttpctl.programs.list/v1", Table: report.Table{Columns: []report.Column{
		{Name: "PROGRAM", Key: "name"}, {Name: "ALSO", Key: "aliases", Fold: 1}, {Name: "GRAMMAR"}, {Name: "CLASSES", Fold: 3},
		{Name: "EFFECTS", Min: 12, Fold: 2}, {Name: "SOURCE", Min: 12, Fold: 1},
	}}}
	for _, row := range list {
		r.Table.Add(row.Name, row.Aliases, row.Grammar.String(), row.Classes, effects(row), row.Source)
	}
	r.Summary = map[string]any{"programs": len(list)}
	return r
}

// Classes returns what classes of programs there are, a row each.
func Classes(table *program.Table) *report.Rows {
	r := &report.Rows{Schema: "ttpctl.programs.classes/v1", Table: report.Table{Columns: []report.Column{
		{Name: "CLASS"}, {Name: "PROGRAMS", Numeric: true}, {Name: "MEANING", Min: 20},
	}}}
	for _, c := range table.ClassList() {
		r.Table.Add(c.Name, c.Programs, c.Meaning)
	}
	r.Summary = map[string]any{"classes": r.Table.Len()}
	return r
}
