package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/attack"
)

// shownOutput is a block of a document that shows what a command prints.
var shownOutput = regexp.MustCompile("(?s)<!-- output of: ttpctl ([^\n]*) -->\n```\n(.*?)```\n")

// TestShownOutput runs the commands whose output the documents show, and
// holds the documents to it. -update rewrites them.
func TestShownOutput(t *testing.T) {
	t.Chdir("../..")
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(docs, "README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fresh := shownOutput.ReplaceAllFunc(text, func(block []byte) []byte {
			args := string(shownOutput.FindSubmatch(block)[1])
			return []byte("<!-- output of: ttpctl " + args + " -->\n```\n" + run(t, args) + "```\n")
		})
		if *update {
			if err := os.WriteFile(name, fresh, 0o666); err != nil {
				t.Fatal(err)
			}
		} else if d := cmp.Diff(string(text), string(fresh)); d != "" {
			t.Errorf("%s is stale, run go generate ./cmd/ttpctl (-shown +printed):\n%s", name, d)
		}
	}
}

// run returns what a command line prints, stdout before stderr, without the
// digits of hashes, which every change of a rule changes, and the log, which
// tells the time.
func run(t *testing.T, args string) string {
	var out, diag bytes.Buffer
	s := &streams{
		in: strings.NewReader(""), out: stream{Writer: &out}, err: stream{Writer: &diag},
		environ: func() []string { return nil },
		lookup: func(name string) (string, bool) {
			switch name {
			case "XDG_STATE_HOME", "XDG_CONFIG_HOME":
				return t.TempDir(), true
			case "TTPCTL_LOG_LEVEL":
				return "error", true
			}
			return "", false
		},
		now:      func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) },
		attack:   sync.OnceValue(attack.Load),
		outlines: packOutlines,
		log:      slog.New(slog.DiscardHandler),
	}
	// What is shown may be a failure: the exit code is not part of it.
	_ = execute(context.Background(), s, strings.Fields(args))
	lines := strings.SplitAfter(out.String()+diag.String(), "\n")
	for i, l := range lines {
		if word, _, _ := strings.Cut(l, " "); word == "ruleset" || word == "state" {
			lines[i] = fmt.Sprintf("%-10s<64 hexadecimal digits>\n", word)
		}
	}
	return strings.Join(lines, "")
}
