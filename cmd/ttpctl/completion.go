package main

import (
	"context"

	"github.com/spf13/cobra"

	"ttpctl/internal/hint"
)

// shells are the shells that completion scripts are made for.
var shells = []string{"bash", "zsh", "fish", "powershell"}

// newCompletionCmd returns `ttpctl completion SHELL`.
func newCompletionCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for a shell",
		Long:  "Print a completion script for bash, zsh, fish or powershell. The packages bring them along.",
		Example: `  ttpctl completion bash > /etc/bash_completion.d/ttpctl
  ttpctl completion zsh > "${fpath[1]}/_ttpctl"
  ttpctl completion fish > ~/.config/fish/completions/ttpctl.fish
  ttpctl completion powershell >> $PROFILE`,
		ValidArgs: shells,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cannotRun("ttpctl completion bash", "no shell named: completion takes one of bash, zsh, fish, powershell")
			}
			return nil
		},
	}
	cmd.RunE = a.run(func(_ context.Context, args []string) error {
		return runCompletion(cmd.Root(), args[0], a.streams)
	})
	return cmd
}

func runCompletion(root *cobra.Command, shell string, s *streams) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(s.out, true)
	case "zsh":
		return root.GenZshCompletion(s.out)
	case "fish":
		return root.GenFishCompletion(s.out, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(s.out)
	}
	return hint.UnknownWord("shell", shell, shells)
}
