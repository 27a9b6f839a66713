package lines

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Cursor says how far an input was read. Only who gave it can read it; it may
// be stored. "" is the beginning.
type Cursor string

// A place is what a Cursor says. Of one of version 1, which files and archives
// give, only the first two are known.
type place struct {
	hash   string // of the first line; "" = nothing was read
	offset int64  // of the line that comes next, behind all decompression
	line   int    // its number, from 1; 0 = not known
	// tail is the hash of the last bytes before the offset: logs may all begin
	// with the same line. "" = not known.
	tail string
	// mtime is a time in ns at which the file was being written or not yet: files
	// that were finished before it are older. 0 = not known.
	mtime int64
	// before is the end of the file before, kept while the file may begin like
	// others: its first lines may be a header. nil = not known.
	before *place
}

// headerLines is how many lines the header of a log may have.
const headerLines = 8

// vague reports whether other files of the log may hold what stands before p.
func (p *place) vague() bool { return p.line <= headerLines+1 }

// Versions of the form of cursors.
const (
	fileCursor = "1" // of files: hash, offset
	logCursor  = "2" // of followed logs: hash, offset, line, tail, mtime
)

var errCursor = errors.New("malformed cursor")

func (r *reading) cursor() Cursor {
	return Cursor(fileCursor + ":" + r.cutter.firstHash + ":" + strconv.FormatInt(r.cutter.offset, 10))
}

// cursor returns p as a cursor of a followed log.
func (p *place) cursor() Cursor {
	parts := append([]string{logCursor}, p.parts()...)
	if p.before != nil && p.vague() {
		parts = append(parts, p.before.parts()...)
	}
	return Cursor(strings.Join(parts, ":"))
}

// placeParts is the number of parts of a place in a cursor of a followed log.
const placeParts = 5

func (p *place) parts() []string {
	return []string{p.hash, strconv.FormatInt(p.offset, 10), strconv.Itoa(p.line), p.tail, strconv.FormatInt(p.mtime, 10)}
}

func parseCursor(c Cursor) (p place, err error) {
	if c == "" {
		return p, nil
	}
	version, rest, _ := strings.Cut(string(c), ":")
	parts := strings.Split(rest, ":")
	switch {
	case version == fileCursor && len(parts) == 2:
		return parsePlace(parts[0], parts[1], "0", "", "0")
	case version == logCursor && len(parts) == placeParts:
		return parsePlace(parts[0], parts[1], parts[2], parts[3], parts[4])
	case version == logCursor && len(parts) == 2*placeParts:
		return parsePlaces(parts)
	case version == fileCursor || version == logCursor || rest == "":
		return p, errCursor
	}
	return p, fmt.Errorf("cursor of version %.10q, want %s or %s", version, fileCursor, logCursor)
}

// parsePlaces reads a place and the one before it.
func parsePlaces(parts []string) (p place, err error) {
	before, err := parsePlace(parts[5], parts[6], parts[7], parts[8], parts[9])
	if err != nil {
		return place{}, err
	}
	if p, err = parsePlace(parts[0], parts[1], parts[2], parts[3], parts[4]); err != nil {
		return place{}, err
	}
	p.before = &before
	return p, nil
}

func parsePlace(hash, offset, line, tail, mtime string) (place, error) {
	p := place{hash: hash, tail: tail}
	n, badLine := strconv.ParseUint(line, 10, 31)
	var badOffset, badTime error
	p.line = int(n)
	p.offset, badOffset = strconv.ParseInt(offset, 10, 64)
	p.mtime, badTime = strconv.ParseInt(mtime, 10, 64)
	if badLine != nil || badOffset != nil || badTime != nil || p.offset < 0 {
		return place{}, errCursor
	}
	return p, nil
}

// tailBytes is how many of the bytes before an offset a cursor has the hash of.
const tailBytes = 256

// hashTail returns the hash of the bytes that stand before offset, of which b
// has the last; "" when b has too few.
func hashTail(b []byte, offset int64) string {
	n := min(tailBytes, offset)
	if int64(len(b)) < n {
		return ""
	}
	sum := sha256.Sum256(b[int64(len(b))-n:])
	return hex.EncodeToString(sum[:8])
}
