package spool

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"ttpctl/internal/lines"
)

// A place is one between two records.
type place struct {
	segment int64 // its number, from 1; 0 = the log was empty
	offset  int64 // in the file
	line    int64 // the number of the line that comes next, from 1
	text    int64 // bytes of the lines before it, their endings included
}

func (p place) before(q place) bool {
	return p.segment < q.segment || p.segment == q.segment && p.offset < q.offset
}

// cursorVersion is raised whenever the form of cursors changes.
const cursorVersion = "s1"

// cursor returns p as a cursor of the log called id.
func (p place) cursor(id string) lines.Cursor {
	if p.segment == 0 {
		return ""
	}
	return lines.Cursor(fmt.Sprintf("%s:%s:%d:%d:%d:%d", cursorVersion, id, p.segment, p.offset, p.line, p.text))
}

// ErrOtherLog is the error of a cursor that another log gave.
var ErrOtherLog = errors.New("this is another spool than the one that was read before")

var errCursor = errors.New("malformed cursor")

// parseCursor returns the place and the log of c; "" is the beginning of any.
func parseCursor(c lines.Cursor) (p place, id string, err error) {
	if c == "" {
		return p, "", nil
	}
	parts := strings.Split(string(c), ":")
	if len(parts) != 6 {
		return p, "", errCursor
	}
	if parts[0] != cursorVersion {
		return p, "", fmt.Errorf("cursor of version %q, want %s", parts[0], cursorVersion)
	}
	for i, to := range []*int64{&p.segment, &p.offset, &p.line, &p.text} {
		if *to, err = strconv.ParseInt(parts[i+2], 10, 64); err != nil || *to < 0 {
			return place{}, "", errCursor
		}
	}
	return p, parts[1], nil
}

// Covers reports whether who has read up to c has read all that lies before end.
// Both are cursors of one log.
func Covers(c, end lines.Cursor) bool {
	p, id, err := parseCursor(c)
	q, other, err2 := parseCursor(end)
	return err == nil && err2 == nil && (q.segment == 0 || id == other) && !p.before(q)
}
