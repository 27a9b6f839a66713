package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

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
		if list, err = programs.Named(table, args); err != nil {
			return err
		}
	}
	if len(args) == 0 || len(list) > 1 && strings.HasPrefix(args[0], "@") {
		return listPrograms(f.output, list, s)
	}
	return showPrograms(f.output, list, s)
}

// showPrograms writes all that the table says of some programs.
func showPrograms(o outputs, list []*program.Row, s *streams) error {
	shown := []programs.Program{}
	for _, r := range list {
		shown = append(shown, programs.New(r))
	}
	return s.renderAs(o, s.newEnvelope("ttpctl.programs/v1", shown, nil), func(k *sink) error {
		for i := range shown {
			if i > 0 {
				k.printf("\n")
			}
			programs.Write(k, &shown[i], k.palette) // the sink keeps the first error
		}
		return nil
	})
}

// listPrograms writes a line a program.
func listPrograms(o outputs, list []*program.Row, s *streams) error {
	outs, err := o.choose(s, "table")
	if err != nil {
		return err
	}
	err = s.renderRows(outs, programs.List(list))
	s.notef("%s", report.Plural(len(list), "program"))
	return err
}

// listClasses writes what classes there are.
func listClasses(o outputs, table *program.Table, s *streams) error {
	outs, err := o.choose(s, "table")
	if err != nil {
		return err
	}
	return s.renderRows(outs, programs.Classes(table))
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
