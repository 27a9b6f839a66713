package spool

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A segment is one file of the log.
type segment struct {
	number int64
	size   int64 // of what is whole and synced
	head   header
}

// A header is what a segment begins with.
type header struct {
	id     string // of the log, in hex
	origin string // the hash of the log's first line, as lines.HashLine gives it
	line   int64  // the number of the segment's first line
	text   int64  // bytes of the lines before it, their endings included
}

// The header: magic, id, origin, line, text, and the checksum of these.
const (
	magic       = "ttpspl1\n"
	idBytes     = 8
	headerBytes = len(magic) + 2*idBytes + 2*8 + 4
	suffix      = ".seg"
)

// first returns where the records of s begin.
func (s *segment) first() place {
	return place{s.number, int64(headerBytes), s.head.line, s.head.text}
}

// behind returns the segment and the offset where s ends.
func (s *segment) behind() place { return place{segment: s.number, offset: s.size} }

func (l *Log) path(number int64) string {
	return filepath.Join(l.dir, fmt.Sprintf("%012d%s", number, suffix))
}

func (h *header) append(dst []byte) ([]byte, error) {
	begin := len(dst)
	dst = append(dst, magic...)
	for _, text := range []string{h.id, h.origin} {
		b, err := hex.DecodeString(text)
		if err != nil || len(b) != idBytes {
			return dst, errHeader
		}
		dst = append(dst, b...)
	}
	dst = binary.LittleEndian.AppendUint64(dst, uint64(h.line))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(h.text))
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[begin:], castagnoli())), nil
}

var errHeader = errors.New("malformed header")

func parseHeader(b []byte) (h header, err error) {
	if len(b) < headerBytes || string(b[:len(magic)]) != magic {
		return h, errHeader
	}
	fields, sum := b[:headerBytes-4], binary.LittleEndian.Uint32(b[headerBytes-4:])
	if crc32.Checksum(fields, castagnoli()) != sum {
		return h, errHeader
	}
	at := len(magic)
	h.id, h.origin = hex.EncodeToString(b[at:at+idBytes]), hex.EncodeToString(b[at+idBytes:at+2*idBytes])
	h.line = int64(binary.LittleEndian.Uint64(b[at+2*idBytes:]))
	h.text = int64(binary.LittleEndian.Uint64(b[at+2*idBytes+8:]))
	return h, nil
}

// numbers returns the numbers of the segments in dir, ascending.
func numbers(dir string) ([]int64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var ns []int64
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		n, err := strconv.ParseInt(name, 10, 64)
		if ok && err == nil && n > 0 {
			ns = append(ns, n)
		}
	}
	slices.Sort(ns)
	return ns, nil
}

// A Torn is what a crash left of entries that were not answered.
type Torn struct {
	File  string
	Bytes int64 // cut off
}

// scan reads the records of the segment called number and tells seen of the
// entries that have meta data. s.size is behind the last entry that is whole,
// end the same.
func (l *Log) scan(number int64) (s segment, end place, err error) {
	f, err := os.Open(l.path(number))
	if err != nil {
		return s, end, err
	}
	defer f.Close()
	head := make([]byte, headerBytes)
	if _, err := io.ReadFull(f, head); err != nil {
		return s, end, fmt.Errorf("%w: %w", errHeader, err)
	}
	s.number = number
	if s.head, err = parseHeader(head); err != nil {
		return s, end, err
	}
	end, err = scanRecords(f, s.first(), func(meta []byte, end place) { l.opt.Seen(meta, end.cursor(s.head.id)) })
	s.size = end.offset
	return s, end, err
}

// scanRecords reads records from at on, and returns where the last entry ends
// that is whole.
func scanRecords(f *os.File, at place, seen func(meta []byte, end place)) (end place, err error) {
	info, err := f.Stat()
	if err != nil {
		return at, err
	}
	r := newRecordReader(f, at.offset, info.Size())
	end = at
	for {
		body, err := r.next()
		if err != nil {
			return end, notTorn(err)
		}
		h, text, err := measure(body)
		if err != nil {
			return end, nil
		}
		at.offset, at.line, at.text = r.offset, at.line+int64(h.lines), at.text+text
		if !h.last {
			continue
		}
		if end = at; len(h.meta) > 0 {
			seen(h.meta, end)
		}
	}
}

// notTorn returns err unless it says that a record is not whole.
func notTorn(err error) error {
	if errors.Is(err, errRecord) || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// measure returns the head of a body, and how many bytes its lines and their
// endings are.
func measure(body []byte) (h recordHead, text int64, err error) {
	h, err = eachLine(body, func(begin, end int, bad bool) {
		if !bad {
			text += int64(end - begin)
		}
		text++
	})
	return h, text, err
}
