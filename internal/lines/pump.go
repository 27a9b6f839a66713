package lines

import (
	"context"
	"errors"
	"io"
)

// ErrStopped is what a pump reads once its context has ended.
var ErrStopped = errors.New("stopped")

// A pump reads from a stream that may block for ever, a terminal or a pipe,
// and gives up waiting when its context ends. Its goroutine, if it sits in a
// read then, ends with that read: nothing portable can interrupt it.
type pump struct {
	ctx    context.Context
	chunks chan chunk
	more   chan struct{} // the chunk is used up, its buffer free again
	rest   []byte
	err    error
}

type chunk struct {
	data []byte
	err  error
}

func newPump(ctx context.Context, r io.Reader) *pump {
	p := &pump{ctx: ctx, chunks: make(chan chunk), more: make(chan struct{})}
	go p.run(r)
	return p
}

func (p *pump) run(r io.Reader) {
	buf := make([]byte, readBuffer)
	for {
		n, err := r.Read(buf)
		select {
		case p.chunks <- chunk{buf[:n], err}:
		case <-p.ctx.Done():
			return
		}
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
		select {
		case c := <-p.chunks:
			p.rest, p.err = c.data, c.err
		case <-p.ctx.Done():
			return 0, ErrStopped
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	if len(p.rest) == 0 && p.err == nil {
		select {
		case p.more <- struct{}{}:
		case <-p.ctx.Done():
		}
	}
	return n, nil
}
