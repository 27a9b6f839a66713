package lines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A Cursor says how far an input was read. Only who gave it can read it; it may
// be stored. "" is the beginning.
type Cursor string

// A Source gives the lines of one input, block by block. It belongs to one
// goroutine.
type Source interface {
	// Next fills b, which is empty, with the lines that come next, at least
	// one, and sets its Cursor. It returns io.EOF at the end and ErrStopped when
	// ctx has ended; a stream first gives what it has taken by then.
	Next(ctx context.Context, b *Block) error
	// Ack says that all up to c is committed and need not be kept.
	Ack(ctx context.Context, c Cursor) error
	io.Closer
}

// SourceOptions say how to read a source.
type SourceOptions struct {
	MaxLine int         // bytes; 0 = DefaultMaxLine
	OnRead  func(n int) // told of bytes as they are stored; nil = nobody is
}

// Source opens in as a Source that begins at in.From. ctx ends the opening, and
// the reads of a stream.
func (in Input) Source(ctx context.Context, opt SourceOptions) (Source, error) {
	if opt.MaxLine <= 0 {
		opt.MaxLine = DefaultMaxLine
	}
	s, err := in.Open(ctx, opt.OnRead)
	if err != nil {
		return nil, err
	}
	r := reading{stream: s, cutter: NewCutter(s, opt.MaxLine)}
	if err := r.seek(in.From); err != nil {
		s.Close()
		return nil, err
	}
	if s.Live {
		return &streamSource{r}, nil
	}
	return &fileSource{r}, nil
}

// Live reports whether src waits for others to write.
func Live(src Source) bool {
	_, live := src.(*streamSource)
	return live
}

// A reading is what sources of files and of streams have in common.
type reading struct {
	stream *Stream
	cutter *Cutter
	err    error // what ended it
}

// next fills b and gives the error that ends the input once no line is left.
func (r *reading) next(b *Block) error {
	for r.err == nil && len(b.Lines) == 0 {
		if !r.cutter.Fill(b) {
			r.err = r.cutter.err
		}
	}
	b.Cursor, b.Origin = r.cursor(), r.cutter.firstHash
	b.NULs, r.cutter.nuls = r.cutter.nuls, 0
	b.Unfinished, r.cutter.rest = r.cutter.rest, 0
	if len(b.Lines) > 0 {
		return nil
	}
	return r.err
}

// Close lets go of the input.
func (r *reading) Close() error { return r.stream.Close() }

// Ack checks that c is of this input. Neither a file nor a stream keeps
// anything for who might come again.
func (r *reading) Ack(_ context.Context, c Cursor) error {
	p, err := parseCursor(c)
	if err == nil && p.offset > 0 && p.hash != r.cutter.firstHash {
		err = ErrOtherInput
	}
	return err
}

// A fileSource reads a file, from any of its cursors. It stops at once, since
// whoever comes again can read on.
type fileSource struct{ reading }

func (f *fileSource) Next(ctx context.Context, b *Block) error {
	if ctx.Err() != nil {
		return ErrStopped
	}
	return f.next(b)
}

// A streamSource reads a stream, once. What was taken from it nobody can read
// again: the pump below it ends soon after its context, and until then all of
// it is given.
type streamSource struct{ reading }

func (s *streamSource) Next(_ context.Context, b *Block) error { return s.next(b) }

// Errors of cursors.
var (
	ErrOtherInput = errors.New("this is another file than the one that was read before: its first line differs")
	errShorter    = errors.New("this file is shorter than what was read of it before")
	errCursor     = errors.New("malformed cursor")
	errNoReplay   = errors.New("a stream cannot be read again from a cursor")
)

// seek goes to the place of c, which is found in a file, its rotations and
// their compressed copies by the first line and the offset behind all
// decompression.
func (r *reading) seek(c Cursor) error {
	p, err := parseCursor(c)
	if err != nil || p.offset == 0 {
		return err
	}
	if r.stream.Live {
		return errNoReplay
	}
	r.cutter.skipTo(p.offset)
	switch {
	case r.cutter.firstHash != p.hash:
		return ErrOtherInput
	case r.cutter.offset < p.offset:
		return errShorter
	}
	return nil
}

// Locate returns which of inputs c is a cursor of, with From set to c: after a
// rotation a file has another name, and may be compressed.
func Locate(ctx context.Context, inputs []Input, c Cursor) (Input, error) {
	var why []error
	for _, in := range inputs {
		in.From = c
		s, err := in.Source(ctx, SourceOptions{})
		if err == nil {
			return in, s.Close()
		}
		why = append(why, fmt.Errorf("%s: %w", in.Name, err))
	}
	return Input{}, fmt.Errorf("where reading had stopped is in none of %d files: %w", len(inputs), errors.Join(why...))
}

// A place is what a Cursor says.
type place struct {
	hash   string // of the first line
	offset int64  // of the line that comes next
}

// cursorVersion is raised whenever the form of cursors changes.
const cursorVersion = "1"

func (r *reading) cursor() Cursor {
	return Cursor(cursorVersion + ":" + r.cutter.firstHash + ":" + strconv.FormatInt(r.cutter.offset, 10))
}

func parseCursor(c Cursor) (p place, err error) {
	if c == "" {
		return p, nil
	}
	parts := strings.Split(string(c), ":")
	if len(parts) != 3 {
		return p, errCursor
	}
	if parts[0] != cursorVersion {
		return p, fmt.Errorf("cursor of version %q, want %s", parts[0], cursorVersion)
	}
	p.hash = parts[1]
	if p.offset, err = strconv.ParseInt(parts[2], 10, 64); err != nil || p.offset < 0 {
		return p, errCursor
	}
	return p, nil
}
