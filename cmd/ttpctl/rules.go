package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"ttpctl/internal/report"
	"ttpctl/internal/store/rulesdir"
)

// newRulesCmd returns `ttpctl rules`, which is about definitions; `ttpctl rule`
// is about their states.
func newRulesCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "Write the rule files out",
		Long: `Write out the files of the rules that --rules names, by default those of the
embedded pack. ttpctl rule switches single rules off and on.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cannotRun(seeHelp(cmd), "rules: no subcommand given")
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.AddCommand(newRulesExportCmd(a))
	return cmd
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

func runRulesExport(ctx context.Context, dir string, layers ruleLayers, force bool, s *streams) error {
	rs, err := loadRules(ctx, s, layers)
	if err != nil {
		return err
	}
	stale, err := rulesdir.Stale(dir, rs.Rules(), force)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return cannotRun("", "%s: %w", dir, reason(err))
	}
	for _, r := range stale {
		path := rulesdir.Path(dir, r)
		if err := writeRule(path, r.Source.Data); err != nil {
			return broke("%s: %w", path, reason(err))
		}
	}
	s.notef("%s of %s in %s, %d written", report.Plural(len(rs.Rules()), "rule"), layers.where(), dir, len(stale))
	return nil
}

// writeRule puts a rule into its place whole. Rules are no secret.
func writeRule(path string, data []byte) error {
	f, err := createFile(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = joinErrors(err, f.Chmod(0o644)); err != nil {
		f.discard()
		return err
	}
	return f.commit()
}
