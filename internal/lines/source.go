package lines

import (
	"context"
	"errors"
	"io"
)

// A Source gives the lines of one input, block by block. It belongs to one
// goroutine.
type Source interface {
	// Next fills b, which is empty, with the lines that come next, at least
	// one, and sets its Cursor. It returns io.EOF at the end and ErrStopped when
	// ctx has ended; a stream first gives what it has taken by then. A source that
	// passes over what is not its own may give a block that has only a Cursor.
	Next(ctx context.Context, b *Block) error
	// Ack says that all up to c is committed and need not be kept.
	Ack(ctx context.Context, c Cursor) error
	io.Closer
}

// SourceOptions say how to read a source.
type SourceOptions struct {
	MaxLine int         // bytes; 0 = DefaultMaxLine
	OnRead  func(n int) // told of bytes as they are stored; nil = nobody is
	// OnWait is told when a Next of a followed log begins and ends to wait for
	// others to write, all that is there having been given. nil = nobody is.
	OnWait func(waiting bool)
}

// Source opens in as a Source that begins at in.From. ctx ends the opening, and
// the reads of a stream.
func (in Input) Source(ctx context.Context, opt SourceOptions) (Source, error) {
	if opt.MaxLine <= 0 {
		opt.MaxLine = DefaultMaxLine
	}
	if opt.OnRead == nil {
		opt.OnRead = func(int) {}
	}
	if opt.OnWait == nil {
		opt.OnWait = func(bool) {}
	}
	if in.Follow != nil {
		return follow(ctx, in, opt)
	}
	if in.Opener != nil {
		return in.Opener(&in, opt)
	}
	s, err := in.Open(ctx, opt.OnRead)
	if err != nil {
		return nil, err
	}
	r := reading{stream: s, cutter: NewCutter(s, opt.MaxLine)}
	if err := r.seek(in.From, in.Judged); err != nil {
		s.Close()
		return nil, err
	}
	if s.Live {
		return &streamSource{r}, nil
	}
	return &fileSource{r}, nil
}

// Live reports whether src waits for others to write, as one does that has a
// method Live which says so.
func Live(src Source) bool {
	s, ok := src.(interface{ Live() bool })
	return ok && s.Live()
}

// Begin returns the cursor of the place where src began to read, which a new run may
// be given before any line was read: it finds the same place again even if the log is
// rotated in between. "" = src has none, or began where it was told to.
func Begin(src Source) Cursor {
	if s, ok := src.(interface{ Begin() Cursor }); ok {
		return s.Begin()
	}
	return ""
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

// Live says that a stream waits for its writer.
func (s *streamSource) Live() bool { return true }

// Errors of cursors.
var (
	ErrOtherInput = errors.New("this is another file than the one that was read before: its first line differs")
	errShorter    = errors.New("this file is shorter than what was read of it before")
	errNoReplay   = errors.New("a stream cannot be read again from a cursor")
)

// seek goes to the place of c. What comes before judged was judged.
func (r *reading) seek(c, judged Cursor) error {
	p, err := parseCursor(c)
	if err != nil {
		return err
	}
	if r.cutter.judged, err = parseCursor(judged); err != nil || p.offset == 0 {
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
