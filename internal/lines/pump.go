package lines

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// ErrStopped is what a read of a live input gives once its context has ended
// and all that was taken before has been handed on.
var ErrStopped = errors.New("stopped")

// Await returns what f does, or the cause of ctx once that ends: neither a
// read of a terminal nor the opening of a pipe can be cancelled, so that f may
// outlive this call until the process ends. What it opens then is closed.
func Await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result)
	go func() {
		v, err := f()
		select {
		case done <- result{v, err}:
		case <-ctx.Done():
			if c, ok := any(v).(io.Closer); ok && err == nil {
				c.Close()
			}
		}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// ReadFile reads a file whole, up to one byte more than limit, so that the
// caller can tell that it is larger without having read it. ctx ends the wait
// for a pipe.
func ReadFile(ctx context.Context, path string, limit int64) ([]byte, error) {
	return Await(ctx, func() ([]byte, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(io.LimitReader(f, limit+1))
	})
}

// ReadAll is ReadFile of a stream.
func ReadAll(ctx context.Context, r io.Reader, limit int64) ([]byte, error) {
	return Await(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(r, limit+1)) })
}

// ReadRaw reads in whole and as it is, up to one byte more than limit.
func ReadRaw(ctx context.Context, in Input, limit int64) ([]byte, error) {
	if in.Reader != nil {
		return ReadAll(ctx, in.Reader, limit)
	}
	return ReadFile(ctx, in.Path(), limit)
}

// ReadText reads the text of in whole, as [Input.Open] gives it and without a byte
// order mark, up to one byte more than limit.
func ReadText(ctx context.Context, in Input, limit int64) ([]byte, error) {
	s, err := in.Open(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	text, err := io.ReadAll(io.LimitReader(s, limit+1))
	return bytes.TrimPrefix(text, byteOrderMark), err
}

// A pump reads from a stream that may block for ever, a terminal or a pipe,
// and gives up waiting when its context ends. What it has taken from the
// stream by then is handed on: nobody else can read it. Its goroutine, if it
// sits in a read then, ends with that read: nothing portable can interrupt it.
type pump struct {
	ctx    context.Context
	chunks chan chunk    // has room for the one chunk there is
	more   chan struct{} // the chunk is used up, its buffer free again
	rest   []byte
	err    error
}

type chunk struct {
	data []byte
	err  error
}

// graceful is how long a pump whose context has ended waits for the read that
// it is in, which may have taken its bytes already.
const graceful = 50 * time.Millisecond

func newPump(ctx context.Context, r io.Reader) *pump {
	p := &pump{ctx: ctx, chunks: make(chan chunk, 1), more: make(chan struct{})}
	go p.run(r)
	return p
}

// run reads one chunk at a time. It closes chunks once there will be no more.
func (p *pump) run(r io.Reader) {
	defer close(p.chunks)
	buf := make([]byte, readBuffer)
	for p.ctx.Err() == nil {
		n, err := r.Read(buf)
		p.chunks <- chunk{buf[:n], err}
		if err != nil {
			return
		}
		select {
		case <-p.more:
		case <-p.ctx.Done():
			return
		}
	}
}

func (p *pump) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		if p.err != nil {
			return 0, p.err
		}
		p.rest, p.err = p.next()
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	if len(p.rest) > 0 {
		return n, nil
	}
	if p.err == nil {
		select {
		case p.more <- struct{}{}:
		case <-p.ctx.Done():
		}
		return n, nil
	}
	if n > 0 {
		return n, nil
	}
	return 0, p.err
}

// next waits for the next chunk.
func (p *pump) next() ([]byte, error) {
	select {
	case c, ok := <-p.chunks:
		return c.read(ok)
	case <-p.ctx.Done():
	}
	select {
	case c, ok := <-p.chunks:
		return c.read(ok)
	case <-time.After(graceful):
		return nil, ErrStopped
	}
}

func (c chunk) read(ok bool) ([]byte, error) {
	if !ok {
		return nil, ErrStopped
	}
	return c.data, c.err
}
