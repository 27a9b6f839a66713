package spool

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"ttpctl/internal/lines"
)

// FuzzSegment opens whatever stands in a segment: it reads without a panic, what
// it gives lies in its block, and what comes behind it is read.
func FuzzSegment(f *testing.F) {
	head, err := (&header{id: "0011223344556677", origin: "8899aabbccddeeff", line: 1}).append(nil)
	if err != nil {
		f.Fatal(err)
	}
	e := entry("one", "two")
	f.Add(head, appendEntry(nil, &e))
	f.Add(head, []byte{9, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte("ttpspl1\n"), []byte{})
	f.Fuzz(func(t *testing.T, head, records []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "000000000001.seg"), append(head, records...), 0o600); err != nil {
			t.Fatal(err)
		}
		l := openLog(t, dir, Options{})
		add(t, l, "behind")
		l.End()
		src, err := l.Source(&lines.Input{}, lines.SourceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		last := ""
		for b := (&lines.Block{}); ; b.Reset() {
			err := src.Next(t.Context(), b)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.Lines {
				last = string(b.Raw(i))
			}
		}
		if last != "behind" {
			t.Errorf("the last line is %q, want the one that was appended", last)
		}
	})
}
