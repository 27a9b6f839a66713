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
)

// TestReference keeps docs/cli.md and docs/checks.md as the commands and the
// code table have it; `go generate ./cmd/ttpctl` rewrites them.
func TestReference(t *testing.T) {
	for name, want := range map[string]string{"cli.md": commandReference(), "checks.md": checkReference()} {
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
