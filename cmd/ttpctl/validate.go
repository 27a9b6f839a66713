package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/report"
)

// validateFlags are the flags of `ttpctl validate`.
type validateFlags struct {
	output    outputs
	failOn    string
	stdinName string
	pack      bool
	explain   string
	schema    bool
	list      bool
}

// newValidateCmd returns `ttpctl validate`.
func newValidateCmd(a *app) *cobra.Command {
	var f validateFlags
	cmd := &cobra.Command{
		Use:   "validate [PATH...]",
		Short: "Check rules and say what is wrong with them, and where",
		Long: `Check rules: files, directories (not below them), globs (** too) or - for
stdin; without PATH those of --rules, else the embedded pack.

Every problem is reported, with its place, a code and what to write instead.
Exit code 1 says that a rule is invalid, 3 that there are warnings only (with
--fail-on warning), 2 that a path could not be read.`,
		Example: `  ttpctl validate
  ttpctl validate rules/ttp
  ttpctl validate -o table -o sarif=findings.sarif rules/ttp
  ttpctl validate --explain TTP012`,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, "table", "json", "sarif", "junit", "github")
	enumVar(cmd, fs, &f.failOn, "fail-on", "error", []string{"error", "warning"}, "least severe problem that fails the run")
	fs.StringVar(&f.stdinName, "stdin-filename", "", "`name` to report rules from stdin by")
	fs.BoolVar(&f.pack, "pack", false, "demand of the rules what is asked of the shipped pack: three examples of each sort")
	fs.StringVar(&f.explain, "explain", "", "say what a `code` means")
	fs.BoolVar(&f.schema, "schema", false, "print the JSON Schema of a rule, for editors")
	fs.BoolVar(&f.list, "list-checks", false, "list all codes")
	fixedFlags(fs, "explain", "schema", "list-checks", "stdin-filename")
	complete(cmd, "explain", codeNames())
	cmd.MarkFlagsMutuallyExclusive("explain", "schema", "list-checks")
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		if tells := cmd.Flags().Changed("explain") || f.list || f.schema; tells && len(args) > 0 {
			return cannotRun("leave the path out, or the flag", "unexpected argument: %q: --explain, --schema and --list-checks check no rules", args[0])
		}
		switch {
		case cmd.Flags().Changed("explain"):
			return runExplain(f.explain, f.output, a.streams)
		case f.list:
			return runListChecks(f.output, a.streams)
		case f.schema:
			return runSchema(f.output, a.streams)
		}
		if len(args) == 0 && a.globals.rules != "" {
			args = []string{a.globals.rules}
		}
		return runValidate(ctx, f, args, a.streams)
	})
	return cmd
}

// A validation is what came out of checking rules.
type validation struct {
	sources []engine.Source
	rules   int    // valid ones
	hash    string // of the ruleset, "" when there is an error
	diags   engine.Diagnostics
	err     error // what could not be read
}

// runValidate checks the rules that paths name.
func runValidate(ctx context.Context, f validateFlags, paths []string, s *streams) error {
	list, err := f.output.choose("table")
	if err != nil {
		return err
	}
	v := validateRules(ctx, f, paths, s)
	err = s.render(list, v.render)
	s.notef("%s", v.summary())
	return joinErrors(v.err, err, v.verdict(f.failOn))
}

func validateRules(ctx context.Context, f validateFlags, paths []string, s *streams) *validation {
	in := readRules(ctx, s, f.stdinName, paths)
	rs, diags := engine.Compile(in.sources, compileConfig(s, f.pack || len(paths) == 0))
	diags = append(diags, in.leftOut...)
	diags.Sort()
	v := &validation{sources: in.sources, rules: len(rs.Rules()), diags: diags, err: in.err()}
	if !diags.HasErrors() && v.err == nil {
		v.hash = rs.Hash()
	}
	return v
}

// verdict returns the error that makes the exit code.
func (v *validation) verdict(failOn string) error {
	switch {
	case v.diags.HasErrors():
		return errNo
	case failOn == "warning" && v.diags.Count(engine.Warning) > 0:
		return errWarnings
	}
	return nil
}

// summary returns the line that ends a run.
func (v *validation) summary() string {
	line := fmt.Sprintf("%s, %s valid: %s, %s", report.Plural(len(v.sources), "rule file"), report.Grouped(v.rules),
		report.Plural(v.diags.Count(engine.Error), "error"), report.Plural(v.diags.Count(engine.Warning), "warning"))
	if n := v.diags.Count(engine.Note); n > 0 {
		line += ", " + report.Plural(n, "note")
	}
	return line + " (ATT&CK " + attack.Default().Release() + ")"
}

// render writes the validation in the sink's format.
func (v *validation) render(k *sink) error {
	switch k.format {
	case "json":
		return v.envelope().Write(k)
	case "sarif":
		return report.WriteJSON(k, v.sarif())
	case "junit":
		return v.junit(k)
	case "github":
		v.github(k)
	default:
		newListing(k, k.palette, v.sources).write(v.diags)
	}
	return nil // the sink keeps the first error of writing
}
