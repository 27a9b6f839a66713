package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"ttpctl/internal/lines"
)

// A Line is one line of an [Entry].
type Line struct {
	Text []byte // without its ending
	Bad  string // why it could not be read, "" = it was: then Text is not kept
}

// An Entry is what one Append takes.
type Entry struct {
	Lines []Line
	Meta  []byte // told again by Options.Seen, for as long as the entry is there
	Wait  bool   // for room, instead of giving ErrFull
}

// A record is a frame, the length and the checksum of what follows, and a body:
// flags, the length of the meta data and these, the number of lines, and of each
// line twice its length, plus one when it is bad, and its text or its reason.
const (
	frameBytes = 8
	lastRecord = 1 // flag: it ends its entry
)

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// appendEntry appends the records of e, each as long as a block of lines at
// most, but for a longer line.
func appendEntry(dst []byte, e *Entry) []byte {
	rest := e.Lines
	for {
		n := recordLines(rest)
		last := n == len(rest)
		dst = appendRecord(dst, rest[:n], e.Meta, last)
		if rest = rest[n:]; last {
			return dst
		}
	}
}

// recordLines returns how many of ls go into one record.
func recordLines(ls []Line) int {
	size := 0
	for i := range ls {
		size += len(ls[i].Text) + len(ls[i].Bad)
		if i > 0 && (size > lines.BlockBytes || i == lines.BlockLines) {
			return i
		}
	}
	return len(ls)
}

// appendRecord appends one record. The meta data stand in the last of an entry.
func appendRecord(dst []byte, ls []Line, meta []byte, last bool) []byte {
	begin := len(dst)
	dst = append(dst, make([]byte, frameBytes)...)
	if last {
		dst = append(dst, lastRecord)
		dst = binary.AppendUvarint(dst, uint64(len(meta)))
		dst = append(dst, meta...)
	} else {
		dst = append(dst, 0, 0)
	}
	dst = binary.AppendUvarint(dst, uint64(len(ls)))
	for _, l := range ls {
		if l.Bad != "" {
			dst = binary.AppendUvarint(dst, uint64(len(l.Bad))<<1|1)
			dst = append(dst, l.Bad...)
			continue
		}
		dst = binary.AppendUvarint(dst, uint64(len(l.Text))<<1)
		dst = append(dst, l.Text...)
	}
	body := dst[begin+frameBytes:]
	binary.LittleEndian.PutUint32(dst[begin:], uint32(len(body)))
	binary.LittleEndian.PutUint32(dst[begin+4:], crc32.Checksum(body, castagnoli()))
	return dst
}

// A frame is the head of a record.
type frame struct{ length, sum uint32 }

func parseFrame(b []byte) frame {
	return frame{binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])}
}

// holds reports whether body is what f stands before. A record is never empty:
// a file that a crash left with zeros at its end holds no records there.
func (f frame) holds(body []byte) bool {
	return f.length > 0 && int(f.length) == len(body) && crc32.Checksum(body, castagnoli()) == f.sum
}

var errRecord = errors.New("malformed record")

// A recordHead is what a body begins with.
type recordHead struct {
	last  bool
	meta  []byte
	lines int
	size  int // of all of it
}

// parseHead reads the beginning of a body.
func parseHead(body []byte) (h recordHead, err error) {
	if len(body) == 0 {
		return h, errRecord
	}
	h.last, h.size = body[0]&lastRecord != 0, 1
	n, err := h.number(body, len(body))
	if err != nil || n > len(body)-h.size {
		return h, errRecord
	}
	h.meta = body[h.size : h.size+n]
	h.size += n
	h.lines, err = h.number(body, len(body))
	return h, err
}

// number reads a number that is at most limit.
func (h *recordHead) number(body []byte, limit int) (int, error) {
	n, size := binary.Uvarint(body[h.size:])
	if size <= 0 || n > uint64(limit) {
		return 0, errRecord
	}
	h.size += size
	return int(n), nil
}

// eachLine calls yield for the lines of a body: where the text of each stands
// in it, or the reason why it is bad.
func eachLine(body []byte, yield func(begin, end int, bad bool)) (recordHead, error) {
	h, err := parseHead(body)
	if err != nil {
		return h, err
	}
	at := h.size
	for range h.lines {
		n, size := binary.Uvarint(body[at:])
		if size <= 0 || n>>1 > uint64(len(body)-at-size) {
			return h, errRecord
		}
		begin, end := at+size, at+size+int(n>>1)
		yield(begin, end, n&1 != 0)
		at = end
	}
	return h, nil
}

// addRecord appends the lines of a body to b, which may hold some already, and
// returns how many bytes they and their endings are. offset is that of the first
// of them in the log.
func addRecord(b *lines.Block, body []byte, offset int64) (text int64, err error) {
	base := len(b.Text)
	b.Text = append(b.Text, body...)
	_, err = eachLine(body, func(begin, end int, bad bool) {
		l := lines.Line{Start: base + begin, End: base + end, Offset: offset + text}
		if bad {
			l.Bad, l.End = string(body[begin:end]), l.Start
		}
		text += int64(l.End-l.Start) + 1
		b.Lines = append(b.Lines, l)
	})
	return text, err
}
