package lines

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"time"

	"ttpctl/internal/hint"
)

// errMoved says that a file no longer holds what was read of it, or that
// another one goes on from there: the place is to be found again.
var errMoved = errors.New("the log has moved on")

// An openLog is a file of a log, open for reading. Reads give what is there
// and then an error, which lasts.
type openLog struct {
	logFile
	f      *os.File
	packed *Stream // decompresses f; nil = f is read as it is
	onRead func(int)
	atEnd  func(*openLog) error // what a read at the end of a plain file gives; nil = look again
	check  func(*openLog) error // what keeps bytes that a plain file gave from being taken

	// buf holds the bytes read last, up to end. Before each read those that a
	// cursor remembers are read again: a file that was truncated and written
	// anew holds others.
	buf, spare []byte
	end        int64
	limit      int64     // where reading ends until it is lifted, -1 = nowhere
	grown      time.Time // when a read gave something last
	err        error
}

// openLogFile opens l, which must still be the file that was listed.
func openLogFile(ctx context.Context, l logFile) (*openLog, error) {
	f, err := os.Open(l.path)
	if err != nil {
		return nil, hint.PathReason(err)
	}
	o := &openLog{logFile: l, f: f}
	info, err := f.Stat()
	if err == nil && !os.SameFile(info, l.info) {
		err = errMoved
	}
	if err == nil {
		o.info, o.grown = info, info.ModTime()
		err = o.rewind(ctx)
	}
	if err != nil {
		o.Close()
		return nil, err
	}
	return o, nil
}

// view returns o for reading from its beginning, apart from o and only as long
// as that is open.
func (o *openLog) view(ctx context.Context) (*openLog, error) {
	v := &openLog{logFile: o.logFile, f: o.f}
	if err := v.rewind(ctx); err != nil {
		v.closePacked()
		return nil, err
	}
	return v, nil
}

// rewind sets o to the beginning. What its first bytes show to be compressed is
// decompressed.
func (o *openLog) rewind(ctx context.Context) error {
	o.closePacked()
	o.onRead, o.atEnd, o.check = func(int) {}, func(*openLog) error { return io.EOF }, func(*openLog) error { return nil }
	o.buf, o.end, o.limit, o.err = o.buf[:0], 0, -1, nil
	head := make([]byte, headBytes)
	n, err := o.f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return hint.PathReason(err)
	}
	if _, open := packing(head[:n]); open == nil {
		return nil
	}
	r := &untilDone{ctx, io.NewSectionReader(o.f, 0, math.MaxInt64)}
	o.packed = &Stream{}
	return o.packed.unpack(&meter{r: r, onRead: func(n int) { o.onRead(n) }})
}

func (o *openLog) closePacked() {
	if o.packed != nil {
		o.packed.Close()
	}
	o.packed = nil
}

func (o *openLog) Close() {
	o.closePacked()
	o.f.Close()
}

// Read gives what comes next, up to the limit.
func (o *openLog) Read(p []byte) (n int, err error) {
	for o.err == nil {
		if o.end == o.limit {
			return 0, io.EOF
		}
		if o.limit >= 0 {
			p = p[:min(int64(len(p)), o.limit-o.end)]
		}
		if o.packed != nil {
			n, o.err = o.readPacked(p)
		} else if n, o.err = o.readPlain(p); n == 0 && o.err == nil {
			o.err = o.atEnd(o)
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, o.err
}

// readPlain returns 0 at the end of what there is.
func (o *openLog) readPlain(p []byte) (int, error) {
	tail := o.lastBytes()
	if cap(o.spare) < tailBytes+readBuffer {
		o.spare = make([]byte, tailBytes+readBuffer)
	}
	in := o.spare[:len(tail)+min(len(p), readBuffer)]
	n, err := o.f.ReadAt(in, o.end-int64(len(tail)))
	if err != nil && err != io.EOF {
		return 0, err
	}
	if in = in[:n]; !bytes.HasPrefix(in, tail) {
		return 0, errMoved
	}
	if len(in) > len(tail) {
		if err := o.check(o); err != nil {
			return 0, err
		}
	}
	if n = copy(p, in[len(tail):]); n > 0 {
		o.buf, o.spare = in, o.buf[:cap(o.buf)]
		o.end += int64(n)
		o.grown = time.Now()
		o.onRead(n)
	}
	return n, nil
}

func (o *openLog) readPacked(p []byte) (int, error) {
	n, err := o.packed.Read(p[:min(len(p), readBuffer)])
	o.buf = append(append(o.buf[:0], o.lastBytes()...), p[:n]...)
	o.end += int64(n)
	return n, err
}

// lastBytes returns what a cursor at the end remembers.
func (o *openLog) lastBytes() []byte { return o.buf[max(0, len(o.buf)-tailBytes):] }

// tail returns the hash of what stands before offset, which is not before the
// last read.
func (o *openLog) tail(offset int64) string {
	return hashTail(o.buf[:max(0, int64(len(o.buf))-(o.end-offset))], offset)
}

// holds goes to the place p, and reports whether it is in this file, as far as
// the first line and what stands before p tell.
func (o *openLog) holds(ctx context.Context, p *place, maxLine int) (bool, error) {
	c := &Cutter{br: bufio.NewReaderSize(&untilDone{ctx, o}, readBuffer), max: maxLine, next: 1, again: true}
	c.skipMark()
	c.numbered(new(Block))
	if c.firstHash != p.hash {
		if c.broken() {
			return false, c.err
		}
		return false, nil
	}
	if err := o.rewind(ctx); err != nil {
		return false, err
	}
	if o.packed == nil && p.line > 0 {
		return o.jump(p)
	}
	return o.pass(ctx, p)
}

// jump goes to the place p without reading what is before it.
func (o *openLog) jump(p *place) (bool, error) {
	tail := make([]byte, min(tailBytes, p.offset))
	n, err := o.f.ReadAt(tail, p.offset-int64(len(tail)))
	if err != nil && err != io.EOF {
		return false, hint.PathReason(err)
	}
	o.buf, o.end = tail[:n], p.offset
	return n == len(tail) && (p.tail == "" || p.tail == o.tail(p.offset)), nil
}

// pass reads up to the place p. It sets the number of its line if that is not
// known.
func (o *openLog) pass(ctx context.Context, p *place) (bool, error) {
	newlines, chunk := 0, make([]byte, readBuffer)
	for o.end < p.offset {
		if ctx.Err() != nil {
			return false, ErrStopped
		}
		n, err := o.Read(chunk[:min(int64(len(chunk)), p.offset-o.end)])
		newlines += bytes.Count(chunk[:n], []byte("\n"))
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	if p.line == 0 {
		p.line = newlines + 1
	}
	return p.tail == "" || p.tail == o.tail(p.offset), nil
}
