package lines

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// An Input is one file or stream.
type Input struct {
	Name   string    // a path; of a stream the name to report
	Reader io.Reader // the stream; nil = the file at Name
	FS     fs.FS     // where the file is; nil = among those of the system
	// Skip is an offset in the decompressed content: an earlier run has read
	// the lines before it.
	Skip int64
}

// A Stream is an open input, decompressed. It belongs to one goroutine.
type Stream struct {
	*bufio.Reader
	Live  bool // its end may be far away: no regular file
	close func()
}

// readBuffer is the size in bytes of a single read from an input.
const readBuffer = 64 << 10

// Open opens in. onRead, when not nil, is told of the bytes read as they are
// stored; ctx ends a read that waits for a live input.
func (in Input) Open(ctx context.Context, onRead func(n int)) (*Stream, error) {
	s := &Stream{Live: true, close: func() {}}
	r := in.Reader
	if r == nil {
		f, err := in.openFile()
		if err != nil {
			return nil, err
		}
		s.Live, s.close, r = !isRegular(f), func() { f.Close() }, f
	}
	if s.Live {
		r = newPump(ctx, r)
	}
	if onRead == nil {
		onRead = func(int) {}
	}
	if err := s.decompress(&meter{r, onRead}); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// Close lets go of the file and of what decompresses it.
func (s *Stream) Close() error {
	s.close()
	return nil
}

// openFile opens the file that in names; a directory is an error.
func (in *Input) openFile() (f fs.File, err error) {
	if in.FS != nil {
		f, err = in.FS.Open(in.Name)
	} else {
		f, err = os.Open(in.Name)
	}
	if err != nil {
		return nil, PathReason(err)
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, syscall.EISDIR
	}
	return f, nil
}

// isRegular reports whether r is a file that has an end.
func isRegular(r any) bool {
	f, ok := r.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

// Readable returns an error unless the file at path can be read. What is no
// regular file is not tried: opening a pipe and closing it again would break
// its writer.
func Readable(path string) (regular bool, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return false, PathReason(err)
	case !info.IsDir() && !info.Mode().IsRegular():
		return false, nil
	}
	f, err := (&Input{Name: path}).openFile()
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

// PathReason strips operation and path from err: callers name the file.
func PathReason(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

// maxWindow bounds the memory of a zstd decoder, in bytes. What `zstd -19`
// writes needs 8 MiB.
const maxWindow = 64 << 20

// decompress sets s up to read the content of r: gzip, zstd and bzip2 are
// recognised by their first bytes.
func (s *Stream) decompress(r io.Reader) error {
	br := bufio.NewReaderSize(r, readBuffer)
	head, _ := br.Peek(4)
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8}):
		zr, err := gzip.NewReader(br)
		if err != nil {
			return fmt.Errorf("gzip: %w", shortRead(err))
		}
		s.Reader = bufio.NewReaderSize(named{"gzip", zr}, readBuffer)
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		zr, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return fmt.Errorf("zstd: %w", err)
		}
		closeFile := s.close
		s.close = func() { zr.Close(); closeFile() }
		s.Reader = bufio.NewReaderSize(named{"zstd", zr}, readBuffer)
	case isBzip2(br, head):
		s.Reader = bufio.NewReaderSize(named{"bzip2", bzip2.NewReader(br)}, readBuffer)
	default:
		s.Reader = br
	}
	return nil
}

// isBzip2 looks at the first block's magic too: "BZh" may begin a text.
func isBzip2(br *bufio.Reader, head []byte) bool {
	if !bytes.HasPrefix(head, []byte("BZh")) {
		return false
	}
	head, _ = br.Peek(10)
	return len(head) == 10 && (bytes.Equal(head[4:], []byte("1AY&SY")) || bytes.Equal(head[4:], []byte{0x17, 0x72, 0x45, 0x38, 0x50, 0x90}))
}

// named adds the compression's name to read errors.
type named struct {
	name string
	r    io.Reader
}

func (n named) Read(p []byte) (int, error) {
	k, err := n.r.Read(p)
	if err != nil && err != io.EOF && !errors.Is(err, ErrStopped) {
		err = fmt.Errorf("%s: %w", n.name, shortRead(err))
	}
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

// A meter reports the bytes that pass through it.
type meter struct {
	r      io.Reader
	onRead func(n int)
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.onRead(n)
	return n, err
}
