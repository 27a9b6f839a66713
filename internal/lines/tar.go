package lines

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
)

// maxMembers bounds the files of one archive.
const maxMembers = 100_000

// isTar reports whether head is the beginning of a tar archive, POSIX or GNU.
func isTar(head []byte) bool {
	return len(head) >= headBytes && bytes.Equal(head[257:headBytes], []byte("ustar"))
}

// Members returns the inputs that in stands for: itself, or the files of the
// tar archive that it is, each under the name `archive:member`. look is called
// with each of them while it is open, and reads what it wants of it.
//
// A stream is not looked into, because that would take from it: its members
// are read as they come, as one input.
func (in Input) Members(ctx context.Context, look func(in Input, s *Stream)) ([]Input, error) {
	if regular, err := in.regular(); err != nil || !regular {
		return []Input{in}, err
	}
	whole, err := in.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer whole.Close()
	if !whole.tar {
		whole.decode()
		look(in, whole)
		return []Input{in}, nil
	}
	a := &archive{in: in}
	if all := a.list(whole, look); len(all) > 0 {
		return all, nil
	}
	return []Input{in}, nil
}

// list returns the members. A damaged archive has those before the damage, and
// who reads the last of them to its end meets it again.
func (a *archive) list(whole *Stream, look func(Input, *Stream)) (all []Input) {
	for tr := tar.NewReader(whole); len(all) < maxMembers; {
		header, err := nextFile(tr)
		if err != nil {
			break
		}
		in := Input{Name: a.in.Name + ":" + header.Name, path: a.in.Path(), FS: a.in.FS, Dir: a.in.Dir, member: &member{a, len(all)}}
		all = append(all, in)
		s := &Stream{}
		if err := s.unpack(tr); err == nil {
			s.decode()
			look(in, s)
		}
		s.Close()
	}
	a.count = len(all)
	return all
}

// nextFile goes to the next regular file of an archive.
func nextFile(tr *tar.Reader) (*tar.Header, error) {
	for {
		header, err := tr.Next()
		if err != nil || header.Typeflag == tar.TypeReg && header.Size > 0 {
			return header, err
		}
	}
}

// An archive stays open while its members are read, so that reading them in
// the order in which they stand is one pass. It belongs to one goroutine.
type archive struct {
	in    Input
	count int // of members

	s          *Stream
	tr         *tar.Reader
	next       int       // index of the member that tr comes to
	tell       func(int) // the onRead of the member that is read
	seen, told int64     // bytes read since it was opened, and told of in all
}

// A member is one file of an archive.
type member struct {
	archive *archive
	index   int
}

// open opens a member. The one before must be closed.
func (m *member) open(ctx context.Context, onRead func(int)) (*Stream, error) {
	a := m.archive
	a.tell = onRead
	if err := a.seek(ctx, m.index); err != nil {
		return nil, err
	}
	s := &Stream{}
	last := m.index == a.count-1
	if last {
		s.close = append(s.close, a.close)
	}
	if err := s.unpack(&named{name: "tar", r: &memberReader{a, last}}); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// seek goes to the member at index.
func (a *archive) seek(ctx context.Context, index int) (err error) {
	if a.s == nil || a.next > index {
		a.close()
		if a.s, err = a.in.open(ctx, a.onRead); err != nil {
			return err
		}
		a.tr, a.next = tar.NewReader(a.s), 0
	}
	for ; a.next <= index; a.next++ {
		if _, err := nextFile(a.tr); err != nil {
			return fmt.Errorf("tar: %w", shortRead(err))
		}
	}
	return nil
}

// onRead tells of bytes when they are read for the first time.
func (a *archive) onRead(n int) {
	if a.seen += int64(n); a.seen > a.told {
		a.tell(int(a.seen - a.told))
		a.told = a.seen
	}
}

func (a *archive) close() {
	if a.s != nil {
		a.s.Close()
	}
	a.s, a.tr, a.seen = nil, nil, 0
}

var errManyMembers = fmt.Errorf("more than %d files", maxMembers)

// A memberReader reads the member that its archive is at. Behind the last one
// it makes sure that the archive ends there.
type memberReader struct {
	*archive
	last bool
}

func (m *memberReader) Read(p []byte) (int, error) {
	n, err := m.tr.Read(p)
	if err == io.EOF && m.last {
		if _, err = nextFile(m.tr); err == nil {
			err = errManyMembers
		}
	}
	return n, err
}

// A joined reader reads the files of an archive that comes as a stream as one
// text.
type joined struct {
	tr   *tar.Reader
	s    *Stream // the file that is read, nil = none
	last byte    // the last byte of it
}

func newJoined(r io.Reader) io.Reader {
	return &named{name: "tar", r: &joined{tr: tar.NewReader(r), last: '\n'}}
}

func (j *joined) Read(p []byte) (int, error) {
	for {
		if j.s == nil {
			if err := j.open(); err != nil {
				return 0, err
			}
		}
		n, err := j.s.Read(p)
		switch {
		case n > 0:
			j.last = p[n-1]
			return n, nil
		case err != io.EOF:
			return 0, err
		}
		j.s.Close()
		if j.s = nil; j.last != '\n' {
			j.last, p[0] = '\n', '\n'
			return 1, nil
		}
	}
}

func (j *joined) open() error {
	if _, err := nextFile(j.tr); err != nil {
		return err
	}
	j.s = &Stream{}
	if err := j.s.unpack(j.tr); err != nil {
		return err
	}
	j.s.decode()
	return nil
}
