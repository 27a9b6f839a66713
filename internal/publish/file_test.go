package publish

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ttpctl/internal/report"
	"ttpctl/internal/store"
	"ttpctl/internal/store/storetest"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// linesOf returns what JSON Lines of ms are.
func linesOf(ms []store.Message) string {
	var b strings.Builder
	for _, m := range ms {
		b.Write(m.Body)
		b.WriteByte('\n')
	}
	return b.String()
}

// A file is appended to, whole line by whole line, and has tags in it only.
func TestJSONLinesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tags.jsonl")
	ms := taggedMessages(4)
	o := open(t, "jsonl", path, Options{})
	send(t, o, ms[0], suppressed, ms[1])
	send(t, o, suppressed)
	if got := read(t, path); got != linesOf(ms[:2]) {
		t.Errorf("file = %q, want two tags", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v, want 0600", info.Mode(), err)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
	write(t, path, "old\ntorn") // as after a crash
	send(t, open(t, "jsonl", path, Options{}), ms[2:]...)
	if got := read(t, path); got != "old\ntorn\n"+linesOf(ms[2:]) {
		t.Errorf("file = %q, want the torn line ended and two tags", got)
	}
}

// After a rotation and Reopen a file of the old name is written; before it, the
// rotated one.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "tags.csv")
	o := open(t, "csv", path, Options{})
	ms := taggedMessages(3)
	send(t, o, ms[0])
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	send(t, o, ms[1])
	b := newBench(t, newLedger(), Config{Outputs: []Output{o, newReceiver("no file")}})
	if err := b.Reopen(); err != nil {
		t.Errorf("Reopen() error = %v", err)
	}
	send(t, o, ms[2])
	old, now := read(t, path+".1"), read(t, path)
	if strings.Count(old, "\n") != 3 || strings.Count(now, "\n") != 2 || !strings.HasPrefix(now, "uuid,") || !strings.HasPrefix(old, "uuid,") {
		t.Errorf("rotated:\n%s\nnew:\n%s\nwant a header and two rows, a header and one row", old, now)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := b.Reopen(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Reopen() without the directory: error = %v, want one that names the file", err)
	}
	if n, err := o.Send(t.Context(), "s", ms[:1]); err == nil || n != 0 {
		t.Errorf("Send() without the directory = %d, %v, want an error", n, err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	send(t, o, ms[0])
	b.close(time.Second)
}

// CSV is that of ttpctl tag, with one header, also when the file goes on.
func TestCSV(t *testing.T) {
	tags := append(storetest.SomeTags(0, 3), someTag())
	var want bytes.Buffer
	w, err := report.NewWriter("csv", &want, report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// A message has invalid UTF-8 replaced already, and this one has none.
	if err := w.Write(tags); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tags.csv")
	for i := range tags {
		o := open(t, "csv", path, Options{})
		send(t, o, suppressed, tagged(int64(i), tags[i]))
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
	if got := read(t, path); got != want.String() {
		t.Errorf("file:\n%s\nwant:\n%s", got, want.String())
	}
}

// A write that fails midway counts the lines that are whole, and leaves no
// other.
func TestTornWrite(t *testing.T) {
	ms := taggedMessages(3)
	var p page
	if err := p.fill(jsonLines{}, []store.Message{ms[0], suppressed, ms[1]}); err != nil {
		t.Fatal(err)
	}
	one := len(ms[0].Body) + 1
	for n, want := range map[int][2]int{0: {0, 0}, one - 1: {0, 0}, one: {2, one}, one + 5: {2, one}, p.text.Len(): {3, p.text.Len()}} {
		if messages, end := p.whole(n); messages != want[0] || end != want[1] {
			t.Errorf("whole(%d) = %d, %d, want %v", n, messages, end, want)
		}
	}
	path := filepath.Join(t.TempDir(), "tags.jsonl")
	o := open(t, "jsonl", path, Options{}).(*fileOutput)
	send(t, o, ms[0])
	if _, err := o.f.WriteString("torn by a full disk"); err != nil {
		t.Fatal(err)
	}
	o.giveUp(int64(len("torn by a full disk")))
	send(t, o, ms[1])
	if got := read(t, path); got != linesOf(ms[:2]) {
		t.Errorf("file = %q, want two whole lines", got)
	}
}

// What a file that was closed may have lost is told with the next Sync, once.
func TestLostAtClose(t *testing.T) {
	o := open(t, "jsonl", filepath.Join(t.TempDir(), "tags.jsonl"), Options{}).(*fileOutput)
	send(t, o, taggedMessages(1)...)
	o.f.Close() // what follows fails
	o.giveUp(0)
	if err := o.Sync(t.Context()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Sync() = %v, want why the file could not be synced", err)
	}
	if err := o.Sync(t.Context()); err != nil {
		t.Errorf("the next Sync() = %v, want nothing", err)
	}
}

// A device that is full is an error, each time, that names it.
func TestFullDevice(t *testing.T) {
	o := open(t, "jsonl", "/dev/full", Options{})
	for range 2 {
		if n, err := o.Send(t.Context(), "s", taggedMessages(2)); n != 0 || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "/dev/full") {
			t.Errorf("Send() = %d, %v, want %v that names the device", n, err, syscall.ENOSPC)
		}
	}
}

// A pipe without a reader fails and waits for nobody; a reader that comes, goes
// and comes again gets whole lines.
func TestNamedPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	o := open(t, "jsonl", path, Options{})
	ms := taggedMessages(2)
	for _, m := range ms {
		if n, err := o.Send(t.Context(), "s", ms); n != 0 || !errors.Is(err, syscall.ENXIO) && !errors.Is(err, syscall.EPIPE) {
			t.Errorf("Send() without a reader = %d, %v, want an error", n, err)
		}
		reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		send(t, o, m)
		got := make([]byte, len(m.Body)+1)
		if _, err := io.ReadFull(reader, got); err != nil || string(got) != linesOf([]store.Message{m}) {
			t.Errorf("the reader gets %q, %v", got, err)
		}
		reader.Close()
	}
}

// A reader that takes nothing holds the pipe up until ctx ends.
func TestNamedPipeFull(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	o := open(t, "jsonl", path, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	ms := taggedMessages(1000)
	n, err := o.Send(ctx, "s", ms)
	if err == nil || n == 0 || n == len(ms) {
		t.Errorf("Send() to a reader that takes nothing = %d, %v, want some and an error", n, err)
	}
}

// Stdout is written as it is; a reader that went away is an error from then on.
func TestStdout(t *testing.T) {
	r, w := io.Pipe()
	o := open(t, "jsonl", "", Options{Stdout: w})
	got := make(chan string)
	go func() {
		text := make([]byte, len(linesOf(taggedMessages(2))))
		io.ReadFull(r, text)
		r.CloseWithError(syscall.EPIPE)
		got <- string(text)
	}()
	send(t, o, taggedMessages(2)...)
	if text := <-got; text != linesOf(taggedMessages(2)) {
		t.Errorf("stdout = %q", text)
	}
	for range 2 {
		if n, err := o.Send(t.Context(), "s", taggedMessages(1)); n != 0 || !errors.Is(err, syscall.EPIPE) || !strings.Contains(err.Error(), "stdout") {
			t.Errorf("Send() without a reader = %d, %v, want %v", n, err, syscall.EPIPE)
		}
	}
	send(t, open(t, "jsonl", "", Options{Stdout: w}), suppressed) // nothing to write
}

// A reader of stdout that takes nothing holds up the end no longer than its
// grace.
func TestStdoutHangs(t *testing.T) {
	r, w := io.Pipe()
	b := newBench(t, newLedger(), Config{Outputs: []Output{open(t, "jsonl", "", Options{Stdout: w})}})
	b.add("a")
	b.commit("a", 3)
	began := time.Now()
	b.close(100 * time.Millisecond)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("Close() took %v, want its grace", took)
	}
	if waiting, err := b.ledger.Waiting(t.Context()); err != nil || len(waiting) != 1 || waiting[0].Messages != 3 {
		t.Errorf("Waiting() = %v, %v, want the three", waiting, err)
	}
	r.Close() // what hangs ends
}

// Names are the same wherever the process is started.
func TestFileNames(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	o := open(t, "jsonl", "tags.jsonl", Options{})
	if want := "jsonl " + filepath.Join(dir, "tags.jsonl"); o.Name() != want {
		t.Errorf("Name() = %s, want %s", o.Name(), want)
	}
	if _, err := Open("jsonl", filepath.Join(dir, "none", "tags.jsonl"), Options{}); err == nil || !strings.Contains(err.Error(), "none/tags.jsonl") {
		t.Errorf("Open() in no directory: error = %v", err)
	}
	if _, err := Open("csv", dir, Options{}); err == nil {
		t.Error("Open() of a directory: no error")
	}
}
