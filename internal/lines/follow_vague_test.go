package lines

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// next returns the lines of one block.
func (d logDir) next(src Source) (all []string, c Cursor) {
	d.t.Helper()
	b := &Block{}
	d.check(src.Next(d.t.Context(), b))
	for i := range b.Lines {
		all = append(all, string(b.Raw(i)))
	}
	return all, b.Cursor
}

// wantNext reads blocks until as many lines have come as are wanted.
func (d logDir) wantNext(src Source, want ...string) (c Cursor) {
	d.t.Helper()
	var got []string
	for len(got) < len(want) {
		var lines []string
		lines, c = d.next(src)
		got = append(got, lines...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		d.t.Fatalf("lines (-want +got):\n%s", diff)
	}
	return c
}

// copyTruncate rotates the log by copy, and begins it anew with text.
func (d logDir) copyTruncate(text string) {
	d.t.Helper()
	d.copy("log", "log.1")
	d.truncate("log")
	d.write("log", text)
}

// TestFollowUnseenCopy: a log of which nothing was read yet, or only the header
// that all its files have, is copied, truncated and written anew before its
// reader looks again. What was written in between is in the copy.
func TestFollowUnseenCopy(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"", "time,user\n"} {
		d := newLogDir(t)
		d.write("log", header)
		src, err := Input{Name: d.path("log"), Follow: &Follow{Grace: 1, Rotations: true}}.Source(t.Context(), SourceOptions{})
		d.check(err)
		defer src.Close()
		want := []string{"a", "b"}
		if header == "" {
			f := src.(*followed)
			f.ctx = t.Context()
			d.check(f.advance())
		} else {
			d.wantNext(src, "time,user")
		}
		d.write("log", "a\n")
		d.copyTruncate(header + "b and more than there was\n")
		want[1] = "b and more than there was"
		if header != "" {
			want = []string{"a", "time,user", want[1]}
		}
		d.wantNext(src, want...)
	}
}

// TestFollowHeaderAgain: who was stopped behind a header comes back to the file
// behind the one that was read before, though all begin alike and the times of
// the files say nothing.
func TestFollowHeaderAgain(t *testing.T) {
	t.Parallel()
	const header = "time,user\n"
	d := newLogDir(t)
	d.write("log.1", header+"a\n")
	d.write("log", header)
	opt := func() *Follow { return &Follow{Rotations: true, Grace: 1} }
	src, err := Input{Name: d.path("log"), Follow: opt()}.Source(t.Context(), SourceOptions{})
	d.check(err)
	c := d.wantNext(src, "time,user", "a", "time,user")
	d.check(src.Close())
	d.write("log", "b\n")
	d.rename("log.1", "log.2")
	d.rename("log", "log.1")
	d.write("log", header+"c\n")
	for _, compress := range []bool{false, true} {
		if compress {
			d.compress("log.1")
			d.rename("log.1.gz", "log.1")
		}
		for _, name := range []string{"log.2", "log.1", "log"} {
			d.touch(name, 1)
		}
		src, err = Input{Name: d.path("log"), From: c, Follow: opt()}.Source(t.Context(), SourceOptions{})
		d.check(err)
		d.wantNext(src, "b", "time,user", "c")
		d.check(src.Close())
	}
}
