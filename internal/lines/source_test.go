package lines

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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
		{"followed log", true, func(t *testing.T, text string) Input {
			return Input{Name: writeFile(t, "log", []byte(text)), Follow: &Follow{Once: true}}
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
			if err := src.Ack(t.Context(), "1:0123456789abcdef:7"); !errors.Is(err, ErrOtherInput) && kind.name != "followed log" {
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
// TestJudged: a source that was judged up to a place ends a block there,
// wherever reading begins, and says so of the blocks before it and of no other.
func TestJudged(t *testing.T) {
	for _, kind := range kindsOfSource() {
		if !kind.replays || kind.name == "followed log" { // see TestFollowJudged
			continue
		}
		in := kind.input(t, strings.Join(sourceLines(), "\n"))
		_, cursors, upTo, _ := drain(t, t.Context(), openSource(t, t.Context(), in))
		cursors = append([]Cursor{"", behind(t, in, upTo[0]+40)}, cursors...)
		for i, judged := range cursors {
			for k, from := range cursors {
				in.From, in.Judged = from, judged
				want := judged
				if offsetOf(t, from) >= offsetOf(t, judged) {
					want = ""
				}
				if got := lastJudged(t, in); got != want {
					t.Errorf("%s: judged up to %d, read from %d: judged blocks end at %q, want %q", kind.name, i, k, got, want)
				}
			}
		}
	}
}

// lastJudged returns the cursor behind the blocks of in that are judged, which
// come first.
func lastJudged(t *testing.T, in Input) (last Cursor) {
	src, over := openSource(t, t.Context(), in), false
	for b := (&Block{}); src.Next(t.Context(), b) == nil; b.Reset() {
		if b.Judged && over {
			t.Errorf("the block up to %s is judged, behind one that is not", b.Cursor)
		}
		if over = !b.Judged; b.Judged {
			last = b.Cursor
		}
	}
	return last
}

// behind returns the cursor behind n lines of in.
func behind(t *testing.T, in Input, n int) Cursor {
	src := openSource(t, t.Context(), in).(*fileSource)
	src.cutter.skipMark()
	for b := (&Block{}); n > 0; n-- {
		src.cutter.numbered(b)
	}
	return src.cursor()
}

func offsetOf(t *testing.T, c Cursor) int64 {
	p, err := parseCursor(c)
	if err != nil {
		t.Fatal(err)
	}
	return p.offset
}

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

func TestBadCursors(t *testing.T) {
	in := Input{Name: writeFile(t, "log", []byte("first\nsecond\n"))}
	for _, bad := range []Cursor{"x", "9:a:1", "1:a:-1", "1:a:b", "2:a:1", "2:a:1:x::0", "2:a:1:-1::0", "2:a:1:1::x"} {
		for _, follow := range []*Follow{nil, {}} {
			if _, err := (Input{Name: in.Name, From: bad, Follow: follow}).Source(t.Context(), SourceOptions{}); err == nil {
				t.Errorf("a source opens at %q, want an error", bad)
			}
			if _, err := (Input{Name: in.Name, Judged: bad, Follow: follow}).Source(t.Context(), SourceOptions{}); err == nil {
				t.Errorf("a source opens up to %q, want an error", bad)
			}
		}
	}
}
