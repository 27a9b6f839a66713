package lines

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// errTail says that all of a compressed content was read and more follows it.
var errTail = errors.New("what follows the end of the compressed data was not read")

// A gzipReader reads gzip members, one behind the other. The library would do
// that too, but it takes whatever follows the last member for a damaged one
// and calls a short tail truncated. Zeros, which tapes pad with, are no tail.
type gzipReader struct {
	br  *bufio.Reader
	zr  *gzip.Reader
	err error
}

func openGzip(s *Stream) (io.Reader, error) {
	zr, err := gzip.NewReader(s.Reader)
	if err != nil {
		return nil, err
	}
	zr.Multistream(false)
	return &gzipReader{br: s.Reader, zr: zr}, nil
}

func (g *gzipReader) Read(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	n, err := g.zr.Read(p)
	if err == io.EOF {
		err = g.next()
	}
	g.err = err
	return n, err
}

// next goes on with the member that follows; it returns io.EOF when there is
// none.
func (g *gzipReader) next() error {
	head, err := g.br.Peek(2)
	switch {
	case len(head) == 0:
		return err
	case len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b:
		if err := g.zr.Reset(g.br); err != nil {
			return err
		}
		g.zr.Multistream(false)
		return nil
	}
	for {
		c, err := g.br.ReadByte()
		if err != nil {
			return err
		}
		if c != 0 {
			return errTail
		}
	}
}
