package main

import (
	"io"

	"github.com/spf13/cobra"

	"ttpctl/internal/hint"
)

// newHelpCmd returns `ttpctl help [COMMAND]`. Unlike cobra's own, it does not
// succeed on a command that does not exist.
func newHelpCmd() *cobra.Command {
	return &cobra.Command{
		Use:               "help [COMMAND]",
		Short:             "Say what a command does",
		ValidArgsFunction: completeCommands,
		RunE: func(cmd *cobra.Command, args []string) error {
			topic, rest, err := cmd.Root().Find(args)
			if err != nil {
				return usageError(topic, err)
			}
			if len(rest) > 0 {
				return unknownCommand(topic, rest[0])
			}
			return topic.Help()
		},
	}
}

// completeCommands offers the commands below the one named so far.
func completeCommands(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	if topic, _, err := cmd.Root().Find(args); err == nil {
		for _, c := range topic.Commands() {
			if c.IsAvailableCommand() {
				names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// A helpWriter remembers the first error of a writer, because cobra forgets
// those of the help it prints.
type helpWriter struct {
	io.Writer
	err error
}

func (w *helpWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// fault returns what became of the help, as a failure.
func (w *helpWriter) fault() error {
	switch {
	case w.err == nil:
		return nil
	case isClosedPipe(w.err):
		return errClosedPipe
	}
	return broke("output stdout: %w", hint.PathReason(w.err))
}
