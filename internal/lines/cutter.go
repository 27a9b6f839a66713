package lines

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"unsafe"
)

// A Block is full at either bound. BlockBytes is large enough that handing
// blocks between goroutines costs nothing per line, and small enough that a
// dozen of them in flight stay far below the memory target.
const (
	BlockBytes = 128 << 10
	BlockLines = 1024
)

// A Block is some consecutive lines of one input. It belongs to one goroutine
// at a time, and is reused.
type Block struct {
	Text  []byte // the lines with their endings
	Lines []Line
	First int // number of Lines[0] in its input, from 1; of a followed log, in its file

	// What a Source says besides.
	File       string // of a followed log: the file that the lines are of
	Cursor     Cursor // behind the last line
	Origin     string // the hash of the input's first line, in hex
	NULs       int64  // bytes dropped before lines since the block before
	Unfinished int64  // bytes of a line that were taken when a stream was stopped
	Judged     bool   // all lines lie before Input.Judged
	// Numbered says that people know lines by their Offset, which is a number of the
	// source's own: of a message, not of a byte.
	Numbered bool
	// State is what the source remembers behind the last line, for Input.State of
	// whoever goes on at Cursor; it may be asked for later, and by another goroutine.
	// nil = it remembers nothing.
	State func() []byte
}

// A Line is where one line stands, without its ending.
type Line struct {
	Start, End int    // in the text of its block
	Offset     int64  // in its input, decompressed
	Bad        string // why the line could not be read, "" = it was
}

// Raw returns the bytes of line i.
func (b *Block) Raw(i int) []byte { return b.Text[b.Lines[i].Start:b.Lines[i].End] }

// Shared returns the text of b as a string of the same memory, which is good until
// Reset: what outlives that has to be copied.
func (b *Block) Shared() string { return unsafe.String(unsafe.SliceData(b.Text), len(b.Text)) }

// Reset empties b for reuse. It lets go of a buffer that one giant line made
// large.
func (b *Block) Reset() {
	if poison {
		for i := range b.Text {
			b.Text[i] = '~'
		}
	}
	if cap(b.Text) > KeepBytes {
		b.Text = nil
	}
	clear(b.Lines)
	*b = Block{Text: b.Text[:0], Lines: b.Lines[:0]}
}

// KeepBytes is the capacity up to which a buffer of lines is kept: one giant
// line must not stay around.
const KeepBytes = 4 * BlockBytes

func (b *Block) add(start, end int, bad string) {
	b.Lines = append(b.Lines, Line{Start: start, End: end, Bad: bad})
}

// A Cutter cuts a stream into lines. Lines end in LF or CRLF, the last one
// may lack its ending, a byte order mark at the start is dropped. A line of
// more than max bytes is skipped in constant memory and comes out bad.
//
// NUL bytes at the beginning of a line are dropped and counted: a log that is
// truncated while its writer goes on at the old place begins with as many of
// them as the file was long, which may be gigabytes that no disk holds.
type Cutter struct {
	br      *bufio.Reader
	max     int
	tooLong string // what is said of a line over max
	live    bool   // hand on what is there rather than wait for a full block
	next    int    // number of the next line, from 1
	offset  int64  // in the stream, of the next line
	err     error  // what ended the stream: io.EOF, or the read error
	nuls    int64  // bytes dropped before lines
	rest    int64  // bytes of a line that were read when the stream was stopped
	judged  place  // where a block ends
	again   bool   // the input can be read again: a line that breaks off is left to who does

	// firstHash is the hash of the first line, without its ending, in hex. It
	// tells the file from others of its name.
	firstHash string
}

// NewCutter returns a Cutter of s for lines of at most maxLine bytes.
func NewCutter(s *Stream, maxLine int) *Cutter {
	return &Cutter{
		br: s.Reader, max: maxLine, live: s.Live, next: 1,
		tooLong: tooLong(maxLine),
	}
}

func tooLong(maxLine int) string { return "line longer than " + strconv.Itoa(maxLine) + " bytes" }

var byteOrderMark = []byte("\xef\xbb\xbf")

// skipMark drops a byte order mark. It waits for no more of the input than it
// needs to know.
func (c *Cutter) skipMark() {
	for n := range len(byteOrderMark) {
		if head, _ := c.br.Peek(n + 1); !bytes.Equal(head, byteOrderMark[:n+1]) {
			return
		}
	}
	c.br.Discard(len(byteOrderMark))
	c.offset += int64(len(byteOrderMark))
}

// Fill appends lines to b, which is empty, until it is full or the stream
// ends, and reports whether there may be more.
func (c *Cutter) Fill(b *Block) bool {
	if c.next == 1 {
		c.skipMark()
	}
	b.First = c.next
	for c.err == nil && len(b.Text) < BlockBytes && len(b.Lines) < BlockLines {
		if len(b.Lines) > 0 && (c.offset == c.judged.offset || c.live && !c.lineWaiting()) {
			break
		}
		c.numbered(b)
	}
	b.Judged = c.offset <= c.judged.offset && c.firstHash == c.judged.hash
	return c.err == nil
}

// numbered appends the next line to b, if there is one, and counts it.
func (c *Cutter) numbered(b *Block) {
	begin, nuls, n := c.offset, c.nuls, len(b.Lines)
	c.line(b)
	if c.broken() {
		c.offset, c.nuls, c.rest = begin, nuls, 0
	}
	if len(b.Lines) == n {
		return
	}
	b.Lines[n].Offset = begin
	c.next++
	if c.firstHash == "" {
		c.firstHash = HashLine(b.Raw(n))
	}
}

// skipTo passes over the lines before an offset.
func (c *Cutter) skipTo(offset int64) {
	if offset <= 0 {
		return
	}
	c.skipMark()
	for b := new(Block); c.err == nil && c.offset < offset; b.Reset() {
		c.numbered(b)
	}
}

// lineWaiting reports whether a whole line can be had without reading.
func (c *Cutter) lineWaiting() bool {
	waiting, _ := c.br.Peek(c.br.Buffered())
	return bytes.IndexByte(waiting, '\n') >= 0
}

// broken reports whether reading ended with an error in an input that is opened again
// later, which then goes on from there.
func (c *Cutter) broken() bool { return c.again && c.err != nil && c.err != io.EOF }

// line appends the next line to b, or sets c.err when there is none.
func (c *Cutter) line(b *Block) {
	c.skipNULs()
	start := len(b.Text)
	for {
		part, err := c.br.ReadSlice('\n')
		c.offset += int64(len(part))
		if len(b.Text)-start+len(part) > c.max+len("\r\n") {
			b.Text = b.Text[:start]
			if c.skipLine(err); !c.broken() {
				b.add(start, start, c.tooLong)
			}
			return
		}
		c.grow(b, len(part))
		b.Text = append(b.Text, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		c.err = err
		break
	}
	if len(b.Text) == start && c.err != nil {
		return
	}
	if c.err != nil && c.err != io.EOF {
		c.rest = int64(len(b.Text) - start)
		b.Text = b.Text[:start]
		if !errors.Is(c.err, ErrStopped) && !c.again {
			b.add(start, start, "line cut off: the file could not be read further")
		}
		return
	}
	end := start + len(TrimEnding(b.Text[start:]))
	if end-start > c.max {
		b.Text = b.Text[:start]
		b.add(start, start, c.tooLong)
		return
	}
	b.add(start, end, "")
}

func (c *Cutter) skipNULs() {
	n := skipNULs(c.br)
	c.nuls += n
	c.offset += n
}

// skipNULs drops the NUL bytes that come next, and returns how many.
func skipNULs(br *bufio.Reader) (dropped int64) {
	for {
		head, _ := br.Peek(max(1, br.Buffered()))
		if len(head) == 0 || head[0] != 0 {
			return dropped
		}
		n := len(head) - len(bytes.TrimLeft(head, "\x00"))
		br.Discard(n)
		dropped += int64(n)
	}
}

// grow makes room for n more bytes. Left to append, a line of 16 MiB would
// leave five times as much garbage: it grows large slices by a quarter.
func (c *Cutter) grow(b *Block, n int) {
	if need := len(b.Text) + n; need > cap(b.Text) {
		most := BlockBytes + c.max + len("\r\n")
		b.Text = append(make([]byte, 0, max(need, min(2*cap(b.Text), most))), b.Text...)
	}
}

// skipLine reads up to the end of the line whose last read gave err.
func (c *Cutter) skipLine(err error) {
	for errors.Is(err, bufio.ErrBufferFull) {
		var part []byte
		part, err = c.br.ReadSlice('\n')
		c.offset += int64(len(part))
	}
	c.err = err
}

// Err returns the error that ended the stream early, if any.
func (c *Cutter) Err() error {
	if errors.Is(c.err, io.EOF) || errors.Is(c.err, ErrStopped) {
		return nil
	}
	return c.err
}

// HashLine returns enough of the SHA-256 of l to tell files apart, in hex.
func HashLine(l []byte) string {
	sum := sha256.Sum256(l)
	return hex.EncodeToString(sum[:8])
}

// TrimEnding returns b without the LF or CRLF at its end.
func TrimEnding(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}
