package manpage

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// tree is a command with all that a page may have to escape.
func tree() *cobra.Command {
	nothing := func(*cobra.Command, []string) {}
	root := &cobra.Command{Use: "prog", Short: "Do things", Long: "First paragraph\nin two lines.\n\n.TH not a request\n'so is this\n\nThe last one:\n  verbatim  --as-is\n  a\\nb\nand text again.", Run: nothing}
	root.PersistentFlags().String("color", "auto", "when to colour: `word`")
	sub := &cobra.Command{Use: "sub FILE...", Short: "Say \"hello\" in 5 \\fB words ±1", Run: nothing,
		Example: "  prog sub 'a b' ~/x-y `date` ^top | sed 's/\\./-/'\n  prog sub --deep"}
	sub.Flags().IntP("count", "c", 5, "how `often`")
	sub.Flags().Bool("hidden", false, "")
	if err := sub.Flags().MarkHidden("hidden"); err != nil {
		panic(err)
	}
	leaf := &cobra.Command{Use: "leaf", Short: "Be one", Run: nothing}
	sub.AddCommand(leaf, &cobra.Command{Use: "twin", Short: "Be another", Run: nothing}, &cobra.Command{Use: "gone", Hidden: true, Run: nothing})
	root.AddCommand(sub)
	root.CompletionOptions.DisableDefaultCmd = true
	return root
}

var edition = Edition{Version: "1.2.3", Date: time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC)}

func pagesByName(t *testing.T) map[string]string {
	t.Helper()
	byName := map[string]string{}
	for _, p := range Pages(tree(), edition) {
		byName[p.Name] = string(p.Text)
	}
	return byName
}

func TestPages(t *testing.T) {
	pages := pagesByName(t)
	if len(pages) != 4 {
		t.Fatalf("%d pages, want those of prog, sub, leaf and twin", len(pages))
	}
	const want = `.TH "PROG\-SUB" "1" "2026\-11\-30" "prog 1.2.3" "prog manual"
.nh
.ad l
.SH "NAME"
prog\-sub \- Say \(dqhello\(dq in 5 \efB words \[u00B1]1
.SH "SYNOPSIS"
\fBprog sub\fR FILE... [flags]
.br
\fBprog sub\fR \fIcommand\fR [flags]
.SH "DESCRIPTION"
Say \(dqhello\(dq in 5 \efB words \[u00B1]1.
.SH "COMMANDS"
.TP
\fBprog\-sub\-leaf\fR(1)
Be one.
.TP
\fBprog\-sub\-twin\fR(1)
Be another.
.SH "OPTIONS"
.TP
\fB\-c\fR, \fB\-\-count\fR \fIoften\fR
how often (default 5).
.TP
\fB\-h\fR, \fB\-\-help\fR
help for sub.
.SH "EXAMPLES"
.RS "4"
.nf
prog sub \(aqa b\(aq \(ti/x\-y \(gadate\(ga \(hatop | sed \(aqs/\e./\-/\(aq
prog sub \-\-deep
.fi
.RE
.SH "SEE ALSO"
\fBprog\fR(1)
.PP
The options of every command stand in \fBprog\fR(1).
`
	if got := pages["prog-sub.1"]; got != want {
		t.Errorf("prog-sub.1 is\n%s\nwant\n%s", got, want)
	}
	if got := pages["prog-sub-leaf.1"]; !strings.Contains(got, `\fBprog\fR(1), \fBprog\-sub\fR(1), \fBprog\-sub\-twin\fR(1)`) {
		t.Errorf("prog-sub-leaf.1 does not name the pages around it:\n%s", got)
	}
}

// No text becomes a request: a line begins with a period only where a macro was
// written.
func TestTextIsNoRequest(t *testing.T) {
	request := regexp.MustCompile(`^\.(TH|SH|TP|PP|RS|RE|nf|fi|br|nh|ad l)( "[^"]*")*$`)
	for name, page := range pagesByName(t) {
		for line := range strings.Lines(page) {
			line = strings.TrimSuffix(line, "\n")
			if (strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'")) && !request.MatchString(line) {
				t.Errorf("%s: %q is a request", name, line)
			}
		}
	}
}

// What man shows is what was written: flags can be copied out of it.
func TestShown(t *testing.T) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is not here: what it shows is not tested, only the structure")
	}
	dir := t.TempDir()
	shown := map[string]string{}
	for _, p := range Pages(tree(), edition) {
		file := filepath.Join(dir, p.Name)
		if err := os.WriteFile(file, p.Text, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(groff, "-man", "-Tutf8", "-ww", "-P-cbou", file)
		var warnings strings.Builder
		cmd.Stderr = &warnings
		out, err := cmd.Output()
		if err != nil || warnings.Len() > 0 {
			t.Errorf("%s: groff: %v\n%s", p.Name, err, &warnings)
		}
		shown[p.Name] = string(out)
	}
	for _, want := range []string{`prog sub 'a b' ~/x-y ` + "`date`" + ` ^top | sed 's/\./-/'`, `Say "hello" in 5 \fB words ±1`, "-c, --count often", "2026-11-30"} {
		if !strings.Contains(shown["prog-sub.1"], want) {
			t.Errorf("prog-sub.1 does not show %q:\n%s", want, shown["prog-sub.1"])
		}
	}
	for _, want := range []string{".TH not a request 'so is this", "           verbatim  --as-is\n           a\\nb\n       and text again.", "First paragraph in two lines."} {
		if !strings.Contains(shown["prog.1"], want) {
			t.Errorf("prog.1 does not show %q:\n%s", want, shown["prog.1"])
		}
	}
}
