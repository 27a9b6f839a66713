package ingest

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
)

// A batch is full at either bound. batchBytes is large enough that handing
// batches between goroutines costs nothing per event, and small enough that
// a dozen of them in flight stay far below the memory target.
const (
	batchBytes = 128 << 10
	batchLines = 1024
)

// A splitter cuts a stream into lines. Lines end in LF or CRLF, the last one
// may lack its ending, a byte order mark at the start is dropped. A line of
// more than max bytes is skipped in constant memory and comes out rejected.
type splitter struct {
	br      *bufio.Reader
	max     int
	tooLong string // the reason given for a line over max
	live    bool   // hand on what is there rather than wait for a full batch
	next    int    // number of the next line, from 1
	offset  int64  // in the stream, of the next line
	err     error  // what ended the stream: io.EOF, or the read error

	// firstHash is the hash of the first line, without its ending, in hex. It
	// tells the file from others of its name.
	firstHash string
}

func newSplitter(br *bufio.Reader, maxLine int, live bool) *splitter {
	return &splitter{
		br: br, max: maxLine, live: live, next: 1,
		tooLong: "line longer than " + strconv.Itoa(maxLine) + " bytes",
	}
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// skipMark drops a byte order mark. It waits for three bytes of input.
func (s *splitter) skipMark() {
	if head, _ := s.br.Peek(len(byteOrderMark)); bytes.Equal(head, byteOrderMark) {
		s.br.Discard(len(byteOrderMark))
		s.offset += int64(len(byteOrderMark))
	}
}

// fill appends lines to b until it is full or the stream ends, and reports
// whether there may be more.
func (s *splitter) fill(b *Batch) bool {
	if s.next == 1 {
		s.skipMark()
	}
	b.first = s.next
	for s.err == nil && len(b.buf) < batchBytes && len(b.lines) < batchLines {
		if s.live && len(b.lines) > 0 && !s.lineWaiting() {
			break
		}
		s.numbered(b)
	}
	return s.err == nil
}

// numbered appends the next line to b, if there is one, with its place.
func (s *splitter) numbered(b *Batch) {
	begin, n := s.offset, len(b.lines)
	s.line(b)
	if len(b.lines) == n {
		return
	}
	b.lines[n].offset = begin
	s.next++
	if s.firstHash == "" {
		s.firstHash = hashLine(b.raw(n))
	}
}

// skipTo passes over the lines before an offset.
func (s *splitter) skipTo(offset int64) {
	if offset <= 0 {
		return
	}
	s.skipMark()
	for b := new(Batch); s.err == nil && s.offset < offset; {
		s.numbered(b)
		b.buf, b.lines = b.buf[:0], b.lines[:0]
	}
}

// lineWaiting reports whether a whole line can be had without reading.
func (s *splitter) lineWaiting() bool {
	waiting, _ := s.br.Peek(s.br.Buffered())
	return bytes.IndexByte(waiting, '\n') >= 0
}

// line appends the next line to b, or sets s.err when there is none.
func (s *splitter) line(b *Batch) {
	start := len(b.buf)
	for {
		part, err := s.br.ReadSlice('\n')
		s.offset += int64(len(part))
		if len(b.buf)-start+len(part) > s.max+len("\r\n") {
			b.buf = b.buf[:start]
			s.skipLine(err)
			b.addLine(start, start, s.tooLong)
			return
		}
		s.grow(b, len(part))
		b.buf = append(b.buf, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		s.err = err
		break
	}
	if len(b.buf) == start && s.err != nil {
		return
	}
	if s.err != nil && s.err != io.EOF {
		b.buf = b.buf[:start]
		if !errors.Is(s.err, errStopped) {
			b.addLine(start, start, "line cut off: the file could not be read further")
		}
		return
	}
	end := start + len(trimEnding(b.buf[start:]))
	if end-start > s.max {
		b.buf = b.buf[:start]
		b.addLine(start, start, s.tooLong)
		return
	}
	b.addLine(start, end, "")
}

// grow makes room for n more bytes. Left to append, a line of 16 MiB would
// leave five times as much garbage: it grows large slices by a quarter.
func (s *splitter) grow(b *Batch, n int) {
	if need := len(b.buf) + n; need > cap(b.buf) {
		most := batchBytes + s.max + len("\r\n")
		b.buf = append(make([]byte, 0, max(need, min(2*cap(b.buf), most))), b.buf...)
	}
}

// skipLine reads up to the end of the line whose last read gave err.
func (s *splitter) skipLine(err error) {
	for errors.Is(err, bufio.ErrBufferFull) {
		var part []byte
		part, err = s.br.ReadSlice('\n')
		s.offset += int64(len(part))
	}
	s.err = err
}

// failure returns the error that ended the stream early, if any.
func (s *splitter) failure() error {
	if errors.Is(s.err, io.EOF) || errors.Is(s.err, errStopped) {
		return nil
	}
	return s.err
}

// hashLine returns enough of the SHA-256 of l to tell files apart, in hex.
func hashLine(l []byte) string {
	sum := sha256.Sum256(l)
	return hex.EncodeToString(sum[:8])
}

func trimEnding(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}

// addLine appends the line at [start, end) of b.buf, rejected if there is a
// reason.
func (b *Batch) addLine(start, end int, reason string) {
	l := line{start: start, end: end}
	if reason != "" {
		l.fate, l.note = rejected, reason
	}
	b.lines = append(b.lines, l)
}
