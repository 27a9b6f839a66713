package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"ttpctl/internal/hint"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError gives an error of cobra's the class of a usage error, and says
// what to try.
func usageError(cmd *cobra.Command, err error) error {
	var stopped *signalError
	if err == nil || failureOf(err) != nil || errors.As(err, &stopped) {
		return err
	}
	// cobra has no type for this one (legacyArgs in its args.go).
	var name, path string
	if n, _ := fmt.Sscanf(err.Error(), "unknown command %q for %q", &name, &path); n == 2 {
		return unknownCommand(cmd, name)
	}
	if given, ok := excludingFlags(err); ok {
		return cannotRun("leave all but one of them out", "%s exclude each other", given)
	}
	return cannotRun(seeHelp(cmd), "%w", err)
}

// excludingFlags returns `--ttl and --until` of cobra's error about flags that
// exclude each other, for which it has no type (validateExclusiveFlagGroups in
// its flag_groups.go).
func excludingFlags(err error) (string, bool) {
	_, given, ok := strings.Cut(err.Error(), "none of the others can be; [")
	given, _, whole := strings.Cut(given, "]")
	return "--" + strings.Join(strings.Fields(given), " and --"), ok && whole
}

func unknownCommand(cmd *cobra.Command, name string) error {
	var known []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	return cannotRun(hint.Meant(cmd.CommandPath()+" ", name, known, "known: "+strings.Join(known, ", ")), "unknown command: %q", name)
}

// flagError explains a flag that did not parse.
func flagError(cmd *cobra.Command, err error) error {
	var missing *pflag.NotExistError
	var bad *pflag.InvalidValueError
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return err
	case errors.As(err, &missing) && missing.GetSpecifiedShortnames() == "":
		return unknownFlag(cmd, missing.GetSpecifiedName())
	case errors.As(err, &bad):
		return valueError("--"+bad.GetFlag().Name, bad.GetValue(), bad.Unwrap())
	}
	return cannotRun(seeHelp(cmd), "%w", err)
}

func unknownFlag(cmd *cobra.Command, name string) error {
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	return cannotRun(hint.Meant("--", name, known, seeHelp(cmd)), "unknown flag: --%s", name)
}

// valueError says that what (a flag, a variable, a config key) cannot have
// value, because of err.
func valueError(what, value string, err error) error {
	if f := failureOf(err); f != nil {
		return cannotRun(f.help, "%s: %w", what, err)
	}
	var num *strconv.NumError
	if errors.As(err, &num) {
		err = num.Err
		if num.Func == "ParseBool" {
			err = errors.New("want true or false")
		}
	}
	return cannotRun("", "%s: %q: %w", what, value, err)
}

func seeHelp(cmd *cobra.Command) string { return "see " + cmd.CommandPath() + " --help" }

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return cannotRun(seeHelp(cmd), "unexpected argument: %q: %s takes none", args[0], cmd.CommandPath())
	}
	return nil
}
