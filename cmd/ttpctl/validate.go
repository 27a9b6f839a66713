package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"ttpctl/internal/collector"
	"ttpctl/internal/engine"
	"ttpctl/internal/report/findings"
	"ttpctl/internal/store/rulesdir"
)

// validateFlags are the flags of `ttpctl validate`.
type validateFlags struct {
	layers    rulesdir.Layers
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
stdin, all of them one layer; without PATH the layers of --rules, else the
embedded pack.

Every problem is reported, with its place, a code and what to write instead.
Exit code 1 says that a rule is invalid, 3 that there are warnings only (with
--fail-on warning), 2 that a path could not be read.`,
		Example: `  ttpctl validate
  ttpctl validate rules/ttp
  ttpctl validate -o table -o sarif=findings.sarif rules/ttp
  ttpctl validate --explain TTP012`,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, findings.Formats()...)
	enumVar(cmd, fs, &f.failOn, "fail-on", "error", []string{"error", "warning"}, "least severe problem that fails the run")
	fs.StringVar(&f.stdinName, "stdin-filename", "", "`name` to report rules from stdin by")
	fs.BoolVar(&f.pack, "pack", false, "check also what the shipped pack must have: three examples of each sort")
	fs.StringVar(&f.explain, "explain", "", "say what a `code` means")
	fs.BoolVar(&f.schema, "schema", false, "print the JSON Schema of a rule, for editors")
	fs.BoolVar(&f.list, "list-checks", false, "list all codes")
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
		f.layers = a.globals.rules
		return runValidate(ctx, f, args, a.streams)
	})
	return cmd
}

// runValidate checks the rules that paths name, or else those of --rules.
func runValidate(ctx context.Context, f validateFlags, paths []string, s *streams) error {
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	if err := s.guard(list, rulesdir.Paths(paths...)...); err != nil {
		return err
	}
	r, unread := validateRules(ctx, f, paths, s)
	err = s.render(list, func(k *sink) error { return r.Write(k.format, k, k.palette) })
	s.notef("%s", r.Summary())
	return joinErrors(unread, err, verdictOf(r.Diagnostics, f.failOn))
}

// manyRules is how many files it takes to check until huge pages are worth what it costs
// to ask for them: 3 ms, which is a quarter of checking one.
const manyRules = 64

// validateRules checks the rules that paths name, or else those of --rules; the
// error is what could not be read.
func validateRules(ctx context.Context, f validateFlags, paths []string, s *streams) (*findings.Report, error) {
	collector.PutOffFurther()
	in := s.ruleReader(f.stdinName)
	if in.Read(ctx, paths...); len(paths) == 0 {
		s.readLayers(ctx, f.layers, in)
	}
	if len(in.Sources) >= manyRules {
		collector.PreferHuge()
	}
	rs, diags := engine.Compile(in.Sources, compileConfig(s, f.pack || len(paths) == 0 && !f.layers.Given()))
	diags = append(diags, in.Refused...)
	diags.Sort()
	r := &findings.Report{Sources: in.Sources, Valid: len(rs.Rules()), Replaced: len(rs.Replaced()), Diagnostics: diags, Problems: problems(in.Err()), Meta: s.buildMeta()}
	r.Dir, _ = os.Getwd()
	if !diags.HasErrors() && in.Err() == nil {
		r.Meta.RulesetHash = rs.Hash()
	}
	return r, in.Err()
}

// verdictOf returns the error that makes the exit code.
func verdictOf(diags engine.Diagnostics, failOn string) error {
	switch {
	case diags.HasErrors():
		return errNo
	case failOn == "warning" && diags.Count(engine.Warning) > 0:
		return errWarnings
	}
	return nil
}
