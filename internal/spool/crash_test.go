package spool

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/lines"
)

// twoEntries makes a log of two entries, of which the second is two records,
// and returns its file and the size of it behind the first.
func twoEntries(t *testing.T) (file []byte, first int64, one, two []string) {
	dir := t.TempDir()
	one, two = []string{"first", "", "third"}, append(numbered("x", lines.BlockLines), "last")
	l := openLog(t, dir, Options{})
	add(t, l, one...)
	path := segmentFiles(t, dir)[0]
	first = sizeOf(t, path)
	add(t, l, two...)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file, first, one, two
}

// reopened writes a segment, opens the log and returns its lines and those of
// an entry that is appended then.
func reopened(t *testing.T, dir string, file []byte) []string {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "000000000001.seg"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	add(t, l, "afterwards")
	return rest(t, l, "")
}

// Whatever a crash leaves of the file, what was answered is there, what was not
// is there whole or not at all, and the log goes on.
func TestCrashAtEveryByte(t *testing.T) {
	t.Parallel()
	file, first, one, two := twoEntries(t)
	dir := filepath.Join(t.TempDir(), "spool")
	for size := 0; size <= len(file); size++ {
		var want []string
		if size >= int(first) {
			want = append(want, one...)
		}
		if size == len(file) {
			want = append(want, two...)
		}
		want = append(want, "afterwards")
		if diff := cmp.Diff(want, reopened(t, dir, file[:size])); diff != "" {
			t.Fatalf("cut to %d of %d bytes (-want +got):\n%s", size, len(file), diff)
		}
		if size > int(first)+40 && size < len(file)-140 {
			size += 96 // the middle is alike
		}
	}
}

// A tail that was not synced may hold anything, zeros among it.
func TestTornTails(t *testing.T) {
	t.Parallel()
	file, first, one, _ := twoEntries(t)
	dir := filepath.Join(t.TempDir(), "spool")
	want := append(slices.Clone(one), "afterwards")
	for i := int(first); i < len(file); i += 1 + i/20 {
		flipped := bytes.Clone(file)
		flipped[i] ^= 0x40
		if diff := cmp.Diff(want, reopened(t, dir, flipped)); diff != "" {
			t.Errorf("byte %d changed (-want +got):\n%s", i, diff)
		}
	}
	zeros := append(bytes.Clone(file[:first]), make([]byte, 5000)...)
	if diff := cmp.Diff(want, reopened(t, dir, zeros)); diff != "" {
		t.Errorf("zeros behind the end (-want +got):\n%s", diff)
	}
}

// appendForEver appends entries of random sizes from several goroutines, and
// says on stdout which were answered.
func appendForEver(dir string) {
	l, err := Open(dir, Options{MaxBytes: 1 << 20})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var said sync.Mutex
	for client := range 4 {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%d.%d.%d", os.Getpid(), client, i)
				if _, err := l.Append(context.Background(), entry(numbered(name, 1+rand.IntN(40))...)); err != nil {
					os.Exit(1)
				}
				said.Lock()
				fmt.Println(name)
				said.Unlock()
			}
		}()
	}
	select {}
}

// TestKills kills a process that appends, again and again, and looks whether
// all that it was answered is there once, and all that is there is whole.
func TestKills(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	var answered []string
	for range 8 {
		answered = append(answered, killedAppender(t, dir)...)
	}
	if len(answered) < 8 {
		t.Fatalf("only %d entries were answered", len(answered))
	}
	l := openLog(t, dir, Options{})
	got := map[string]int{} // lines by entry
	for _, line := range rest(t, l, "") {
		name, i, _ := strings.Cut(line, "-")
		if i != fmt.Sprint(got[name]) {
			t.Fatalf("line %s follows %d lines of its entry", line, got[name])
		}
		got[name]++
	}
	for _, name := range answered {
		if got[name] == 0 {
			t.Errorf("entry %s was answered and is lost", name)
		}
	}
}

// killedAppender runs appendForEver in a process of its own, kills it, and
// returns what it was answered.
func killedAppender(t *testing.T, dir string) (answered []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "SPOOL_TEST_DIR="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(time.Duration(50+rand.IntN(100))*time.Millisecond, func() { cmd.Process.Kill() })
	defer kill.Stop()
	for names := bufio.NewScanner(out); names.Scan(); {
		answered = append(answered, names.Text())
	}
	_ = cmd.Wait() // it was killed
	return answered
}
