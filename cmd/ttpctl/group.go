package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// group makes cmd one that only holds others. Without the name of one of them it
// is a usage error.
func group(cmd *cobra.Command, children ...*cobra.Command) *cobra.Command {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		name := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
		return cannotRun(seeHelp(cmd), "%s: no subcommand given", name)
	}
	cmd.RunE = func(*cobra.Command, []string) error { return nil }
	cmd.AddCommand(children...)
	return cmd
}
