package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"ttpctl/internal/engine"
	"ttpctl/internal/lifters"
)

// TestReference keeps docs/cli.md, docs/checks.md and docs/lifters.md as the
// commands, the code table and the table of lifters have it; `go generate
// ./cmd/ttpctl` rewrites them.
func TestReference(t *testing.T) {
	for name, want := range map[string]string{
		"cli.md": commandReference(), "checks.md": checkReference(), "lifters.md": lifterReference(),
	} {
		path := filepath.Join("../../docs", name)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("docs/%s is stale, run go generate ./cmd/ttpctl (-want +got):\n%s", name, diff)
		}
	}
}

// commandReference returns docs/cli.md.
func commandReference() string {
	root := newRootCmd(&app{streams: testStreams(io.Discard, io.Discard, nil)})
	var b strings.Builder
	fmt.Fprintf(&b, "# Commands\n\n%s\n\n## Flags of every command\n\n```\n%s```\n",
		root.Long, root.PersistentFlags().FlagUsages())
	for _, cmd := range root.Commands() {
		describe(&b, cmd)
	}
	return b.String()
}

func describe(b *strings.Builder, cmd *cobra.Command) {
	if !cmd.IsAvailableCommand() {
		return
	}
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	fmt.Fprintf(b, "\n## %s\n\n```\n%s\n```\n\n%s\n", cmd.CommandPath(), cmd.UseLine(), text)
	if flags := cmd.LocalNonPersistentFlags().FlagUsages(); flags != "" {
		fmt.Fprintf(b, "\n```\n%s```\n", flags)
	}
	if cmd.Example != "" {
		fmt.Fprintf(b, "\nFor example:\n\n```\n%s\n```\n", cmd.Example)
	}
	for _, sub := range cmd.Commands() {
		describe(b, sub)
	}
}

// checkReference returns docs/checks.md.
func checkReference() string {
	var b strings.Builder
	b.WriteString("# Checks\n\nWhat `ttpctl validate` reports. A code never changes meaning; only errors keep a rule out.\n" +
		"A line's finding is silenced by `# ttpctl:ignore CODE reason` on it.\n")
	for _, c := range engine.Codes() {
		fmt.Fprintf(&b, "\n## %s: %s\n\nSeverity: %s. %s\n", c.Code, c.Title, c.Severity, c.Text)
		if c.Example != "" {
			fmt.Fprintf(&b, "\n```yaml\n%s\n```\n", strings.TrimRight(c.Example, "\n"))
		}
	}
	return b.String()
}

// lifterReference returns docs/lifters.md.
func lifterReference() string {
	var b strings.Builder
	b.WriteString("# Lifters\n\nWhat no pattern on one field can decide: counts, verdicts, flags. A rule that writes one of these as `match.kind`, " +
		"its parameters beside it, is decided by it alone. A missing field, or one of another type, means that it does not fire.\n")
	owner := ""
	for _, s := range lifters.Specs() {
		if first, _, _ := strings.Cut(s.Name, "_"); first != owner {
			owner = first
			fmt.Fprintf(&b, "\n## %s\n\n| match.kind | for | parameters | evidence |\n|---|---|---|---|\n", owner)
		}
		var kinds []string
		for _, k := range s.Kinds {
			kinds = append(kinds, k.String())
		}
		evidence := s.Evidence
		if s.FieldsToo {
			evidence = append([]string{"evidence_fields"}, evidence...)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.MatchKind(), strings.Join(kinds, ", "), paramList(s.Params), strings.Join(evidence, ", "))
	}
	return b.String()
}

// paramList returns `name (type, default)` of each parameter.
func paramList(params []engine.Param) string {
	var list []string
	for _, p := range params {
		note := p.Want()
		switch {
		case p.Required:
			note += ", required"
		case p.Idle:
			note += ", no effect"
		case p.Default != nil:
			note += fmt.Sprintf(", default %v", p.Default)
		}
		list = append(list, fmt.Sprintf("`%s` (%s)", p.Name, note))
	}
	return strings.Join(list, ", ")
}
