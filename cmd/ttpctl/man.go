package main

import (
	"context"

	"github.com/spf13/cobra"

	"ttpctl/internal/manpage"
)

// newManCmd returns `ttpctl man DIR`.
func newManCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "man DIR",
		Short: "Write the man pages of all commands",
		Long: `Write a man page of each command into DIR, which is made when it is missing: ttpctl.1,
ttpctl-tag.1 and so on. Their date is SOURCE_DATE_EPOCH, else that of the commit this
binary was built from; without either they have none. The same binary writes the same
bytes.`,
		Example: "  ttpctl man ./man && man -l ./man/ttpctl-tag.1\n  ttpctl man /usr/local/share/man/man1",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cannotRun("ttpctl man ./man", "one directory is wanted, %d named", len(args))
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
	cmd.RunE = a.run(func(_ context.Context, args []string) error { return runMan(cmd.Root(), args[0], a.streams) })
	return cmd
}

func runMan(root *cobra.Command, dir string, s *streams) error {
	e, err := manpage.NewEdition(readBuild().Version, s.getenv("SOURCE_DATE_EPOCH"), readBuild().Built)
	if err != nil {
		return err
	}
	n, err := manpage.Write(dir, root, e)
	if err != nil {
		return err
	}
	s.notef("%d pages in %s", n, dir)
	return nil
}
