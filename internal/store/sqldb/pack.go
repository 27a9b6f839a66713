package sqldb

import (
	"encoding/binary"
	"errors"

	"ttpctl/internal/store"
)

const (
	// packFormat is the first byte of a row of messages; another form has
	// another.
	packFormat = 1
	// packSize is how many bytes of messages a row has, at most the last of them
	// more. Longer rows are hardly cheaper to write, and are read again by every
	// Next that begins in their middle.
	packSize = 32 << 10
)

var errPacked = errors.New("a row of messages in ttp_outbox is malformed")

// pack appends to dst as many messages as belong into one row, and returns how
// many they are: of each its topic, the length of its body and the body.
func pack(dst []byte, ms []store.Message) (row []byte, n int) {
	dst = append(dst, packFormat)
	for n < len(ms) && len(dst) < packSize {
		m := &ms[n]
		dst = append(dst, byte(m.Topic))
		dst = binary.AppendUvarint(dst, uint64(len(m.Body)))
		dst = append(dst, m.Body...)
		n++
	}
	return dst, n
}

// unpack appends the messages of a row that begins with number first to dst,
// those above passed, until there are limit.
func unpack(dst []store.Message, row []byte, first, passed int64, limit int) ([]store.Message, error) {
	if len(row) == 0 || row[0] != packFormat {
		return dst, errPacked
	}
	for seq, rest := first, row[1:]; len(rest) > 0 && len(dst) < limit; seq++ {
		topic := store.Topic(rest[0])
		size, n := binary.Uvarint(rest[1:])
		rest = rest[1:]
		if n <= 0 || size > uint64(len(rest)-n) {
			return dst, errPacked
		}
		body := rest[n : n+int(size) : n+int(size)]
		rest = rest[n+int(size):]
		if seq > passed {
			dst = append(dst, store.Message{Seq: seq, Topic: topic, Body: body})
		}
	}
	return dst, nil
}
