package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// settle sets the flags of cmd that the command line left open from the
// environment, else from the config file. A key of the file that is a flag of
// another command is none of this one's business; a key that is no flag at
// all is an error.
func (a *app) settle(cmd *cobra.Command) error {
	if a.globals.config == "" {
		a.globals.config = a.getenv("TTPCTL_CONFIG")
	}
	file, err := a.readConfig(a.globals.config, settable(cmd.Root()))
	if err != nil {
		return err
	}
	var first error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if first == nil && !f.Changed && !isFixed(f) {
			first = a.settleFlag(f, file)
		}
	})
	return first
}

// settleFlag sets one flag from the environment, else from the config file.
// An empty variable is as good as none.
func (a *app) settleFlag(f *pflag.Flag, file map[string]setting) error {
	name := envName(f.Name)
	if v := a.getenv(name); v != "" {
		if err := setFlag(f, []string{v}); err != nil {
			return valueError(name, v, err)
		}
		return nil
	}
	if s, ok := file[f.Name]; ok {
		if err := setFlag(f, s.values); err != nil {
			return valueError(s.where+": "+f.Name, strings.Join(s.values, ", "), err)
		}
	}
	return nil
}

// envName returns the variable that sets a flag: TTPCTL_LOG_LEVEL of
// log-level.
func envName(flag string) string {
	return "TTPCTL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// setFlag sets f to values; several of them only where the flag is a list.
func setFlag(f *pflag.Flag, values []string) error {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.Replace(values)
	}
	if len(values) != 1 {
		return cannotRun("", "takes one value, not a list of %d", len(values))
	}
	return f.Value.Set(values[0])
}

// settable returns the names of the flags of cmd and of all commands below it
// that a config file may set.
func settable(cmd *cobra.Command) []string {
	var names []string
	add := func(f *pflag.Flag) {
		if !isFixed(f) {
			names = append(names, f.Name)
		}
	}
	cmd.PersistentFlags().VisitAll(add)
	cmd.LocalFlags().VisitAll(add)
	for _, c := range cmd.Commands() {
		names = append(names, settable(c)...)
	}
	return names
}
