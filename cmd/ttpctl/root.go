package main

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"ttpctl/internal/store/rulesdir"
	"ttpctl/internal/vitals"
)

// An app is one run of the command line: what the commands share.
type app struct {
	*streams
	globals globals
}

// globals are the flags that every command has.
type globals struct {
	rules     rulesdir.Layers
	db        string
	store     string
	config    string
	logLevel  string
	logFormat string
}

// newRootCmd returns the whole command tree. A new subcommand is one file and
// one line here.
func newRootCmd(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "ttpctl",
		Short: "Tag honeypot telemetry with MITRE ATT&CK techniques",
		Long: `ttpctl turns honeypot telemetry into MITRE ATT&CK tags by rules written in YAML.

Every flag but --config can be set by a TTPCTL_* environment variable
(--log-level is TTPCTL_LOG_LEVEL) and by a key of the config file
($XDG_CONFIG_HOME/ttpctl/config.yaml, or the one that TTPCTL_CONFIG names) that
is named as the flag; a flag that may be repeated takes a list there. The
command line wins over the environment, the environment over the file.

Results that are higher than the terminal are shown through $TTPCTL_PAGER, $PAGER or
less (with LESS=FRX unless it is set); with cat, an empty word or --no-pager they
are shown as they are.

Exit codes: 0 done; 1 the answer is no; 2 could not run; 3 warnings only, where
that was asked for; 4 broke midway; 130 and 143 on signals.`,
		Example: `  ttpctl tag cowrie.json
  ttpctl report html cowrie.json > report.html
  ttpctl serve --follow /var/log/cowrie/cowrie.json`,
		SilenceErrors:      true,
		SilenceUsage:       true,
		DisableSuggestions: true, // execute makes its own
		CompletionOptions:  cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE:  func(cmd *cobra.Command, _ []string) error { return a.configure(cmd) },
	}
	root.SetErr(a.err)
	root.SetHelpCommand(newHelpCmd())
	addVersionFlag(root)
	root.SetFlagErrorFunc(flagError)
	a.addGlobals(root)
	root.AddCommand(
		newValidateCmd(a),
		newTagCmd(a),
		newExplainCmd(a),
		newSessionsCmd(a),
		newRuleCmd(a),
		newRulesCmd(a),
		newReportCmd(a),
		newServeCmd(a),
		newDBCmd(a), newFleetCmd(a),
		newCoverageCmd(a),
		newGroupsCmd(a),
		newPrecisionCmd(a),
		newCorpusCmd(a),
		newBenchCmd(a),
		newProgramsCmd(a),
		newVersionCmd(a),
		newCompletionCmd(a),
		newManCmd(a),
	)
	a.completeFlags(root)
	return root
}

// addGlobals declares the global flags.
func (a *app) addGlobals(root *cobra.Command) {
	fs := root.PersistentFlags()
	fs.Var(&a.globals.rules, "rules", "`directory` or file of rules, or pack for the embedded ones, repeatable: a later one replaces rules by id (default pack)")
	fs.BoolVar(&a.followLinks, "follow-symlinks", false, "read rule files that links in a rule directory lead to outside of it")
	fs.StringVar(&a.globals.db, "db", "", "database `file`, an address such as postgres://user@host/name, or none (default $XDG_STATE_HOME/ttpctl/ttpctl.db)")
	fs.StringVar(&a.globals.config, "config", "", "config `file` (default $XDG_CONFIG_HOME/ttpctl/config.yaml)")
	fs.BoolVar(&a.quiet, "quiet", false, "no summaries, hints or progress, and only errors in the log")
	fs.BoolVar(&a.noPager, "no-pager", false, "show what is higher than the terminal as it is, not through $TTPCTL_PAGER, $PAGER or less")
	enumVar(root, fs, &a.globals.store, "store", "filesystem", []string{"filesystem", "database"}, "where rule definitions live")
	enumVar(root, fs, &a.globals.logLevel, "log-level", "info", []string{"debug", "info", "warn", "error"}, "least severe log lines shown")
	enumVar(root, fs, &a.globals.logFormat, "log-format", "text", []string{"text", "json"}, "form of the log on stderr")
	enumVar(root, fs, &a.color, "color", "auto", colorModes, "when to colour")
}

// configure settles the flags that the command line left open and makes the
// log. It runs before every command. What is wrong with a config file does not
// keep an operator from switching a rule off.
func (a *app) configure(cmd *cobra.Command) error {
	var err error
	runs := cmd.Name() != cobra.ShellCompRequestCmd && cmd.Name() != "help"
	if runs {
		err = a.settle(cmd)
	}
	a.reads = a.globalReads
	a.logTo = func(w io.Writer) *slog.Logger {
		return vitals.NewLogger(w, a.globals.logLevel, a.globals.logFormat, a.quiet)
	}
	a.log = a.logTo(a.err)
	if runs {
		a.warnVariables(cmd.Root())
	}
	if err != nil && a.globals.db != "" && cmd.Annotations[urgent] != "" {
		a.log.Warn("what is wrong with the settings is passed over", "err", err)
		return nil
	}
	return err
}

// urgent is the annotation of commands that run under a broken config file
// when --db says on which database.
const urgent = "ttpctl_urgent"

// run makes the RunE of a command: what f returns without a class is a
// failure at run time, not a usage error of cobra's.
func (a *app) run(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := f(cmd.Context(), args)
		if err == nil {
			return nil
		}
		return &ranError{err}
	}
}

// A ranError comes from a command, not from the reading of its flags.
type ranError struct{ err error }

func (e *ranError) Error() string { return e.err.Error() }
func (e *ranError) Unwrap() error { return e.err }

// execute runs one command line and says on stderr what went wrong. A command
// that returns nil although it was interrupted has finished its work.
func execute(ctx context.Context, s *streams, args []string) error {
	a := &app{streams: s}
	root := newRootCmd(a)
	root.SetArgs(args)
	help := &helpWriter{Writer: s.out}
	root.SetOut(help)
	err := joinErrors(runRoot(ctx, root, args), help.fault())
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		err = errors.Join(err, cause)
	}
	s.complain(err)
	return err
}

func runRoot(ctx context.Context, root *cobra.Command, args []string) error {
	if len(args) == 0 {
		root.SetOut(root.ErrOrStderr())
		return joinErrors(root.Help(), cannotRun("", "no command given"))
	}
	cmd, err := root.ExecuteContextC(ctx)
	var ran *ranError
	if errors.As(err, &ran) {
		return ran.err
	}
	return usageError(cmd, err)
}
