package lines

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// tooLongMark stands for a line over the limit in the results of cutAll.
const tooLongMark = "<too long>"

// cutAll returns the lines that a Cutter makes of r, and checks that
// numbers are consecutive.
func cutAll(t *testing.T, r io.Reader, maxLine int, live bool) []string {
	t.Helper()
	c := NewCutter(&Stream{Reader: bufio.NewReaderSize(r, 16), Live: live}, maxLine)
	lines, next := []string{}, 1
	for more := true; more; {
		b := &Block{}
		more = c.Fill(b)
		if b.First != next {
			t.Errorf("block begins at line %d, want %d", b.First, next)
		}
		next += len(b.Lines)
		for i, l := range b.Lines {
			if l.Bad != "" {
				lines = append(lines, tooLongMark)
			} else {
				lines = append(lines, string(b.Raw(i)))
			}
		}
	}
	return lines
}

// cutReference says what cutAll must return, the whole text at hand.
func cutReference(text string, maxLine int) []string {
	lines := []string{}
	text = strings.TrimPrefix(text, "\ufeff")
	for l := range strings.Lines(text) {
		if l = strings.TrimLeft(l, "\x00"); l == "" {
			continue
		}
		l = strings.TrimSuffix(strings.TrimSuffix(l, "\n"), "\r")
		if len(l) > maxLine {
			l = tooLongMark
		}
		lines = append(lines, l)
	}
	return lines
}

func TestCutter(t *testing.T) {
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
			got := cutAll(t, strings.NewReader(tt.text), 20, live)
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
	f.Add("\ufeff\x00\x00a\n\x00\n\x00", uint8(1))
	f.Fuzz(func(t *testing.T, text string, limit uint8) {
		want := cutReference(text, int(limit))
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(text), "bytewise": iotest.OneByteReader(strings.NewReader(text)),
		} {
			if diff := cmp.Diff(want, cutAll(t, r, int(limit), name == "bytewise")); diff != "" {
				t.Errorf("lines of %q, at most %d bytes, read %s, differ (-want +got):\n%s", text, limit, name, diff)
			}
		}
	})
}

func TestCutterReadError(t *testing.T) {
	r := io.MultiReader(strings.NewReader("whole\nhalf"), iotest.ErrReader(ErrTruncated))
	c := NewCutter(&Stream{Reader: bufio.NewReader(r)}, 100)
	b := &Block{}
	if c.Fill(b) {
		t.Fatal("Fill() = true after a read error")
	}
	if len(b.Lines) != 2 || b.Lines[0].Bad != "" || b.Lines[1].Bad == "" {
		t.Errorf("lines = %+v, want a whole one and one rejected", b.Lines)
	}
	if c.Err() != ErrTruncated {
		t.Errorf("Err() = %v, want %v", c.Err(), ErrTruncated)
	}
}

// A line of any length must pass in constant memory.
func TestCutterLongLineMemory(t *testing.T) {
	const length = 100 << 20
	long := io.LimitReader(repeat(strings.Repeat("x", 1<<16)), length)
	r := io.MultiReader(long, strings.NewReader("\nnext\n"))
	c := NewCutter(&Stream{Reader: bufio.NewReaderSize(r, readBuffer)}, 1<<20)
	b := &Block{}
	c.Fill(b)
	if len(b.Lines) != 2 || string(b.Raw(1)) != "next" {
		t.Fatalf("lines = %+v, want a rejected one and %q", b.Lines, "next")
	}
	if cap(b.Text) > 4<<20 {
		t.Errorf("a line of %d bytes took a buffer of %d", length, cap(b.Text))
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
func TestCutterLive(t *testing.T) {
	pr, pw := io.Pipe()
	defer pw.Close()
	go pw.Write([]byte("first line\nsecond line\nthi"))
	c := NewCutter(&Stream{Reader: bufio.NewReader(pr), Live: true}, 100)
	b := &Block{}
	c.Fill(b)
	if want := []byte("first line\nsecond line\n"); !bytes.Equal(b.Text, want) {
		t.Errorf("Fill() gave %q, want %q", b.Text, want)
	}
}

// TestBlockIsOverwritten: what keeps a piece of a block that was given back sees
// it change. It needs the race detector or -tags poison.
func TestBlockIsOverwritten(t *testing.T) {
	if !poison {
		t.Skip("neither the race detector nor -tags poison")
	}
	b := &Block{Text: []byte("a line\n")}
	piece := b.Shared()[2:6]
	if b.Reset(); piece != "~~~~" {
		t.Errorf("a piece of a block that was given back reads %q, want it overwritten", piece)
	}
}
