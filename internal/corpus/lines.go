package corpus

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
)

// maxLine is the longest row that is read, in bytes.
const maxLine = 16 << 20

// A block of lines is full at either bound: large enough that handing it
// between goroutines costs nothing per row, small enough that a dozen of them
// stay far below the memory of one row of maxLine.
const (
	blockBytes = 128 << 10
	blockLines = 512
)

// A block is some consecutive lines of one corpus.
type block struct {
	corpus int    // index of its corpus
	first  int    // number of its first line, from 1
	text   []byte // the lines with their endings
	ends   []int  // where each line ends in text, its ending included
	long   []int  // indexes of lines over maxLine, whose text was dropped
}

// A line is the text of one line, or why it could not be read.
type line struct {
	text []byte
	bad  string
}

// lines yields the lines of b that hold anything, without their endings, each
// with its number.
func (b *block) lines(yield func(n int, l line) bool) {
	start, long := 0, b.long
	for i, end := range b.ends {
		text := bytes.TrimSpace(b.text[start:end])
		start = end
		reason := ""
		if len(long) > 0 && long[0] == i {
			long, reason = long[1:], "line longer than "+strconv.Itoa(maxLine)+" bytes"
		}
		if len(text) == 0 && reason == "" {
			continue
		}
		if !yield(b.first+i, line{text, reason}) {
			return
		}
	}
}

// readBlocks cuts r into blocks and hands each to f until the stream ends or f
// fails. A byte order mark is dropped.
func readBlocks(r io.Reader, corpus int, f func(*block) error) error {
	br := bufio.NewReaderSize(r, blockBytes)
	if mark, _ := br.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		br.Discard(3)
	}
	next := 1
	for {
		b := &block{corpus: corpus, first: next}
		err := b.fill(br)
		next += len(b.ends)
		if len(b.ends) > 0 {
			if err := f(b); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// fill reads lines until b is full; it returns the error that ended the stream.
func (b *block) fill(br *bufio.Reader) error {
	for len(b.text) < blockBytes && len(b.ends) < blockLines {
		start := len(b.text)
		err := bufio.ErrBufferFull
		for errors.Is(err, bufio.ErrBufferFull) {
			var part []byte
			part, err = br.ReadSlice('\n')
			b.text = append(b.text, part...)
			if len(b.text)-start > maxLine {
				b.text = b.text[:start]
				b.tooLong()
				err = skipLine(br, err)
				break
			}
		}
		if len(b.text) > start {
			b.ends = append(b.ends, len(b.text))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *block) tooLong() {
	b.long = append(b.long, len(b.ends))
	b.ends = append(b.ends, len(b.text))
}

// skipLine reads to the end of the line whose last read gave err.
func skipLine(br *bufio.Reader, err error) error {
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = br.ReadSlice('\n')
	}
	return err
}
