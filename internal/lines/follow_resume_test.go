package lines

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// readOnce returns the lines behind from, the cursors behind each block, and
// the last of those that were judged before.
func (d logDir) readOnce(from, judged Cursor) (all []string, cursors []Cursor, lastJudged Cursor) {
	d.t.Helper()
	opt := &Follow{Once: true, Rotations: true, Grace: 5 * time.Millisecond, Notify: func(n Notice) { d.t.Errorf("notice %q", n.Text) }}
	src, err := Input{Name: d.path("log"), From: from, Judged: judged, Follow: opt}.Source(d.t.Context(), SourceOptions{MaxLine: 1000})
	d.check(err)
	defer src.Close()
	over := false
	for b := (&Block{}); ; b.Reset() {
		if err := src.Next(d.t.Context(), b); err == io.EOF {
			return all, cursors, lastJudged
		} else if err != nil {
			d.t.Fatal(err)
		}
		for i := range b.Lines {
			all = append(all, string(b.Raw(i)))
		}
		cursors = append(cursors, b.Cursor)
		if b.Judged && over {
			d.t.Errorf("the block up to %s is judged, behind one that is not", b.Cursor)
		}
		if over = !b.Judged; b.Judged {
			lastJudged = b.Cursor
		}
	}
}

// TestFollowJudged: the block that ends where an earlier run had judged up to
// has its very cursor, whatever files rotation has made of the log since.
func TestFollowJudged(t *testing.T) {
	t.Parallel()
	d := newLogDir(t)
	text := func(file int) string {
		var s strings.Builder
		for i := range 3000 {
			fmt.Fprintf(&s, "%d.%d %s\n", file, i, strings.Repeat("x", i%100))
		}
		return s.String()
	}
	d.write("log.2", text(1))
	d.write("log.1", text(2)+"no line end")
	d.write("log", text(3))
	all, cursors, _ := d.readOnce("", "")
	if len(all) != 9001 {
		t.Fatalf("%d lines, want 9001", len(all))
	}
	d.compress("log.2")
	d.rename("log.2.gz", "log.3.gz")
	d.rename("log.1", "log.2")
	d.copy("log", "log.1")
	d.truncate("log")
	d.write("log", text(4))
	for i := 0; i < len(cursors); i += 3 {
		for k := i + 1; k < len(cursors); k += 2 {
			_, _, judged := d.readOnce(cursors[i], cursors[k])
			if judged != cursors[k] {
				t.Errorf("read from %s: judged blocks end at %q, want %q", cursors[i], judged, cursors[k])
			}
		}
	}
	if _, _, judged := d.readOnce(cursors[3], cursors[3]); judged != "" {
		t.Errorf("judged blocks up to %s, want none", judged)
	}
}

// TestFollowJudgedHalfLine: what was the last line when the log was read once is
// one line for who reads it again, though more was written to it.
func TestFollowJudgedHalfLine(t *testing.T) {
	t.Parallel()
	d := newLogDir(t)
	d.write("log", "one\ntwo\nthr")
	_, cursors, _ := d.readOnce("", "")
	d.write("log", "ee\nfour\n")
	all, _, judged := d.readOnce("", cursors[len(cursors)-1])
	if diff := cmp.Diff([]string{"one", "two", "thr", "ee", "four"}, all); diff != "" || judged != cursors[len(cursors)-1] {
		t.Errorf("judged up to %s; lines (-want +got):\n%s", judged, diff)
	}
}

// TestFollowJudgedLost: lines of which it cannot be known whether they were
// judged are not called so, and that is said.
func TestFollowJudgedLost(t *testing.T) {
	t.Parallel()
	d := newLogDir(t)
	d.write("log", "a\nb\n")
	_, cursors, _ := d.readOnce("", "")
	d.remove("log")
	d.write("log", "c\n")
	tail := d.followInput(Input{Name: d.path("log"), Judged: cursors[0], Follow: &Follow{}})
	tail.want("c")
	if len(tail.lost()) != 1 {
		t.Errorf("notices %q, want one", tail.lost())
	}
}

// TestFollowVersion1: cursors that sources of files gave are read.
func TestFollowVersion1(t *testing.T) {
	t.Parallel()
	d := newLogDir(t)
	d.write("log", "a\nb\n")
	_, cursors, _, _ := drain(t, t.Context(), openSource(t, t.Context(), Input{Name: d.path("log")}))
	d.write("log", "c\n")
	d.rename("log", "log.1")
	d.write("log", "d\n")
	all, _, _ := d.readOnce(cursors[0], "")
	if diff := cmp.Diff([]string{"c", "d"}, all); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if b := d.first(cursors[0]); b.First != 3 {
		t.Errorf("the line behind two is number %d, want 3", b.First)
	}
}

// first returns the first block behind from.
func (d logDir) first(from Cursor) *Block {
	d.t.Helper()
	src, err := Input{Name: d.path("log"), From: from, Follow: &Follow{}}.Source(d.t.Context(), SourceOptions{})
	d.check(err)
	defer src.Close()
	b := &Block{}
	d.check(src.Next(d.t.Context(), b))
	return b
}

// TestFollowLineNumbers: each file numbers its lines, also for who comes back.
func TestFollowLineNumbers(t *testing.T) {
	t.Parallel()
	d := newLogDir(t)
	d.write("log.1", "a\nb\n")
	d.write("log", "c\nd\n")
	_, cursors, _ := d.readOnce("", "")
	d.write("log", "e\n")
	if b := d.first(cursors[len(cursors)-1]); b.First != 3 || b.File != d.path("log") {
		t.Errorf("line %d of %s, want line 3 of the log", b.First, b.File)
	}
}

// TestFollowBegins: without a cursor the log begins with the file that is
// written, or with its rotations, as asked; rotations that come before anything
// was read are part of it.
func TestFollowBegins(t *testing.T) {
	t.Parallel()
	for _, rotations := range []bool{false, true} {
		d := newLogDir(t)
		d.write("log.1", "old\n")
		d.touch("log.1", 1)
		tail := d.follow(&Follow{Rotations: rotations}, "")
		if rotations {
			tail.want("old")
		}
		tail.nothing()
		d.write("log.0", "a\n")
		d.rename("log.1", "log.2")
		d.rename("log.0", "log.1")
		d.write("log", "b\n")
		tail.want("a", "b")
	}
}

// TestFollowBeginCursor: where a source began can be kept before it gives a
// line, and what is rotated away until then is not lost.
func TestFollowBeginCursor(t *testing.T) {
	t.Parallel()
	for _, there := range []bool{false, true} {
		d := newLogDir(t)
		d.write("log.2", "old\n")
		d.touch("log.2", 1)
		if there {
			d.write("log", "a\n")
		}
		src, err := Input{Name: d.path("log"), Follow: &Follow{Once: true}}.Source(t.Context(), SourceOptions{})
		d.check(err)
		begin := Begin(src)
		src.Close()
		if !there {
			d.write("log", "a\n")
		}
		d.rename("log", "log.1")
		d.write("log", "b\n")
		all, _, _ := d.readOnce(begin, "")
		if diff := cmp.Diff([]string{"a", "b"}, all); diff != "" {
			t.Errorf("lines behind %q (-want +got):\n%s", begin, diff)
		}
	}
}

// TestFollowDirectory: a log of which even the directory is not there, vanishes
// and comes back.
func TestFollowDirectory(t *testing.T) {
	t.Parallel()
	d := newLogDir(t)
	in := Input{Name: d.path("sub/log"), Follow: &Follow{Poll: 10 * time.Millisecond}}
	tail := d.followInput(in)
	tail.nothing()
	d.check(os.Mkdir(d.path("sub"), 0o700))
	d.write("sub/log", "a\n")
	tail.want("a")
	d.rename("sub", "away")
	d.write("away/log", "b\n")
	tail.want("b")
	d.rename("away", "sub")
	d.write("sub/log", "c\n")
	tail.want("c")
	tail.stop()
	d.rename("sub", "away")
	in.From = tail.last()
	tail = d.followInput(in)
	tail.nothing()
	d.write("away/log", "d\n")
	d.rename("away", "sub")
	tail.want("d")
	if lost := tail.lost(); len(lost) > 0 {
		t.Errorf("notices of loss %q, want none", lost)
	}
}

// TestFollowLink: a link leads to the file that is written; the rotations lie
// beside that.
func TestFollowLink(t *testing.T) {
	t.Parallel()
	for _, date := range []bool{false, true} {
		d := newLogDir(t)
		first, rotated, next := "pods/0.log", "pods/0.log.20261130-100000", "pods/0.log"
		if date {
			first, rotated, next = "pods/web.20261129", "pods/web.20261129", "pods/web.20261130"
		}
		d.check(os.Mkdir(d.path("pods"), 0o700))
		d.write(first, "a\n")
		d.check(os.Symlink(d.path(first), d.path("log")))
		tail := d.follow(&Follow{}, "")
		tail.want("a")
		tail.stop()
		d.write(first, "b\n")
		if first != rotated {
			d.rename(first, rotated)
		}
		d.write(next, "c\n")
		d.remove("log")
		d.check(os.Symlink(d.path(next), d.path("log")))
		tail = d.follow(&Follow{}, tail.last())
		tail.want("b", "c")
		d.write(next, "d\n")
		tail.want("d")
	}
}

// TestFollowDamaged: compressed data that is cut off for good is said to be lost,
// and the log goes on behind it.
func TestFollowDamaged(t *testing.T) {
	t.Parallel()
	d := newLogDir(t)
	text := strings.Repeat("a\n", 50_000)
	packed := gzipped(t, text+strings.Repeat(text, 3))
	d.write("log.1.gz", string(packed[:len(packed)/2]))
	d.write("log", "end\n")
	tail := d.follow(&Follow{Rotations: true, Poll: 10 * time.Millisecond}, "")
	late := time.After(patience)
	for l := ""; l != "end"; {
		select {
		case l = <-tail.lines:
		case <-late:
			t.Fatal("the log behind the damaged file did not come")
		}
	}
	if lost := tail.lost(); len(lost) != 1 || !strings.Contains(lost[0], "the rest of this file is lost") {
		t.Errorf("notices of loss %q, want one", lost)
	}
}

// TestFollowOldFile: a file that was rotated away is read on while there is
// nothing in the new one, and then as long as it is not quiet.
func TestFollowOldFile(t *testing.T) {
	t.Parallel()
	d := newLogDir(t)
	d.write("log", "a\n")
	tail := d.follow(&Follow{Grace: time.Second}, "")
	tail.want("a")
	d.rename("log", "log.1")
	d.write("log", "")
	tail.nothing()
	d.write("log.1", "b\n")
	tail.want("b")
	d.write("log", "d\n")
	tail.nothing()
	d.write("log.1", "c\n")
	tail.want("c", "d")
	tail = d.follow(&Follow{Grace: time.Millisecond}, tail.last())
	d.rename("log", "log.0")
	d.write("log", "")
	tail.nothing()
	d.write("log.0", "e\n")
	tail.want("e")
}

// TestFollowPartialCopy: a copy that was not finished, wherever it ends, is no
// rotation of its own.
func TestFollowPartialCopy(t *testing.T) {
	t.Parallel()
	const text = "first\nsecond\nthird\n"
	for n := range len(text) + 1 {
		d := newLogDir(t)
		d.write("log.1", text[:n])
		d.write("log", text+"end\n")
		all, _, _ := d.readOnce("", "")
		if diff := cmp.Diff([]string{"first", "second", "third", "end"}, all); diff != "" {
			t.Errorf("a copy of %d bytes: lines (-want +got):\n%s", n, diff)
		}
	}
}

// TestFollowWaits: a source waits for others only once it has given all there
// is, rotations included.
func TestFollowWaits(t *testing.T) {
	t.Parallel()
	d := newLogDir(t)
	d.write("log.1", strings.Repeat("a\n", 2*BlockLines))
	d.write("log", strings.Repeat("b\n", 2*BlockLines))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	given, waits := 0, 0
	src, err := Input{Name: d.path("log"), Follow: &Follow{Rotations: true, Grace: time.Millisecond}}.Source(ctx, SourceOptions{OnWait: func(waiting bool) {
		if waits++; waiting && given != 4*BlockLines {
			t.Errorf("the source waits behind %d lines, want %d", given, 4*BlockLines)
		}
		cancel()
	}})
	d.check(err)
	defer src.Close()
	for b := (&Block{}); src.Next(ctx, b) == nil; b.Reset() {
		given += len(b.Lines)
	}
	if given != 4*BlockLines || waits != 2 {
		t.Errorf("%d lines and %d calls, want %d and 2", given, waits, 4*BlockLines)
	}
}

// TestFollowBehind: what is behind is what was not read, rotations included.
func TestFollowBehind(t *testing.T) {
	t.Parallel()
	d := newLogDir(t)
	d.write("log.1", "aaaa\nbbbb\n")
	d.write("log", "cccc\n")
	follow := &Follow{Once: true, Rotations: true}
	src, err := Input{Name: d.path("log"), Follow: follow}.Source(t.Context(), SourceOptions{})
	d.check(err)
	defer src.Close()
	behind := func(want int64) {
		t.Helper()
		if got := follow.Behind(); got != want {
			t.Errorf("Behind() = %d, want %d", got, want)
		}
	}
	behind(15)
	d.check(src.Next(t.Context(), &Block{}))
	behind(5)
	d.check(src.Next(t.Context(), &Block{}))
	behind(0)
	d.write("log", "dd\n")
	behind(3)
}

func FuzzCursor(f *testing.F) {
	for _, c := range []string{"", "1:0123456789abcdef:7", "2:0123456789abcdef:7:2:0123456789abcdef:99", "2::0:0::5", "3:a:1", "2:a:9223372036854775808:1::0"} {
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, c string) {
		p, err := parseCursor(Cursor(c))
		if err != nil {
			return
		}
		if p.offset < 0 || p.line < 0 {
			t.Errorf("parseCursor(%q) = %+v, want nothing below zero", c, p)
		}
		again, err := parseCursor(p.cursor())
		if err != nil || again.cursor() != p.cursor() {
			t.Errorf("parseCursor(%q) = %+v, written and read again %+v, %v", c, p, again, err)
		}
	})
}
