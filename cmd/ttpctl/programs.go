package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ttpctl/internal/edit"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/report"
	"ttpctl/internal/report/programs"
)

// programsFlags are the flags of `ttpctl programs`.
type programsFlags struct {
	output  outputs
	classes bool
}

func newProgramsCmd(a *app) *cobra.Command {
	var f programsFlags
	cmd := &cobra.Command{
		Use:   "programs [NAME...]",
		Short: "List the program table",
		Long: `List the program table: how each program reads its words, and what it would do
with them. With names, all that the table says of those programs; a class, such
as @fetcher, stands for the programs in it. Names are found as in a command
line: python3.11 is python.`,
		Example: `  ttpctl programs wget
  ttpctl programs @shell
  ttpctl programs --classes`,
		ValidArgsFunction: completePrograms,
	}
	outputFlag(cmd, &f.output, rowFormats...)
	cmd.Flags().BoolVar(&f.classes, "classes", false, "list the classes of programs instead")
	cmd.RunE = a.run(func(_ context.Context, args []string) error { return runPrograms(f, args, a.streams) })
	return cmd
}

func runPrograms(f programsFlags, args []string, s *streams) error {
	table, err := program.NewTable()
	if err != nil {
		return fmt.Errorf("program table: %w", err)
	}
	if f.classes {
		return listClasses(f.output, table, s)
	}
	list := table.Rows()
	if len(args) > 0 {
		if list, err = namedPrograms(table, args); err != nil {
			return err
		}
	}
	if len(args) == 0 || len(list) > 1 && strings.HasPrefix(args[0], "@") {
		return listPrograms(f.output, list, s)
	}
	return showPrograms(f.output, list, s)
}

// namedPrograms returns the rows of programs and classes.
func namedPrograms(table *program.Table, args []string) ([]*program.Row, error) {
	var list []*program.Row
	for _, name := range args {
		if strings.HasPrefix(name, "@") {
			n := len(list)
			for _, r := range table.Rows() {
				if r.Is(name) {
					list = append(list, r)
				}
			}
			if len(list) == n {
				return nil, unknownWord("class of programs", name, table.Classes())
			}
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
	if near := edit.Closest(name, known); near != "" {
		return cannotRun("did you mean "+near+"?", "unknown program %q", name)
	}
	return cannotRun("ttpctl programs lists them", "unknown program %q", name)
}

// showPrograms writes all that the table says of some programs.
func showPrograms(o outputs, list []*program.Row, s *streams) error {
	shown := []programs.Program{}
	for _, r := range list {
		shown = append(shown, programs.New(r))
	}
	return s.renderAs(o, "ttpctl.programs/v1", shown, func(k *sink) {
		for i := range shown {
			if i > 0 {
				k.printf("\n")
			}
			programs.Write(k, &shown[i], k.palette) // the sink keeps the first error
		}
	})
}

// listPrograms writes a line a program.
func listPrograms(o outputs, list []*program.Row, s *streams) error {
	outs, err := o.choose(s, "table")
	if err != nil {
		return err
	}
	r := &report.Rows{Schema: "ttpctl.programs.list/v1", Table: report.Table{Columns: []report.Column{
		{Name: "PROGRAM", Key: "name"}, {Name: "ALSO", Key: "aliases", Fold: 1}, {Name: "GRAMMAR"}, {Name: "CLASSES", Fold: 3},
		{Name: "EFFECTS", Min: 12, Fold: 2}, {Name: "SOURCE", Min: 12, Fold: 1},
	}}}
	for _, row := range list {
		r.Table.Add(row.Name, row.Aliases, row.Grammar.String(), row.Classes, programs.Effects(row), row.Source)
	}
	r.Summary = map[string]any{"programs": len(list)}
	err = s.renderRows(outs, r)
	s.notef("%s", report.Plural(len(list), "program"))
	return err
}

// listClasses writes what classes there are.
func listClasses(o outputs, table *program.Table, s *streams) error {
	outs, err := o.choose(s, "table")
	if err != nil {
		return err
	}
	r := &report.Rows{Schema: "ttpctl.programs.classes/v1", Table: report.Table{Columns: []report.Column{
		{Name: "CLASS"}, {Name: "PROGRAMS", Numeric: true}, {Name: "MEANING", Min: 20},
	}}}
	for _, c := range table.ClassList() {
		r.Table.Add(c.Name, c.Programs, c.Meaning)
	}
	r.Summary = map[string]any{"classes": r.Table.Len()}
	return s.renderRows(outs, r)
}

// completePrograms offers names and classes.
func completePrograms(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	table, err := program.NewTable()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []cobra.Completion
	for _, c := range table.ClassList() {
		names = append(names, cobra.CompletionWithDesc(c.Name, c.Meaning))
	}
	for _, r := range table.Rows() {
		names = append(names, cobra.CompletionWithDesc(r.Name, strings.Join(r.Classes, " ")))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
