package ingest

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// tooLongMark stands for a line over the limit in the results of splitAll.
const tooLongMark = "<too long>"

// splitAll returns the lines that a splitter makes of r, and checks that
// numbers are consecutive.
func splitAll(t *testing.T, r io.Reader, maxLine int, live bool) []string {
	t.Helper()
	s := newSplitter(bufio.NewReaderSize(r, 16), maxLine, live)
	lines, next := []string{}, 1
	for more := true; more; {
		b := &Batch{}
		more = s.fill(b)
		if b.first != next {
			t.Errorf("batch begins at line %d, want %d", b.first, next)
		}
		next += len(b.lines)
		for i, l := range b.lines {
			if l.fate == rejected {
				lines = append(lines, tooLongMark)
			} else {
				lines = append(lines, string(b.raw(i)))
			}
		}
	}
	return lines
}

// splitReference says what splitAll must return, the whole text at hand.
func splitReference(text string, maxLine int) []string {
	lines := []string{}
	text = strings.TrimPrefix(text, "\ufeff")
	for l := range strings.Lines(text) {
		l = strings.TrimSuffix(strings.TrimSuffix(l, "\n"), "\r")
		if len(l) > maxLine {
			l = tooLongMark
		}
		lines = append(lines, l)
	}
	return lines
}

func TestSplitter(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"empty", "", []string{}},
		{"no last newline", "a\nb", []string{"a", "b"}},
		{"crlf", "a\r\nb\r\n", []string{"a", "b"}},
		{"cr inside stays", "a\rb\r\r\n", []string{"a\rb\r"}},
		{"blank lines count", "\n\na\n", []string{"", "", "a"}},
		{"byte order mark", "\ufeffa\n", []string{"a"}},
		{"only a byte order mark", "\ufeff", []string{}},
		{"at the limit", strings.Repeat("x", 20) + "\na\n", []string{strings.Repeat("x", 20), "a"}},
		{"at the limit with crlf", strings.Repeat("x", 20) + "\r\na\n", []string{strings.Repeat("x", 20), "a"}},
		{"one over", strings.Repeat("x", 21) + "\na\n", []string{tooLongMark, "a"}},
		{"one over, last", "a\n" + strings.Repeat("x", 21), []string{"a", tooLongMark}},
		{"far over", strings.Repeat("x", 1000) + "\na", []string{tooLongMark, "a"}},
		{"over and cr", strings.Repeat("x", 20) + "\r\r\na", []string{tooLongMark, "a"}},
	}
	for _, tt := range tests {
		for _, live := range []bool{false, true} {
			got := splitAll(t, strings.NewReader(tt.text), 20, live)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s: lines of %q (live %v) differ (-want +got):\n%s", tt.name, tt.text, live, diff)
			}
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add("a\r\n\nb", uint8(3))
	f.Add("\ufeffxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\nb", uint8(20))
	f.Add(strings.Repeat("\n", 3000), uint8(0))
	f.Fuzz(func(t *testing.T, text string, limit uint8) {
		want := splitReference(text, int(limit))
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(text), "bytewise": iotest.OneByteReader(strings.NewReader(text)),
		} {
			if diff := cmp.Diff(want, splitAll(t, r, int(limit), name == "bytewise")); diff != "" {
				t.Errorf("lines of %q, at most %d bytes, read %s, differ (-want +got):\n%s", text, limit, name, diff)
			}
		}
	})
}

func TestSplitterReadError(t *testing.T) {
	r := io.MultiReader(strings.NewReader("whole\nhalf"), iotest.ErrReader(errTruncated))
	s := newSplitter(bufio.NewReader(r), 100, false)
	b := &Batch{}
	if s.fill(b) {
		t.Fatal("fill() = true after a read error")
	}
	if len(b.lines) != 2 || b.lines[0].fate != pending || b.lines[1].fate != rejected {
		t.Errorf("lines = %+v, want a whole one and one rejected", b.lines)
	}
	if s.failure() != errTruncated {
		t.Errorf("failure() = %v, want %v", s.failure(), errTruncated)
	}
}

// A line of any length must pass in constant memory.
func TestSplitterLongLineMemory(t *testing.T) {
	const length = 100 << 20
	long := io.LimitReader(repeat("x"), length)
	r := io.MultiReader(long, strings.NewReader("\nnext\n"))
	s := newSplitter(bufio.NewReaderSize(r, readBuffer), 1<<20, false)
	b := &Batch{}
	s.fill(b)
	if len(b.lines) != 2 || string(b.raw(1)) != "next" {
		t.Fatalf("lines = %+v, want a rejected one and %q", b.lines, "next")
	}
	if cap(b.buf) > 4<<20 {
		t.Errorf("a line of %d bytes took a buffer of %d", length, cap(b.buf))
	}
}

// repeat reads text over and over.
func repeat(text string) io.Reader { return &repeater{text: text} }

type repeater struct {
	text string
	at   int
}

func (r *repeater) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k := copy(p[n:], r.text[r.at:])
		n += k
		r.at = (r.at + k) % len(r.text)
	}
	return n, nil
}

// A live input hands on the lines it has while the next is still to come.
func TestSplitterLive(t *testing.T) {
	pr, pw := io.Pipe()
	defer pw.Close()
	go pw.Write([]byte("first line\nsecond line\nthi"))
	s := newSplitter(bufio.NewReader(pr), 100, true)
	b := &Batch{}
	s.fill(b)
	if want := []byte("first line\nsecond line\n"); !bytes.Equal(b.buf, want) {
		t.Errorf("fill() gave %q, want %q", b.buf, want)
	}
}
