package lines

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds the memory of a decoder, in bytes. What `zstd -19` writes
// needs 8 MiB, `xz -9` 64 MiB.
const maxWindow = 64 << 20

// maxLayers bounds how often a content may be packed: an archive of
// compressed logs, itself compressed, has three layers.
const maxLayers = 4

// headBytes is how much of a content is looked at to recognise it: an archive
// has its mark at byte 257.
const headBytes = 262

// unpack sets s up to read the content of r, through every compression that
// its first bytes show, up to an archive.
func (s *Stream) unpack(r io.Reader) error {
	s.Reader = bufio.NewReaderSize(r, readBuffer)
	for range maxLayers {
		head := s.head(headBytes)
		if s.tar = isTar(head); s.tar {
			s.was("tar")
			return nil
		}
		name, open := packing(head)
		if open == nil {
			return nil
		}
		s.was(name)
		plain, err := open(s)
		if err != nil {
			return fmt.Errorf("%s: %w", name, shortRead(err))
		}
		s.Reader = bufio.NewReaderSize(&named{name: name, r: plain}, readBuffer)
	}
	return fmt.Errorf("packed more than %d times", maxLayers-1)
}

// was notes what the content was, the outermost first.
func (s *Stream) was(form string) { s.Form = cmp.Or(s.Form, form) }

// head returns up to n bytes of what comes next. It does not wait for more
// than the first line of it: no mark of a packed content has a line end before
// its last byte, and a live text may go no further for long.
func (s *Stream) head(n int) []byte {
	var head []byte
	for len(head) < n && bytes.IndexByte(head, '\n') < 0 {
		var err error
		if head, err = s.Peek(min(n, max(len(head)+1, s.Buffered()))); err != nil {
			break
		}
	}
	return head
}

// packing returns the name of the compression of which head is the beginning
// and what opens it, or nil.
func packing(head []byte) (name string, open func(*Stream) (io.Reader, error)) {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8}):
		return "gzip", openGzip
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "zstd", openZstd
	case bytes.HasPrefix(head, []byte{0xfd, '7', 'z', 'X', 'Z', 0}):
		return "xz", openXZ
	case isBzip2(head):
		return "bzip2", func(s *Stream) (io.Reader, error) { return bzip2.NewReader(s.Reader), nil }
	}
	return "", nil
}

func openZstd(s *Stream) (io.Reader, error) {
	zr, err := zstd.NewReader(s.Reader, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	s.close = append(s.close, zr.Close)
	return zr, nil
}

// isBzip2 looks at the first block's magic too: "BZh" may begin a text.
func isBzip2(head []byte) bool {
	if !bytes.HasPrefix(head, []byte("BZh")) || len(head) < 10 {
		return false
	}
	return bytes.HasPrefix(head[4:], []byte("1AY&SY")) || bytes.HasPrefix(head[4:], []byte{0x17, 0x72, 0x45, 0x38, 0x50, 0x90})
}

// A named reader adds the name of a compression or archive to read errors. An
// error lasts: to recognise a content is to peek, which takes the error off.
type named struct {
	name string
	r    io.Reader
	err  error
}

func (n *named) Read(p []byte) (int, error) {
	if n.err != nil {
		return 0, n.err
	}
	k, err := n.r.Read(p)
	if err != nil && err != io.EOF && !errors.Is(err, ErrStopped) {
		err = fmt.Errorf("%s: %w", n.name, shortRead(err))
	}
	n.err = err
	return k, err
}

// ErrTruncated stands for io.ErrUnexpectedEOF, whose text says less.
var ErrTruncated = errors.New("truncated: the data ends too early")

func shortRead(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTruncated
	}
	return err
}
