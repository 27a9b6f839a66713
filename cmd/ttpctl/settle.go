package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ttpctl/internal/edit"
	"ttpctl/internal/settings"
	"ttpctl/internal/store/rulesdir"
	"ttpctl/internal/store/sqldb"
)

// envPrefix begins every variable that is ours.
const envPrefix = "TTPCTL_"

// settle sets the flags of cmd that the command line left open from the
// environment, else from the config file. A key of the file that is a flag of
// another command only is passed over; a key that is not a flag of any command
// is an error.
func (a *app) settle(cmd *cobra.Command) error {
	if a.globals.config == "" {
		a.globals.config = a.getenv(envName("config"))
	}
	file, err := a.readConfig(contextOf(cmd), a.globals.config, cmd.Root())
	if err != nil {
		return err
	}
	var first error
	given := excluding(cmd.Flags())
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if first == nil && !f.Changed && !isFixed(f) && !excluded(f, given) {
			first = a.settleFlag(f, file)
		}
	})
	return first
}

// settleFlag sets one flag from the environment, else from the config file.
// An empty variable counts as one that is not set.
func (a *app) settleFlag(f *pflag.Flag, file map[string]settings.Setting) error {
	name := envName(f.Name)
	if v := a.getenv(name); v != "" {
		values := []string{v}
		if _, ok := f.Value.(*rulesdir.Layers); ok {
			values = filepath.SplitList(v) // as PATH does: a comma may stand in a glob
		}
		if err := setFlag(f, values); err != nil {
			return valueError(name, v, err)
		}
		return nil
	}
	if s, ok := file[f.Name]; ok {
		if err := setFlag(f, s.Values); err != nil {
			return valueError(s.Where+": "+f.Name, strings.Join(s.Values, ", "), err)
		}
	}
	return nil
}

// envName returns the variable that sets a flag: TTPCTL_LOG_LEVEL of
// log-level.
func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// setFlag sets f to values; several of them only where the flag is a list. One
// value is read as on the command line, where some lists take commas.
func setFlag(f *pflag.Flag, values []string) error {
	list, isList := f.Value.(pflag.SliceValue)
	var err error
	switch {
	case len(values) == 1:
		err = f.Value.Set(values[0])
	case isList:
		err = list.Replace(values)
	default:
		err = cannotRun("", "takes one value, not a list of %d", len(values))
	}
	f.Changed = err == nil
	return err
}

// excluding returns the groups of flags that exclude each other of which the
// command line gave one.
func excluding(fs *pflag.FlagSet) []string {
	var groups []string
	fs.Visit(func(f *pflag.Flag) { groups = append(groups, f.Annotations[exclusive]...) })
	return groups
}

// exclusive is cobra's annotation of flags that exclude each other
// (flag_groups.go): the group's names.
const exclusive = "cobra_annotation_mutually_exclusive"

// excluded reports whether the command line gave a flag that excludes f.
func excluded(f *pflag.Flag, given []string) bool {
	return slices.ContainsFunc(f.Annotations[exclusive], func(group string) bool { return slices.Contains(given, group) })
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

// flagless are the variables that stand for no flag. Those of the tests say where
// servers are on which they may make databases; a process that a test starts has them.
var flagless = append([]string{envName("config"), envName("pager"), sqldb.PasswordVariable}, excludeVariables...)

const testPrefix = envPrefix + "TEST_"

// warnVariables logs the variables that look like ours and set nothing. Nearly always
// there are none that look so, and then no flags are gone through.
func (a *app) warnVariables(root *cobra.Command) {
	var ours []string
	for _, entry := range a.environ() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, envPrefix) && !strings.HasPrefix(name, testPrefix) && value != "" {
			ours = append(ours, name)
		}
	}
	if len(ours) == 0 {
		return
	}
	known := slices.Clone(flagless)
	for _, flag := range settable(root) {
		known = append(known, envName(flag))
	}
	for _, name := range ours {
		if slices.Contains(known, name) {
			continue
		}
		help := "variables are named as the flags: " + envName("log-level")
		if near := edit.Closest(name, known); near != "" {
			help = "did you mean " + near + "?"
		}
		a.log.Warn("this variable sets nothing", "name", name, "help", help)
	}
}

// contextOf returns the context that a command runs in; completion gives it
// none.
func contextOf(cmd *cobra.Command) context.Context {
	if ctx := cmd.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}
