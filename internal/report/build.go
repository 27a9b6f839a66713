package report

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

// A Build says what a binary is.
type Build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"` // "" when built outside a checkout
	Modified bool   `json:"modified"`
	Built    string `json:"commit_time"` // of the commit, RFC 3339
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// ReadBuild returns the build information that Go recorded. A version and a
// commit that are not "" override it.
func ReadBuild(version, commit string) Build {
	b := Build{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.read(info)
	}
	if version != "" {
		b.Version = version
	}
	if commit != "" {
		b.Commit, b.Modified = commit, false
	}
	return b
}

func (b *Build) read(info *debug.BuildInfo) {
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

// Write shows the build to people, and which of how many rules are in force.
func (b Build) Write(w io.Writer, m Meta, rules int) error {
	changed := ""
	if b.Modified {
		changed = " (modified)"
	}
	_, err := fmt.Fprintf(w, "ttpctl    %s\ncommit    %s%s\ngo        %s\nplatform  %s\nATT&CK    %s\nruleset   %s (%s)\n",
		b.Version, cmp.Or(b.Commit, "unknown"), changed, b.Go, b.Platform, m.AttackRelease, m.RulesetHash, Plural(rules, "rule"))
	return err
}
