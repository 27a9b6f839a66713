// Package rounds says how much a test tries whose cases are drawn, or are many.
//
// Whoever changes a line waits for `go test ./...`, so that such a test tries few
// cases there, the same ones each time where it can. TEST_ROUNDS=n asks for n
// times as many; .ci/run sets it so that nothing is left out:
//
//	for seed := range rounds.Of(t, 1, 8) { ... } // 1 seed, 8 with TEST_ROUNDS=8
//	if i%rounds.Every(t, 8) != 0 { continue }    // an eighth of the cases, all with TEST_ROUNDS=8
//
// What a test must see to mean anything (both outcomes, each kind of damage) it
// sees with TEST_ROUNDS unset.
package rounds

import (
	"flag"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"

	"ttpctl/internal/collector"
)

// variable is the environment variable that asks for more.
const variable = "TEST_ROUNDS"

// Of returns how many rounds to make: few, times TEST_ROUNDS, and at most most.
func Of(t testing.TB, few, most int) int {
	t.Helper()
	return min(most, few*factor(t))
}

// Every returns at which distance cases are tried: n, divided by TEST_ROUNDS, and
// 1, which is each of them, at least.
func Every(t testing.TB, n int) int {
	t.Helper()
	return max(1, n/factor(t))
}

// More reports whether more was asked for than is tried by default.
func More(t testing.TB) bool {
	t.Helper()
	return factor(t) > 1
}

func factor(t testing.TB) int {
	t.Helper()
	text, ok := os.LookupEnv(variable)
	if !ok {
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q: want a whole number from 1", variable, text)
	}
	return n
}

// Roomy lets four times the garbage of Go's default lie until it is collected, unless
// GOGC says how much, and asks for huge pages: collections took a sixth of the CPU time of
// packages whose tests compile the pack, and faults of small pages another. It is for
// TestMain.
func Roomy() {
	collector.PreferHuge()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// Waiting lets three times as many parallel tests of a package run at once as there are
// processors, unless -parallel says how many: its tests wait more than they
// compute. With TEST_ROUNDS it is twice as many, since each computes more. It is for
// TestMain.
func Waiting() {
	times := 3
	if os.Getenv(variable) != "" {
		times = 2
	}
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == parallel })
	if !said {
		flag.Set(parallel, strconv.Itoa(times*runtime.GOMAXPROCS(0)))
	}
}

const parallel = "test.parallel"

// memory is where Linux keeps files in memory.
const memory = "/dev/shm"

// InMemory lays the temporary directories of a package's tests, and of the processes
// that they start, in memory where there is room for them: waiting for the disk to
// sync took nine tenths of the time of the spool's tests, and a fifth of that of cmd's. A
// process that is killed finds there what it would find on a disk. TMPDIR, if set, is
// kept, and TEST_ROUNDS leaves them on the disk, so that .ci/run tests that as well.
// It is for TestMain.
func InMemory() {
	if os.Getenv("TMPDIR") == "" && os.Getenv(variable) == "" && roomIn(memory) >= leastRoom {
		os.Setenv("TMPDIR", memory)
	}
}

// leastRoom is many times what the tests of a package hold at once.
const leastRoom = 2 << 30
