package spool

import (
	"bufio"
	"errors"
	"io"
	"os"
)

// readerBytes is how much of a segment is read at once.
const readerBytes = 64 << 10

// A recordReader reads the records of a segment between two offsets.
type recordReader struct {
	br     *bufio.Reader
	offset int64 // of the record that comes next
	limit  int64
	body   []byte
}

func newRecordReader(f *os.File, offset, limit int64) *recordReader {
	section := io.NewSectionReader(f, offset, max(0, limit-offset))
	return &recordReader{br: bufio.NewReaderSize(section, readerBytes), offset: offset, limit: limit}
}

// next returns the body of the next record, which is good until the next call.
// It is io.EOF at the limit, and errRecord for what is no whole record.
func (r *recordReader) next() ([]byte, error) {
	head, err := r.br.Peek(frameBytes)
	if err != nil {
		if len(head) > 0 && errors.Is(err, io.EOF) {
			err = errRecord
		}
		return nil, err
	}
	f := parseFrame(head)
	if int64(f.length) > r.limit-r.offset-frameBytes {
		return nil, errRecord
	}
	if _, err := r.br.Discard(frameBytes); err != nil {
		return nil, err
	}
	if cap(r.body) < int(f.length) || cap(r.body) > 8*readerBytes {
		r.body = make([]byte, f.length)
	}
	r.body = r.body[:f.length]
	if _, err := io.ReadFull(r.br, r.body); err != nil {
		return nil, err
	}
	if !f.holds(r.body) {
		return nil, errRecord
	}
	r.offset += frameBytes + int64(f.length)
	return r.body, nil
}
