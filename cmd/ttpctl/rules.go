package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"ttpctl/internal/engine"
	"ttpctl/internal/hint"
	"ttpctl/internal/outfile"
	"ttpctl/internal/report"
	"ttpctl/internal/report/wanted"
	"ttpctl/internal/store/rulesdir"
)

// newRulesCmd returns `ttpctl rules`, which is about definitions; `ttpctl rule`
// is about their states.
func newRulesCmd(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "rules",
		Short: "Write the rule files out",
		Long: `Write out the files of the rules that --rules names, by default those of the
embedded pack. ttpctl rule switches single rules off and on.`,
	}, newRulesExportCmd(a))
}

// newRulesExportCmd returns `ttpctl rules export`.
func newRulesExportCmd(a *app) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "export DIR",
		Short: "Write the rules in force into a directory, one file a rule",
		Long: `Write the embedded pack, or what the layers of --rules come to, into a directory:
one file a rule, named by its id, byte by byte as it was read. The directory is
made. Files of other rules in it stay; one of these rules with other content is
exit code 2 before anything is written, unless --force replaces it.`,
		Example: `  ttpctl rules export ./rules
  ttpctl rules export --rules pack --rules ./mine ./merged`,
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace files with other content")
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		if len(args) != 1 {
			return cannotRun("ttpctl rules export ./rules", "one directory is wanted, %d named", len(args))
		}
		return runRulesExport(ctx, args[0], a.globals.rules, force, a.streams)
	})
	return cmd
}

func runRulesExport(ctx context.Context, dir string, layers rulesdir.Layers, force bool, s *streams) error {
	rs, err := loadRules(ctx, s, layers)
	if err != nil {
		return err
	}
	stale, err := rulesdir.Stale(dir, rs.Rules(), force)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return cannotRun("", "%s: %w", dir, hint.PathReason(err))
	}
	for _, r := range stale {
		path := rulesdir.Path(dir, r)
		if err := writeRule(path, r.Source.Text()); err != nil {
			return broke("%s: %w", path, hint.PathReason(err))
		}
	}
	s.notef("%s of %s in %s, %d written", report.Plural(len(rs.Rules()), "rule"), layers.Where(), dir, len(stale))
	return nil
}

// writeRule puts a rule into its place whole. Rules are no secret.
func writeRule(path string, data []byte) error {
	f, err := outfile.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = joinErrors(err, f.Chmod(0o644)); err != nil {
		f.Discard()
		return err
	}
	return f.Commit()
}

// knowsAll returns an error unless rules holds every one of ids.
func knowsAll(rules *engine.Ruleset, ids []string) error {
	for _, id := range ids {
		if rules.Rule(id) == nil {
			return wanted.UnknownRule(id, rules)
		}
	}
	return nil
}
