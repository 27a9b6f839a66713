package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/lines"
)

func TestRoundTrip(t *testing.T) {
	l := openLog(t, t.TempDir(), Options{MaxBytes: 4 << 20})
	giant := strings.Repeat("g", 3*lines.BlockBytes)
	want := append(numbered("a", 3000), "", "with\nending\r", giant, "\x00\xff", "too long")
	e := entry(want...)
	e.Lines[len(want)-1] = Line{Bad: "too long"}
	if _, err := l.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	add(t, l)
	for _, text := range numbered("b", 2000) {
		add(t, l, text)
	}
	want = append(want, numbered("b", 2000)...)
	if diff := cmp.Diff(want, rest(t, l, "")); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	number, offset := 1, int64(0)
	eachBlock(t, l, "", "", func(b *lines.Block) {
		if b.First != number || b.Origin != lines.HashLine([]byte("a-0")) {
			t.Errorf("block begins with line %d of %s, want %d", b.First, b.Origin, number)
		}
		if len(b.Text) > 5*lines.BlockBytes || len(b.Lines) > 2*lines.BlockLines {
			t.Errorf("block of %d bytes and %d lines", len(b.Text), len(b.Lines))
		}
		for i, line := range b.Lines {
			if line.Offset != offset {
				t.Fatalf("line %d is at %d, want %d", number+i, line.Offset, offset)
			}
			offset += int64(len(b.Raw(i))) + 1
		}
		number += len(b.Lines)
	})
}

// Reading goes on from every cursor, in this process and the next, and a block
// ends where an earlier run stopped judging.
func TestCursors(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, dir, Options{MaxBytes: 1 << 20})
	var all []string
	cursors, at := []lines.Cursor{""}, []int{0}
	for i := range 300 {
		texts := numbered(fmt.Sprint(i, strings.Repeat("-", 400)), i%7)
		all = append(all, texts...)
		end := add(t, l, texts...)
		if i%50 == 0 {
			cursors, at = append(cursors, end), append(at, len(all))
		}
	}
	if n := len(segmentFiles(t, dir)); n < 3 {
		t.Fatalf("%d segments, want some", n)
	}
	l.Close()
	l = openLog(t, dir, Options{})
	l.End()
	for i, from := range cursors {
		if diff := cmp.Diff(all[at[i]:], rest(t, l, from)); diff != "" {
			t.Errorf("from cursor %d (-want +got):\n%s", i, diff)
		}
		for k, judged := range cursors {
			read, told := at[i], at[i]
			eachBlock(t, l, from, judged, func(b *lines.Block) {
				read += len(b.Lines)
				if b.Judged {
					told = read
				}
			})
			if want := max(at[i], at[k]); told != want {
				t.Errorf("from %d judged up to %d: told so of lines up to %d, want %d", at[i], at[k], told, want)
			}
		}
	}
}

func TestCovers(t *testing.T) {
	l := openLog(t, t.TempDir(), Options{})
	a, b := add(t, l, "a"), add(t, l, "b")
	other := add(t, openLog(t, t.TempDir(), Options{}), "a")
	for _, tt := range []struct {
		c, end lines.Cursor
		want   bool
	}{{a, a, true}, {b, a, true}, {a, b, false}, {"", a, false}, {a, "", true}, {other, a, false}, {"x", a, false}} {
		if got := Covers(tt.c, tt.end); got != tt.want {
			t.Errorf("Covers(%q, %q) = %v, want %v", tt.c, tt.end, got, tt.want)
		}
	}
}

func TestFull(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, dir, Options{MaxBytes: 200 << 10})
	text := strings.Repeat("x", 10<<10)
	var end lines.Cursor
	n := 0
	for ; ; n++ {
		c, err := l.Append(t.Context(), entry(text))
		if errors.Is(err, ErrFull) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		end = c
	}
	if n < 18 || n > 20 {
		t.Errorf("%d entries of 10 KiB fit into 200 KiB", n)
	}
	waiting, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	e := entry(text)
	e.Wait = true
	if _, err := l.Append(waiting, e); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for room: %v, want the end of the context", err)
	}
	done := make(chan error)
	go func() { _, err := l.Append(t.Context(), e); done <- err }()
	if err := l.Ack(end); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("after all was acknowledged: %v", err)
	}
	if n := len(segmentFiles(t, dir)); n > 2 {
		t.Errorf("%d segments after all was acknowledged", n)
	}
	if diff := cmp.Diff([]string{text}, rest(t, l, end)); diff != "" {
		t.Errorf("behind what was acknowledged (-want +got):\n%s", diff)
	}
}

// An entry larger than the log is taken when nothing else is there.
func TestLargeEntry(t *testing.T) {
	l := openLog(t, t.TempDir(), Options{MaxBytes: 100})
	end := add(t, l, strings.Repeat("x", 1000))
	if _, err := l.Append(t.Context(), entry("y")); !errors.Is(err, ErrFull) {
		t.Errorf("behind it: %v, want ErrFull", err)
	}
	if err := l.Ack(end); err != nil {
		t.Fatal(err)
	}
	add(t, l, strings.Repeat("z", 1000))
}

func TestDepth(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, dir, Options{})
	check := func(what string, wantLines int64) {
		t.Helper()
		if b, n := l.Depth(); n != wantLines || b < 2*n || n == 0 && b != 0 {
			t.Errorf("%s: %d bytes, %d lines, want %d lines", what, b, n, wantLines)
		}
	}
	check("empty", 0)
	end := add(t, l, "a", "b")
	check("two lines", 2)
	add(t, l, "c")
	if err := l.Ack(end); err != nil {
		t.Fatal(err)
	}
	check("two acknowledged", 1)
	l.Close()
	l = openLog(t, dir, Options{})
	check("opened again", 3)
	if err := l.Ack(add(t, l, "d")); err != nil {
		t.Fatal(err)
	}
	check("all acknowledged", 0)
}

// What entries say besides is told again until their segment goes, and then
// only after Leaving agreed.
func TestMeta(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, dir, Options{})
	var ends []lines.Cursor
	for i := range 3 {
		end, err := l.Append(t.Context(), Entry{Lines: entry(numbered("x", 2000)...).Lines, Meta: fmt.Append(nil, "m", i)})
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
		l.Close()
		l = openLog(t, dir, Options{})
	}
	l.Close()
	var told []string
	var at []lines.Cursor
	refused := errors.New("not now")
	var leave error = refused
	l = openLog(t, dir, Options{
		Seen:    func(meta []byte, end lines.Cursor) { told, at = append(told, string(meta)), append(at, end) },
		Leaving: func() error { return leave },
	})
	if diff := cmp.Diff([]string{"m0", "m1", "m2"}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(ends, at); diff != "" {
		t.Errorf("cursors (-want +got):\n%s", diff)
	}
	if err := l.Ack(ends[2]); !errors.Is(err, refused) || len(segmentFiles(t, dir)) != 3 {
		t.Errorf("Ack = %v with %d segments left, want the error of Leaving and 3", err, len(segmentFiles(t, dir)))
	}
	leave = nil
	if err := l.Ack(ends[2]); err != nil || len(segmentFiles(t, dir)) != 1 {
		t.Errorf("Ack = %v with %d segments left, want 1", err, len(segmentFiles(t, dir)))
	}
}

func TestOwner(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := openLog(t, dir, Options{})
	_, err := Open(dir, Options{within: 50 * time.Millisecond})
	if want := fmt.Sprintf("another process holds it: pid %d, since 2", os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a second Open = %v, want %q", err, want)
	}
	l.Close()
	openLog(t, dir, Options{})
}

func TestStops(t *testing.T) {
	l := openLog(t, t.TempDir(), Options{})
	src, err := l.Source(&lines.Input{}, lines.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if !lines.Live(src) {
		t.Error("a log is not live")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	var b lines.Block
	go func() { done <- src.Next(ctx, &b) }()
	add(t, l, "a")
	if err := <-done; err != nil || string(b.Raw(0)) != "a" {
		t.Errorf("Next = %v, %q", err, b.Text)
	}
	b.Reset()
	go func() { done <- src.Next(ctx, &b) }()
	cancel()
	if err := <-done; !errors.Is(err, lines.ErrStopped) {
		t.Errorf("Next after the end of its context = %v, want ErrStopped", err)
	}
	l.End()
	if _, err := l.Append(t.Context(), entry("b")); !errors.Is(err, ErrEnded) {
		t.Errorf("Append after End = %v, want ErrEnded", err)
	}
}

// A cursor of another log, or of one that lost its end, is not taken.
func TestOtherLog(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, dir, Options{})
	add(t, l, "a")
	size := sizeOf(t, segmentFiles(t, dir)[0])
	end := add(t, l, "b")
	if _, err := openLog(t, t.TempDir(), Options{}).Source(&lines.Input{From: end}, lines.SourceOptions{}); !errors.Is(err, ErrOtherLog) {
		t.Errorf("the cursor of another log: %v, want ErrOtherLog", err)
	}
	l.Close()
	if err := os.Truncate(segmentFiles(t, dir)[0], size); err != nil {
		t.Fatal(err)
	}
	if _, err := openLog(t, dir, Options{}).Source(&lines.Input{From: end}, lines.SourceOptions{}); !errors.Is(err, ErrOtherLog) {
		t.Errorf("a cursor behind the end: %v, want ErrOtherLog", err)
	}
	for _, c := range []lines.Cursor{"1:abc:3", "s2:a:1:1:1:1", "s1:a:1:1:1:-1"} {
		if _, err := l.Source(&lines.Input{From: c}, lines.SourceOptions{}); err == nil {
			t.Errorf("cursor %q was taken", c)
		}
	}
}

// Damage in a segment that was complete is told, with what to do, and who does
// it goes on with the next one.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, dir, Options{})
	from := add(t, l, "a")
	add(t, l, "b")
	l.Close()
	l = openLog(t, dir, Options{})
	add(t, l, "c")
	l.Close()
	path := segmentFiles(t, dir)[0]
	if err := os.Truncate(path, sizeOf(t, path)-1); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
		t.Errorf("Open = %v, want ErrDamaged and the file", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"c"}, rest(t, openLog(t, dir, Options{}), from)); diff != "" {
		t.Errorf("with the file away (-want +got):\n%s", diff)
	}
}

// What several append at once keeps the order of each, and shares syncs.
func TestConcurrent(t *testing.T) {
	l := openLog(t, t.TempDir(), Options{MaxBytes: 1 << 20})
	syncs := &counted{}
	l.create = func(path string) (file, error) {
		f, err := createFile(path)
		return &countedFile{f, syncs}, err
	}
	const clients, each = 16, 50
	var running sync.WaitGroup
	for c := range clients {
		running.Go(func() {
			for i := range each {
				if _, err := l.Append(t.Context(), entry(fmt.Sprintf("%d %d", c, i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	next := map[string]int{}
	for _, line := range rest(t, l, "") {
		var c string
		var i int
		if _, err := fmt.Sscan(line, &c, &i); err != nil || next[c] != i {
			t.Fatalf("line %q of client %s, want its number %d", line, c, next[c])
		}
		next[c]++
	}
	if len(next) != clients || next["0"] != each {
		t.Errorf("%d clients, %d lines of the first", len(next), next["0"])
	}
	if syncs.n >= clients*each {
		t.Errorf("%d syncs for %d entries, want them shared", syncs.n, clients*each)
	}
}

type counted struct{ n int }

type countedFile struct {
	file
	syncs *counted
}

// Sync takes as long as that of a fast disk: syncs that take no time are not shared.
func (f *countedFile) Sync() error {
	time.Sleep(time.Millisecond)
	f.syncs.n++ // one leader at a time
	return f.file.Sync()
}
