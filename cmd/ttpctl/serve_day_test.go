package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// fetch is the curl of the tests: it prints what its last argument answers.
func fetch() {
	resp, err := http.Get("http://" + os.Args[len(os.Args)-1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(7)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(os.Stdout, resp.Body); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(18)
	}
}

// dayBlock is a part of docs/operating.md that TestServeDay types.
var dayBlock = regexp.MustCompile("(?s)<!-- typed by TestServeDay -->\n```\n(.*?)```\n")

// dayAddress is where serve listens in it.
const dayAddress = "127.0.0.1:8470"

// A typist types what a document shows, in a directory of its own.
type typist struct {
	t       *testing.T
	dir     string
	address string // instead of dayAddress
}

// typed returns a block as it comes out: its commands, and what they print.
func (y *typist) typed(block string) string {
	var b strings.Builder
	for step := range strings.SplitSeq(block, "\n$ ") {
		step = strings.TrimPrefix(step, "$ ")
		lines := strings.SplitAfter(strings.TrimSuffix(step, "\n")+"\n", "\n")
		n := 1
		for n < len(lines) && strings.HasPrefix(lines[n], "> ") {
			n++
		}
		command, shown := strings.Join(lines[:n], ""), strings.Join(lines[n:], "")
		b.WriteString("$ " + command + y.run(strings.ReplaceAll(command, "\n> ", "\n"), shown))
	}
	return b.String()
}

// run returns what a command prints. One that only looks is tried until it prints
// what is shown: what serve does takes a moment.
func (y *typist) run(command, shown string) (printed string) {
	looks := strings.HasPrefix(command, "ttpctl report") || strings.HasPrefix(command, "curl")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		cmd := exec.Command("sh", "-c", strings.ReplaceAll(command, dayAddress, y.address))
		cmd.Dir, cmd.Env = y.dir, append(os.Environ(), "TTPCTL_DB=t.db", "XDG_CONFIG_HOME="+y.dir, "XDG_STATE_HOME="+y.dir)
		if looks && *update {
			time.Sleep(3 * time.Second)
		}
		out, err := cmd.Output()
		printed = string(out)
		if !looks && err != nil {
			y.t.Fatalf("%s: %v", command, err)
		}
		if !looks || *update || printed == shown || time.Now().After(deadline) {
			return printed
		}
	}
}

// TestServeDay types what docs/operating.md shows of a log that is followed while
// a rule is edited, switched off and on, and deleted, and serve killed: it comes
// out as shown. -update rewrites it.
func TestServeDay(t *testing.T) {
	t.Parallel()
	const path = "../../docs/operating.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	y := &typist{t, t.TempDir(), freeAddress(t)}
	t.Cleanup(func() {
		cmd := exec.Command("sh", "-c", "kill -9 $(cat "+filepath.Join(y.dir, "pid")+")")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("end serve: %v\n%s", err, out)
		}
		if t.Failed() {
			said, _ := os.ReadFile(filepath.Join(y.dir, "serve.log"))
			t.Logf("serve said:\n%s", said)
		}
	})
	blocks := 0
	fresh := dayBlock.ReplaceAllFunc(text, func(b []byte) []byte {
		blocks++
		shown := string(dayBlock.FindSubmatch(b)[1])
		typed := y.typed(shown)
		if typed != shown && !*update {
			t.Errorf("typed:\n%s\nshown:\n%s", typed, shown)
		}
		return []byte("<!-- typed by TestServeDay -->\n```\n" + typed + "```\n")
	})
	if blocks == 0 {
		t.Fatal("docs/operating.md shows nothing of it")
	}
	if *update {
		if err := os.WriteFile(path, fresh, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
