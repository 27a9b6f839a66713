package spool

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"ttpctl/internal/lines"
)

// TestCopy: a stream comes out as it went in, with the lines that could not be
// read as bad ones, and the log ends with it.
func TestCopy(t *testing.T) {
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, "line %d %s\n", i, strings.Repeat("x", i%400))
	}
	text.WriteString(strings.Repeat("y", 3000) + "\nlast")
	in := lines.Input{Name: "stdin", Reader: strings.NewReader(text.String())}
	l, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Copy(t.Context(), in, lines.SourceOptions{MaxLine: 2000}); err != nil {
		t.Fatal(err)
	}
	out, err := l.Source(&lines.Input{}, lines.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var got strings.Builder
	bad := 0
	for b := (&lines.Block{}); out.Next(t.Context(), b) == nil; b.Reset() {
		for i := range b.Lines {
			if b.Lines[i].Bad != "" {
				bad++
			}
			got.WriteString(string(b.Raw(i)) + "\n")
		}
	}
	if want := strings.Replace(text.String(), strings.Repeat("y", 3000), "", 1) + "\n"; got.String() != want || bad != 1 {
		t.Errorf("%d bytes with %d bad lines came out, want %d with 1", got.Len(), bad, len(want))
	}
	if _, err := l.Append(t.Context(), Entry{}); !errors.Is(err, ErrEnded) {
		t.Errorf("Append() behind the end of the stream = %v, want %v", err, ErrEnded)
	}
}

// TestCopyFails: a log that takes no more ends the copy, also of a stream
// without an end.
func TestCopyFails(t *testing.T) {
	in := lines.Input{Name: "stdin", Reader: endless{}}
	l, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.End()
	if err := l.Copy(t.Context(), in, lines.SourceOptions{}); !errors.Is(err, ErrEnded) {
		t.Errorf("Copy() = %v, want %v", err, ErrEnded)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return copy(b, "a line\n"), nil }
