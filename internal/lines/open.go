package lines

import (
	"bufio"
	"context"
	"io"
	"io/fs"
	"os"
	"syscall"

	"ttpctl/internal/hint"
)

// An Input is one file or stream, or one member of an archive.
type Input struct {
	Name   string    // what messages call it: a path, or a name for a stream
	Reader io.Reader // the stream; nil = a file
	FS     fs.FS     // where the file is; nil = among those of the system
	// Dir is the directory in which the file was found, "" when it was named: a
	// file that was found may be no log at all.
	Dir  string
	From Cursor // where to begin
	// State is what the source remembered at From (Block.State), nil = nothing.
	State []byte
	// Log is the log that the input is a part of, with its rotations, "" = one
	// that all such inputs share: what readers remember is of one log.
	Log string
	// Judged is how far an earlier run has judged, "" = not beyond From. A block
	// ends there, and the blocks before it say so: what comes of their lines is
	// known, and only the state that they leave is wanted.
	Judged Cursor
	Follow *Follow // how to follow a log that is being written; nil = it is not
	// Opener opens it, where it is neither a file nor a stream.
	Opener func(in *Input, opt SourceOptions) (Source, error)

	path   string  // of the file, where it is not Name
	member *member // nil = the whole file
}

// Rename gives in another name to be called by.
func (in *Input) Rename(name string) { in.path, in.Name = in.Path(), name }

// Path returns the path of the file.
func (in *Input) Path() string {
	if in.path != "" {
		return in.path
	}
	return in.Name
}

// A Stream is an open input, decompressed, as UTF-8. It belongs to one
// goroutine.
type Stream struct {
	*bufio.Reader
	Live bool // its end may be far away: no regular file
	// Form is what the content was before it became lines: gzip, tar, UTF-16, a
	// JSON array; "" = these lines.
	Form  string
	close []func()
	tar   bool // the content is an archive
}

// readBuffer is the size in bytes of a single read from an input.
const readBuffer = 64 << 10

// Open opens in. onRead, when not nil, is told of the bytes read as they are
// stored; ctx ends an opening and a read that wait for somebody. An archive is
// read member by member, as if they were one file: see Members for more.
func (in Input) Open(ctx context.Context, onRead func(n int)) (*Stream, error) {
	s, err := in.open(ctx, onRead)
	if err != nil {
		return nil, err
	}
	s.decode()
	return s, nil
}

// open opens in and leaves an archive and the encoding of a text as they are.
func (in *Input) open(ctx context.Context, onRead func(n int)) (*Stream, error) {
	if onRead == nil {
		onRead = func(int) {}
	}
	if in.member != nil {
		return in.member.open(ctx, onRead)
	}
	r := in.Reader
	s := &Stream{}
	if r == nil {
		f, err := in.openFile(ctx)
		if err != nil {
			return nil, err
		}
		s.close, r = append(s.close, func() { f.Close() }), f
	}
	if f, regular := regularFile(r); regular {
		r = f
	} else {
		s.Live, r = true, newPump(ctx, r)
	}
	if err := s.unpack(&meter{r: r, onRead: onRead}); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Head returns what comes next of s, at most n bytes of it not counting the NUL
// bytes that it begins with.
func (s *Stream) Head(n int64) *Stream {
	skipNULs(s.Reader)
	return &Stream{Reader: bufio.NewReader(io.LimitReader(s.Reader, n))}
}

// Close lets go of the file and of what decompresses it.
func (s *Stream) Close() error {
	for i := len(s.close) - 1; i >= 0; i-- {
		s.close[i]()
	}
	return nil
}

// openFile opens the file that in names; a directory is an error. To open a
// pipe is to wait for its writer, until ctx ends.
func (in *Input) openFile(ctx context.Context) (fs.File, error) {
	f, err := in.openAny(ctx)
	if err != nil {
		return nil, hint.PathReason(err)
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, syscall.EISDIR
	}
	return f, nil
}

func (in *Input) openAny(ctx context.Context) (fs.File, error) {
	if in.FS != nil {
		return in.FS.Open(in.Path())
	}
	if info, err := os.Stat(in.Path()); err != nil || info.Mode().IsRegular() {
		return os.Open(in.Path())
	}
	f, err := Await(ctx, func() (*os.File, error) { return os.Open(in.Path()) })
	if ctx.Err() != nil {
		return nil, ErrStopped
	}
	return f, err
}

// regular reports whether in is a regular file. To look into anything else is
// to take from it: opening a pipe and closing it again would break its writer.
func (in *Input) regular() (bool, error) {
	switch {
	case in.Reader != nil:
		return false, nil
	case in.FS != nil:
		return true, nil
	}
	info, err := os.Stat(in.Path())
	switch {
	case err != nil:
		return false, hint.PathReason(err)
	case info.IsDir():
		return false, syscall.EISDIR
	}
	return info.Mode().IsRegular(), nil
}

// Readable returns an error unless in can be opened, whatever it holds. What is
// no regular file is not tried.
func Readable(in Input) error {
	if regular, err := in.regular(); err != nil || !regular {
		return err
	}
	f, err := in.openAny(context.Background())
	if err != nil {
		return hint.PathReason(err)
	}
	return f.Close()
}

// A meter reports the bytes that pass through it. An error lasts, see named.
type meter struct {
	r      io.Reader
	onRead func(n int)
	err    error
}

func (m *meter) Read(p []byte) (n int, err error) {
	if m.err != nil {
		return 0, m.err
	}
	n, m.err = m.r.Read(p)
	m.onRead(n)
	return n, m.err
}
