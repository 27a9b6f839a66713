package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/state"
)

// maxLogs is how many logs are told apart whose equal lines are counted.
const maxLogs = 256

// lineIDs makes source_ids of lines that hold none. An id is made of the line
// itself, so that a tail, a copy and a rotation of a log give the same: its
// hash, and how many lines of its log and second before it were the same.
type lineIDs struct {
	prefix string
	equal  *state.Table[string, *equalLines] // by log
	buf    []byte
	slab   event.Slab
}

func newLineIDs(prefix string) *lineIDs {
	return &lineIDs{prefix: prefix, equal: state.NewTable[string, *equalLines](maxLogs)}
}

// hashLine returns the hash that stands for a line in its id.
func hashLine(l []byte) uint64 {
	sum := sha256.Sum256(l)
	return binary.BigEndian.Uint64(sum[:])
}

// next returns the id of the next line of a log.
func (n *lineIDs) next(log string, at time.Time, hash uint64) string {
	e := n.equal.Find(log)
	if e == nil {
		e = n.equal.Add(strings.Clone(log), &equalLines{}, 1)
		n.equal.Overflow()
	}
	k := e.Value.count(at.Unix(), hash)
	var eight [8]byte
	binary.BigEndian.PutUint64(eight[:], hash)
	n.buf = hex.AppendEncode(append(n.buf[:0], n.prefix...), eight[:])
	n.buf = strconv.AppendInt(append(n.buf, '.'), int64(k), 10)
	return n.slab.String(n.buf)
}

func (n *lineIDs) code(c *state.Codec) {
	n.equal.Code(c, (*state.Codec).Text, func(c *state.Codec, e **equalLines) {
		if c.Reading() {
			*e = &equalLines{}
		}
		(*e).code(c)
	}, func(**equalLines) int { return 1 })
}

// Bounds of what is remembered of equal lines: seconds of one log, and lines
// of one second. A line holds its second, so that only lines of one second are
// equal; a server writes lines little later than others.
const (
	keptSeconds = 64
	keptLines   = 16 << 10
)

// equalLines counts the lines of one log that are equal, by their hashes. It
// knows the latest 64 distinct seconds; what is older begins anew, so that a
// log that is read again gives the same counts again.
type equalLines struct {
	seconds []secondLines
	next    int // place of the oldest, once there are keptSeconds
}

// secondLines counts the lines of one second.
type secondLines struct {
	at    int64 // since 1970
	lines map[uint64]int
}

// count returns how many lines of a second with a hash came before, and counts
// one more.
func (e *equalLines) count(at int64, hash uint64) int {
	i := len(e.seconds) - 1
	for i >= 0 && e.seconds[i].at != at {
		i--
	}
	if i < 0 {
		i = e.begin(at)
	}
	s := &e.seconds[i]
	if len(s.lines) == keptLines {
		clear(s.lines)
	}
	before := s.lines[hash]
	s.lines[hash] = before + 1
	return before
}

// begin makes room for a second and returns its place.
func (e *equalLines) begin(at int64) int {
	s := secondLines{at, make(map[uint64]int)}
	if len(e.seconds) < keptSeconds {
		e.seconds = append(e.seconds, s)
		return len(e.seconds) - 1
	}
	i := e.next
	e.seconds[i], e.next = s, (e.next+1)%keptSeconds
	return i
}

func (e *equalLines) code(c *state.Codec) {
	state.Slice(c, &e.seconds, func(c *state.Codec, s *secondLines) {
		c.Int64(&s.at)
		hashes := slices.Sorted(maps.Keys(s.lines))
		if c.Reading() {
			s.lines = make(map[uint64]int)
		}
		state.Slice(c, &hashes, func(c *state.Codec, hash *uint64) {
			c.Uint(hash)
			n := s.lines[*hash]
			c.Int(&n)
			s.lines[*hash] = n
		})
	})
	c.Index(&e.next, keptSeconds)
}
