package main

import (
	"slices"
	"strings"

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
		return unknownWord("word", word, e.words)
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

// fixed is the annotation of flags that only the command line sets.
const fixed = "ttpctl_fixed"

// fixedFlags marks flags that neither the environment nor the config file may
// set, because they choose what the command does.
func fixedFlags(fs *pflag.FlagSet, names ...string) {
	for _, name := range names {
		if err := fs.SetAnnotation(name, fixed, nil); err != nil {
			panic("ttpctl: " + err.Error()) // no such flag
		}
	}
}

// isFixed reports whether only the command line may set f.
func isFixed(f *pflag.Flag) bool {
	_, ok := f.Annotations[fixed]
	return ok || f.Name == "help" || f.Name == "version"
}
