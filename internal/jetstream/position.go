package jetstream

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// A position is what a cursor says: up to which message a stream was read, and
// which stream of its name, by the instant at which it was made.
type position struct {
	created int64 // Unix nanoseconds; 0 = nothing was read
	seq     uint64
}

// positionForm is the first part of cursors, which another form has another of.
const positionForm = "js1"

var errPosition = errors.New("malformed cursor of a stream")

func parsePosition(c string) (p position, err error) {
	if c == "" {
		return p, nil
	}
	parts := strings.Split(c, ":")
	if len(parts) != 3 || parts[0] != positionForm {
		return p, errPosition
	}
	var bad error
	p.created, err = strconv.ParseInt(parts[1], 10, 64)
	p.seq, bad = strconv.ParseUint(parts[2], 10, 63)
	if err != nil || bad != nil || p.created <= 0 {
		return position{}, errPosition
	}
	return p, nil
}

func (p position) String() string {
	if p.created == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", positionForm, p.created, p.seq)
}

// in returns up to which message a stream was read: another one that was made
// under the name since was not.
func (p position) in(s *jetstream.StreamInfo) uint64 {
	if p.created != s.Created.UnixNano() {
		return 0
	}
	return p.seq
}
