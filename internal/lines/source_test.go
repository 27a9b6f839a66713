package lines

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sourceLines are the lines of every source in the tests of this file: enough
// for several blocks, some of them damaged.
func sourceLines() (lines []string) {
	for i := range 3*BlockLines + 7 {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d %s", i, strings.Repeat("x", i%200))))
	}
	lines[5], lines[BlockLines] = "", strings.Repeat("y", 2000)
	return lines
}

// A kindOfSource is one implementation, for the contract that all keep.
type kindOfSource struct {
	name    string
	replays bool // it can be read again from a cursor
	input   func(t *testing.T, text string) Input
}

func kindsOfSource() []kindOfSource {
	file := func(pack func(*testing.T, string) []byte) func(*testing.T, string) Input {
		return func(t *testing.T, text string) Input { return Input{Name: writeFile(t, "log", pack(t, text))} }
	}
	return []kindOfSource{
		{"file", true, file(func(_ *testing.T, s string) []byte { return []byte(s) })},
		{"gzip", true, file(gzipped)},
		{"copytruncated", true, file(func(_ *testing.T, s string) []byte { return append(make([]byte, 100_000), s...) })},
		{"archive member", true, func(t *testing.T, text string) Input {
			in := Input{Name: writeFile(t, "logs.tar", tarred(t, "other", "x\n", "log", text))}
			members, err := in.Members(t.Context(), func(Input, *Stream) {})
			if err != nil {
				t.Fatal(err)
			}
			return members[1]
		}},
		{"stream", false, func(_ *testing.T, text string) Input { return Input{Name: "stdin", Reader: strings.NewReader(text)} }},
		{"stream of gzip", false, func(t *testing.T, text string) Input {
			return Input{Name: "stdin", Reader: bytes.NewReader(gzipped(t, text))}
		}},
	}
}

// drain returns the lines that src gives, those that could not be read as
// their reason, with the cursor behind each block and the number of lines up to it.
func drain(t *testing.T, ctx context.Context, src Source) (all []string, cursors []Cursor, upTo []int, end error) {
	t.Helper()
	for b := (&Block{}); ; b.Reset() {
		if end = src.Next(ctx, b); end != nil {
			if len(b.Lines) > 0 {
				t.Errorf("Next() = %v with %d lines, want none", end, len(b.Lines))
			}
			return all, cursors, upTo, end
		}
		if len(b.Lines) == 0 {
			t.Fatal("Next() gave no line and no error")
		}
		for i := range b.Lines {
			all = append(all, string(b.Raw(i))+b.Lines[i].Bad)
		}
		cursors, upTo = append(cursors, b.Cursor), append(upTo, len(all))
		if err := src.Ack(ctx, b.Cursor); err != nil {
			t.Errorf("Ack(%q) = %v", b.Cursor, err)
		}
	}
}

func openSource(t *testing.T, ctx context.Context, in Input) Source {
	t.Helper()
	src, err := in.Source(ctx, SourceOptions{MaxLine: 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// TestSources is the contract of Source, over all implementations.
func TestSources(t *testing.T) {
	lines := sourceLines()
	want := append([]string(nil), lines...)
	want[BlockLines] = "line longer than 1000 bytes"
	text := strings.Join(lines, "\r\n")
	for _, kind := range kindsOfSource() {
		t.Run(kind.name, func(t *testing.T) {
			src := openSource(t, t.Context(), kind.input(t, text))
			got, cursors, upTo, end := drain(t, t.Context(), src)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("lines (-want +got):\n%.1000s", diff)
			}
			if end != io.EOF || src.Next(t.Context(), &Block{}) != io.EOF {
				t.Errorf("the end is %v, want io.EOF, each time", end)
			}
			if err := src.Ack(t.Context(), "1:0123456789abcdef:7"); !errors.Is(err, ErrOtherInput) {
				t.Errorf("Ack of another input's cursor = %v, want %v", err, ErrOtherInput)
			}
			in := kind.input(t, text)
			for i, c := range cursors {
				in.From = c
				again, err := in.Source(t.Context(), SourceOptions{MaxLine: 1000})
				if !kind.replays {
					if err == nil {
						t.Errorf("a stream is read again from %q, want an error", c)
					}
					break
				}
				if err != nil {
					t.Fatalf("Source(from %q) = %v", c, err)
				}
				rest, _, _, _ := drain(t, t.Context(), again)
				again.Close()
				if diff := cmp.Diff(want[upTo[i]:], rest, cmp.Transformer("", func(s []string) string { return strings.Join(s, "\n") })); diff != "" {
					t.Errorf("lines from %q differ (-want +got):\n%.1000s", c, diff)
				}
			}
		})
	}
}

// After its context has ended a source gives no more than it has taken.
func TestSourcesStop(t *testing.T) {
	for _, kind := range kindsOfSource() {
		t.Run(kind.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			src := openSource(t, ctx, kind.input(t, strings.Repeat("a line\n", 100_000)))
			if err := src.Next(ctx, &Block{}); err != nil {
				t.Fatal(err)
			}
			cancel()
			all, _, _, end := drain(t, ctx, src)
			if end != ErrStopped && end != io.EOF || kind.replays && (end != ErrStopped || len(all) > 0) {
				t.Errorf("%d lines and %v after the end of the context", len(all), end)
			}
		})
	}
}

// A cursor is found again after a rotation, under another name and compressed,
// and not in a file that begins otherwise or is shorter.
func TestLocate(t *testing.T) {
	old := "first\nsecond\nthird\n"
	dir := t.TempDir()
	write := func(name string, data []byte) Input {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return Input{Name: path}
	}
	before := write("log", []byte(old[:len("first\nsecond\n")]))
	_, cursors, _, _ := drain(t, t.Context(), openSource(t, t.Context(), before))
	c := cursors[len(cursors)-1]
	inputs := []Input{write("log", []byte("new\n")), write("log.1", []byte("first\n")), write("log.2.gz", gzipped(t, old))}
	in, err := Locate(t.Context(), inputs, c)
	if err != nil || in.Name != inputs[2].Name {
		t.Fatalf("Locate() = %q, %v, want %q", in.Name, err, inputs[2].Name)
	}
	rest, _, _, _ := drain(t, t.Context(), openSource(t, t.Context(), in))
	if diff := cmp.Diff([]string{"third"}, rest); diff != "" {
		t.Errorf("lines behind the cursor (-want +got):\n%s", diff)
	}
	_, err = Locate(t.Context(), inputs[:2], c)
	for _, want := range []string{"none of 2 files", "its first line differs", "shorter than what was read"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Locate() among others = %v, want %q", err, want)
		}
	}
	for _, bad := range []Cursor{"x", "9:a:1", "1:a:-1", "1:a:b"} {
		before.From = bad
		if _, err := before.Source(t.Context(), SourceOptions{}); err == nil {
			t.Errorf("a source opens at %q, want an error", bad)
		}
	}
}
