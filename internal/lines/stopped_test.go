package lines

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/rounds"
)

// cutStream returns the lines of in, and the Cutter behind them.
func cutStream(t *testing.T, ctx context.Context, in Input) ([]string, *Cutter) {
	t.Helper()
	s, err := in.Open(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var all []string
	c, b := NewCutter(s, 1<<20), &Block{}
	for more := true; more; b.Reset() {
		more = c.Fill(b)
		for i := range b.Lines {
			all = append(all, string(b.Raw(i))+b.Lines[i].Bad)
		}
	}
	return all, c
}

// What was taken from a stream when its context ends comes out, whole lines of
// it at least, and the rest is counted.
func TestStoppedStream(t *testing.T) {
	for name, pack := range map[string]func(string) []byte{
		"plain": func(s string) []byte { return []byte(s) },
		"gzip":  func(s string) []byte { return gzipped(t, s) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		text := strings.Repeat("a line\n", 3000) + "half"
		// The reader cancels once all was taken, and then never returns.
		in := Input{Reader: io.MultiReader(bytes.NewReader(pack(text)), &hang{before: cancel})}
		lines, c := cutStream(t, ctx, in)
		if len(lines) != 3000 || c.Err() != nil {
			t.Errorf("%s: %d lines and error %v of a stream that was stopped, want 3000", name, len(lines), c.Err())
		}
		if name == "plain" && c.rest != 4 {
			t.Errorf("%s: %d bytes unfinished, want 4", name, c.rest)
		}
	}
}

// A hang calls before and never returns from a read.
type hang struct{ before func() }

func (h *hang) Read([]byte) (int, error) {
	h.before()
	select {}
}

// A pipe without a writer is let go of.
func TestOpenPipeStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := (Input{Name: path}).Open(ctx, nil); !errors.Is(err, ErrStopped) {
		t.Errorf("Open of a pipe that nobody writes to = %v, want %v", err, ErrStopped)
	}
	if _, err := ReadFile(ctx, path, 10); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ReadFile of a pipe that nobody writes to = %v, want %v", err, context.DeadlineExceeded)
	}
	// The goroutine that opens must end, or the test would leave it behind.
	if w, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
		w.Close()
	}
}

// A file that becomes shorter while it is read is no file that ends.
func TestTruncatedWhileRead(t *testing.T) {
	path := writeFile(t, "log", []byte(strings.Repeat("a line\n", 50_000)))
	s, err := Input{Name: path}.Open(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, b := NewCutter(s, 100), &Block{}
	c.Fill(b)
	if err := os.Truncate(path, 1000); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		b.Reset()
		more = c.Fill(b)
	}
	const want = "truncated while it was read: it had 350000 bytes and now has 1000"
	if c.Err() == nil || !strings.Contains(c.Err().Error(), want) {
		t.Errorf("Err() = %v, want %q", c.Err(), want)
	}
}

// A log that grows while it is read is read to its new end.
func TestGrowsWhileRead(t *testing.T) {
	path := writeFile(t, "log", []byte("one\n"))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := Input{Name: path}.Open(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f.WriteString("two\n")
	if text, err := io.ReadAll(s); string(text) != "one\ntwo\n" || err != nil {
		t.Errorf("content = %q, %v, want both lines", text, err)
	}
}

func TestLeadingNULs(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
		nuls       int64
	}{
		{"first line", "\x00\x00\x00a\nb\n", []string{"a", "b"}, 3},
		{"more than a buffer", strings.Repeat("\x00", 3*readBuffer+5) + "a\n", []string{"a"}, 3*readBuffer + 5},
		{"more than the longest line", strings.Repeat("\x00", 2<<20) + "a\n", []string{"a"}, 2 << 20},
		{"in the middle", "a\n\x00\x00b\n", []string{"a", "b"}, 2},
		{"at the end", "a\n\x00\x00", []string{"a"}, 2},
		{"within a line they stay", "a\x00b\n", []string{"a\x00b"}, 0},
		{"an empty line", "\x00\n", []string{""}, 1},
	}
	for _, tt := range tests {
		got, c := cutStream(t, t.Context(), Input{Reader: strings.NewReader(tt.text)})
		if diff := cmp.Diff(tt.want, got); diff != "" || c.nuls != tt.nuls || c.offset != int64(len(tt.text)) {
			t.Errorf("%s: %d NULs, offset %d of %d, lines (-want +got):\n%s", tt.name, c.nuls, c.offset, len(tt.text), diff)
		}
	}
}

// A sparse file costs no memory.
func TestSparseNULs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sparse")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	hole := int64(rounds.Of(t, 64, 256)) << 20
	if _, err := f.WriteAt([]byte("a\n"), hole); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, c := cutStream(t, t.Context(), Input{Name: path})
	runtime.ReadMemStats(&after)
	if len(got) != 1 || got[0] != "a" || c.nuls != hole {
		t.Errorf("lines %q behind %d NULs, want one behind %d", got, c.nuls, hole)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
		t.Errorf("%d MiB were allocated for a hole, want next to nothing", grown>>20)
	}
}
