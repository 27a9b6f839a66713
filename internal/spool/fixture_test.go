package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"ttpctl/internal/lines"
	"ttpctl/internal/rounds"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("SPOOL_TEST_DIR"); dir != "" {
		appendForEver(dir)
	}
	rounds.InMemory()
	goleak.VerifyTestMain(m)
}

func openLog(t testing.TB, dir string, opt Options) *Log {
	t.Helper()
	l, err := Open(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// add appends lines, and returns the cursor behind them.
func add(t testing.TB, l *Log, texts ...string) lines.Cursor {
	t.Helper()
	end, err := l.Append(t.Context(), entry(texts...))
	if err != nil {
		t.Fatal(err)
	}
	return end
}

func entry(texts ...string) Entry {
	var e Entry
	for _, text := range texts {
		e.Lines = append(e.Lines, Line{Text: []byte(text)})
	}
	return e
}

// numbered returns n lines that begin with prefix.
func numbered(prefix string, n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%s-%d", prefix, i))
	}
	return all
}

// rest ends l and returns what a source of it gives behind from.
func rest(t testing.TB, l *Log, from lines.Cursor) (all []string) {
	t.Helper()
	l.End()
	eachBlock(t, l, from, "", func(b *lines.Block) {
		for i := range b.Lines {
			all = append(all, string(b.Raw(i))+b.Lines[i].Bad)
		}
	})
	return all
}

// eachBlock reads l, which has ended, to its end.
func eachBlock(t testing.TB, l *Log, from, judged lines.Cursor, yield func(*lines.Block)) {
	t.Helper()
	src, err := l.Source(&lines.Input{From: from, Judged: judged}, lines.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for b := (&lines.Block{}); ; b.Reset() {
		err := src.Next(t.Context(), b)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		yield(b)
	}
}

// segmentFiles returns the segments in dir, the oldest first.
func segmentFiles(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func sizeOf(t testing.TB, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
