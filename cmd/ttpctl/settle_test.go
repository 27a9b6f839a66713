package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ttpctl/internal/rounds"
	"ttpctl/internal/settings"
)

// TestEveryFlagCanBeSet sets each flag of each command by its variable and by
// its key of the config file.
func TestEveryFlagCanBeSet(t *testing.T) {
	t.Parallel()
	config, n := filepath.Join(t.TempDir(), "config.yaml"), 0
	forEachFlag(t, func(cmd *cobra.Command, name, value string) {
		if err := os.WriteFile(config, []byte(name+": \""+value+"\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		n++
		for i, env := range []map[string]string{{envName(name): value}, {"TTPCTL_CONFIG": config}} {
			if (n+i)%rounds.Every(t, 2) != 0 {
				continue // by the one or the other
			}
			a := &app{streams: testStreams(io.Discard, io.Discard, env)}
			same, _, err := newRootCmd(a).Find(commandWords(cmd))
			if err != nil {
				t.Fatal(err)
			}
			if err := same.ParseFlags(nil); err != nil {
				t.Fatal(err)
			}
			if err := a.settle(same); err != nil || !same.Flags().Lookup(name).Changed {
				t.Errorf("%s: --%s is not set by %v: %v", cmd.CommandPath(), name, env, err)
			}
		}
	})
}

// forEachFlag calls f for each flag of each command, with a value that the
// flag takes.
func forEachFlag(t *testing.T, f func(cmd *cobra.Command, name, value string)) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if err := cmd.ParseFlags(nil); err != nil { // merges the global flags
			t.Fatal(err)
		}
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if !isFixed(flag) {
				f(cmd, flag.Name, goodValue(flag.Value))
			}
		})
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(newRootCmd(&app{streams: testStreams(io.Discard, io.Discard, nil)}))
}

func goodValue(v pflag.Value) string {
	switch v := v.(type) {
	case *enum:
		return v.words[0]
	case *outputs:
		return v.formats[0]
	case *settings.Size:
		return "64k"
	}
	switch v.Type() {
	case "bool":
		return "true"
	case "string", "stringSlice", "stringArray":
		return "x"
	case "duration":
		return "1s"
	}
	return "1"
}

// commandWords returns the command line that runs cmd.
func commandWords(cmd *cobra.Command) []string {
	var words []string
	for c := cmd; c.HasParent(); c = c.Parent() {
		words = append([]string{c.Name()}, words...)
	}
	return words
}
