package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/licenses"
	"ttpctl/internal/report"
)

// version and commit override what the build information says:
// go build -ldflags "-X main.version=1.2.3 -X main.commit=0123abc".
var version, commit string

// A build says what this binary is.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"` // "" when built outside a checkout
	Modified bool   `json:"modified"`
	Built    string `json:"commit_time"` // of the commit, RFC 3339
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// readBuild returns the build information that Go recorded.
func readBuild() build {
	b := build{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := info.Main.Version; v != "" && v != "(devel)" {
			b.Version = v
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			case "vcs.time":
				b.Built = s.Value
			}
		}
	}
	if version != "" {
		b.Version = version
	}
	if commit != "" {
		b.Commit, b.Modified = commit, false
	}
	return b
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
func runVersion(ctx context.Context, out outputs, layers ruleLayers, s *streams) error {
	rs, err := loadRules(ctx, s, layers)
	if err != nil {
		return err
	}
	list, err := out.choose(s, "table")
	if err != nil {
		return err
	}
	return s.render(list, func(k *sink) error {
		if k.format == "json" {
			e := s.newEnvelope("ttpctl.version/v1", nil)
			e.RulesetHash = rs.Hash()
			e.Data = readBuild()
			e.Summary = map[string]int{"rules": len(rs.Rules())}
			return e.Write(k)
		}
		printVersion(k, readBuild(), rs)
		return nil
	})
}

func printVersion(k *sink, b build, rs *engine.Ruleset) {
	changed := ""
	if b.Modified {
		changed = " (modified)"
	}
	if b.Commit == "" {
		b.Commit = "unknown"
	}
	k.printf("ttpctl    %s\n", b.Version)
	k.printf("commit    %s%s\n", b.Commit, changed)
	k.printf("go        %s\n", b.Go)
	k.printf("platform  %s\n", b.Platform)
	k.printf("ATT&CK    %s\n", rs.Catalogue().Release())
	k.printf("ruleset   %s (%s)\n", rs.Hash(), report.Plural(len(rs.Rules()), "rule"))
}

// runLicenses prints MITRE's designation and licence, and those of all that is
// linked into the binary.
func runLicenses(out outputs, s *streams) error {
	all := append([]licenses.License{{
		Name: "MITRE ATT&CK", Version: s.attack().Release(), Text: attack.Copyright + "\n\n" + attack.License(),
	}}, licenses.All()...)
	return s.renderAs(out, "ttpctl.licenses/v1", all, func(k *sink) {
		for i, l := range all {
			if i > 0 {
				k.printf("\n\n")
			}
			k.printf("%s\n\n%s\n", k.palette.Bold(strings.TrimSpace(l.Name+" "+l.Version)), l.Text)
		}
	})
}
