package main

import (
	"slices"
	"strings"
	"ttpctl/internal/hint"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// An enum is a flag that takes one of a few words.
type enum struct {
	value *string
	words []string
}

// enumVar declares an enum on fs, which is a flag set of cmd, and completes
// its words.
func enumVar(cmd *cobra.Command, fs *pflag.FlagSet, value *string, name, def string, words []string, usage string) {
	*value = def
	fs.Var(&enum{value, words}, name, usage+": "+strings.Join(words, ", "))
	complete(cmd, name, words)
}

func (e *enum) String() string { return *e.value }
func (e *enum) Type() string   { return "word" }

func (e *enum) Set(word string) error {
	if !slices.Contains(e.words, word) {
		return hint.UnknownWord("word", word, e.words)
	}
	*e.value = word
	return nil
}

// complete offers words for the flag in shells.
func complete(cmd *cobra.Command, flag string, words []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic("ttpctl: " + err.Error()) // no such flag, or completed twice
	}
}

// isFixed reports whether only the command line may set f: all else has a
// variable and a key of the config file.
func isFixed(f *pflag.Flag) bool {
	return f.Name == "help" || f.Name == "version" || f.Name == "config" // whose variable says where the file is
}
