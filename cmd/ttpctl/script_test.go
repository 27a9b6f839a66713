package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"ttpctl/internal/rounds"
)

var update = flag.Bool("update", false, "rewrite golden files and generated docs")

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"ttpctl": main, "curl": fetch})
}

// tests run when the binary is not started as a command of a script.
type tests struct{ *testing.M }

func (t tests) Run() int {
	rounds.Roomy()
	rounds.InMemory()
	rounds.Waiting()
	return t.M.Run()
}

func TestScripts(t *testing.T) {
	t.Parallel() // beside the tests of serve, which wait
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		UpdateScripts:       *update,
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "database": makeDatabase, "few": few,
		},
		Condition: func(cond string) (bool, error) {
			if cond == "more" { // than a script shows that is run each time
				return rounds.More(t), nil
			}
			kind, ok := strings.CutPrefix(cond, "server:")
			if !ok {
				return false, fmt.Errorf("no such condition")
			}
			return hasServer(kind), nil
		},
		Setup: func(env *testscript.Env) error {
			checkout, err := filepath.Abs("../..")
			env.Setenv("CHECKOUT", checkout)
			return err
		},
	})
}

// few has the script go on under a few rules of the pack instead of all, which
// take their time at each start: `few R0012 R0018`.
func few(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: few rule...")
	}
	dir := filepath.Join(ts.Getenv("TMPDIR"), "few")
	ts.Check(os.MkdirAll(dir, 0o700))
	for _, id := range args {
		text, err := os.ReadFile(filepath.Join("../../rules/ttp", id+".yaml"))
		ts.Check(err)
		ts.Check(os.WriteFile(filepath.Join(dir, id+".yaml"), text, 0o600))
	}
	ts.Setenv("TTPCTL_RULES", dir)
}

// exits runs a command and asserts its exit code: `exits 2 ttpctl bogus`.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code program [args...]")
	}
	code, err := 0, ts.Exec(args[1], args[2:]...)
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		code, err = exited.ExitCode(), nil
	}
	if err != nil || strconv.Itoa(code) != args[0] {
		ts.Fatalf("%v exits %d (%v), want %s", args[1:], code, err, args[0])
	}
}
