package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ttpctl/internal/attack"
	"ttpctl/internal/licenses"
	"ttpctl/internal/report"
	"ttpctl/internal/store/rulesdir"
)

// version and commit override what the build information says:
// go build -ldflags "-X main.version=1.2.3 -X main.commit=0123abc".
var version, commit string

// readBuild returns what is known of this binary.
func readBuild() report.Build { return report.ReadBuild(version, commit) }

// addVersionFlag declares --version of root. Cobra would print what we want by a
// template, and text/template looks methods up by name: the linker then keeps all
// that are exported, which is 2.7 MB of the binary. A root that does not run shows
// its help, which is where cobra leaves the flag to us.
func addVersionFlag(root *cobra.Command) {
	shown := root.Flags().BoolP("version", "v", false, "version for ttpctl")
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if asked, _ := cmd.Flags().GetBool("help"); *shown && !asked {
			fmt.Fprintf(cmd.OutOrStdout(), "ttpctl %s\n", readBuild().Version)
			return
		}
		help(cmd, args)
	})
}

// newVersionCmd returns `ttpctl version`.
func newVersionCmd(a *app) *cobra.Command {
	var out outputs
	var withLicenses bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this binary, of ATT&CK in it and of the rules",
		Args:  noArgs,
	}
	outputFlag(cmd, &out, "table", "json")
	cmd.Flags().BoolVar(&withLicenses, "licenses", false, "print the licence texts of ATT&CK and of the modules in this binary")
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		if withLicenses {
			return runLicenses(out, a.streams)
		}
		return runVersion(ctx, out, a.globals.rules, a.streams)
	})
	return cmd
}

// runVersion prints the build and the ruleset in force.
func runVersion(ctx context.Context, out outputs, layers rulesdir.Layers, s *streams) error {
	if _, err := out.choose(s, "table"); err != nil {
		return err
	}
	rs, err := loadRules(ctx, s, layers)
	if err != nil {
		return err
	}
	e := s.newEnvelope("ttpctl.version/v1", readBuild(), nil)
	e.RulesetHash, e.Summary = rs.Hash(), map[string]int{"rules": len(rs.Rules())}
	return s.renderAs(out, e, func(k *sink) error { return readBuild().Write(k, e.Meta, len(rs.Rules())) })
}

// runLicenses prints MITRE's designation and licence, and those of all that is
// linked into the binary.
func runLicenses(out outputs, s *streams) error {
	all := append([]licenses.License{{
		Name: "MITRE ATT&CK", Version: s.attack().Release(), Text: attack.Copyright + "\n\n" + attack.License(),
	}}, licenses.All()...)
	return s.renderAs(out, s.newEnvelope("ttpctl.licenses/v1", all, nil), func(k *sink) error {
		for i, l := range all {
			if i > 0 {
				k.printf("\n\n")
			}
			k.printf("%s\n\n%s\n", k.palette.Bold(strings.TrimSpace(l.Name+" "+l.Version)), l.Text)
		}
		return nil
	})
}
