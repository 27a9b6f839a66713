package spool

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"ttpctl/internal/lines"
)

// Options say how a log is kept.
type Options struct {
	MaxBytes int64 // of all segments; 0 = DefaultMaxBytes
	// Seen is told, while the log is opened, of the entries that are still there
	// and have meta data, in order, with the cursor behind each. nil = nobody is.
	Seen func(meta []byte, end lines.Cursor)
	// Leaving is called before segments are removed, and keeps them with its
	// error: who needs the meta data has to keep them now. nil = nobody does.
	Leaving func() error

	within time.Duration // how long another may hold the lock; 0 = lockWithin
}

// DefaultMaxBytes bounds the segments of a log.
const DefaultMaxBytes = 1 << 30

// Bounds of a segment, which is an eighth of the log: what was acknowledged is
// removed in such pieces.
const (
	minSegment = 64 << 10
	maxSegment = 64 << 20
)

// A Log is a directory of segments. It is safe for concurrent use.
type Log struct {
	dir     string
	opt     Options
	lock    *os.File
	segment int64 // bytes after which another is begun
	torn    *Torn
	create  func(path string) (file, error)

	forgetting sync.Mutex // one removal at a time

	mu       sync.Mutex
	id       string // "" = there was no segment yet
	origin   string // the hash of the first line, "" likewise
	segments []segment
	file     file  // the last of them, nil = another is begun first
	end      place // all before it is synced
	acked    place
	next     *group        // entries that wait to be written
	queued   int64         // bytes of entries that are not written yet
	writing  bool          // somebody writes a group
	changed  chan struct{} // closed, and replaced, when any of this changes
	ended    bool          // no entry is taken any more
	broken   error         // nothing can be written any more
}

// A file is what is written of a segment.
type file interface {
	Write(b []byte) (int, error)
	Sync() error
	Truncate(size int64) error
	Close() error
}

// Errors of a log.
var (
	ErrFull    = errors.New("the spool is full")
	ErrDamaged = errors.New("damaged")
	ErrEnded   = errors.New("the spool takes no more lines")
)

// Open opens the log in dir, which is made if it does not exist, and cuts off
// what a crash left of an entry that was not answered.
func Open(dir string, opt Options) (*Log, error) {
	if opt.MaxBytes <= 0 {
		opt.MaxBytes = DefaultMaxBytes
	}
	if opt.Seen == nil {
		opt.Seen = func([]byte, lines.Cursor) {}
	}
	if opt.Leaving == nil {
		opt.Leaving = func() error { return nil }
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := own(dir, cmp.Or(opt.within, lockWithin))
	if err != nil {
		return nil, err
	}
	l := &Log{
		dir: dir, opt: opt, lock: lock, segment: min(max(opt.MaxBytes/8, minSegment), maxSegment), create: createFile,
		next: newGroup(), changed: make(chan struct{}),
	}
	if err := l.load(); err != nil {
		lock.Close()
		return nil, err
	}
	return l, nil
}

func createFile(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// load finds the segments that are there, and mends the last.
func (l *Log) load() error {
	ns, err := numbers(l.dir)
	if err != nil {
		return err
	}
	for i, n := range ns {
		if err := l.loadSegment(n, i == len(ns)-1); err != nil {
			return err
		}
	}
	if len(l.segments) > 0 {
		l.acked = l.segments[0].first()
	}
	return nil
}

func (l *Log) loadSegment(n int64, last bool) error {
	path := l.path(n)
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	s, end, err := l.scan(n)
	switch {
	case errors.Is(err, errHeader) && last: // it was being made
		l.torn = &Torn{path, info.Size()}
		return os.Remove(path)
	case err != nil && !errors.Is(err, errHeader):
		return err
	case err != nil, s.size < info.Size() && !last:
		return damaged(path, s.size)
	case l.id != "" && s.head.id != l.id:
		return fmt.Errorf("%s: %w", path, ErrOtherLog)
	case s.size < info.Size():
		l.torn = &Torn{path, info.Size() - s.size}
		if err := cut(path, s.size); err != nil {
			return err
		}
	}
	l.id, l.origin, l.end = s.head.id, s.head.origin, end
	l.segments = append(l.segments, s)
	return nil
}

// damaged says that what was synced cannot be read.
func damaged(path string, at int64) error {
	return fmt.Errorf("%s: %w at byte %d, of lines that were taken in: move the file away to go on without those behind it", path, ErrDamaged, at)
}

// cut shortens a file for good.
func cut(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	err = f.Truncate(size)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// Torn returns what a crash had left and Open cut off, nil = nothing.
func (l *Log) Torn() *Torn { return l.torn }

// Depth returns how much is not acknowledged.
func (l *Log) Depth() (bytes, lines int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pending(), l.end.line - l.acked.line
}

// pending returns the bytes between what is acknowledged and the end.
func (l *Log) pending() (n int64) {
	for i := range l.segments {
		s := &l.segments[i]
		from := int64(headerBytes)
		if s.number == l.acked.segment {
			from = l.acked.offset
		}
		if s.number >= l.acked.segment {
			n += s.size - from
		}
	}
	return n
}

// End has Append refuse whatever comes; sources end behind what is there.
func (l *Log) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.tell()
}

// Close ends the log and gives up its directory. Nobody appends or reads any
// more.
func (l *Log) Close() error {
	l.End()
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.shut()
	return errors.Join(err, l.lock.Close())
}

// shut lets go of the segment that is written.
func (l *Log) shut() error {
	f := l.file
	if l.file = nil; f == nil {
		return nil
	}
	return f.Close()
}

// Ack says that all before c is committed and need not be kept.
func (l *Log) Ack(c lines.Cursor) error {
	p, err := l.own(c)
	if err != nil || p.segment == 0 {
		return err
	}
	l.mu.Lock()
	if l.end.before(p) {
		err = fmt.Errorf("acknowledging beyond the end of the spool: %w", ErrOtherLog)
	} else if l.acked.before(p) {
		l.acked = p
		l.tell()
	}
	l.mu.Unlock()
	if err != nil {
		return err
	}
	return l.forget()
}

// own returns the place of c if it is of this log.
func (l *Log) own(c lines.Cursor) (place, error) {
	p, id, err := parseCursor(c)
	if err != nil || id == "" {
		return p, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if id != l.id {
		return p, ErrOtherLog
	}
	return p, nil
}

// tell wakes those who wait for room and for lines. It is called with mu held.
func (l *Log) tell() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// forget removes the segments that lie before what is acknowledged.
func (l *Log) forget() error {
	l.forgetting.Lock()
	defer l.forgetting.Unlock()
	l.mu.Lock()
	n := 0
	for n < len(l.segments)-1 && !l.acked.before(l.segments[n].behind()) {
		n++
	}
	gone := slices.Clone(l.segments[:n])
	l.mu.Unlock()
	if len(gone) == 0 {
		return nil
	}
	if err := l.opt.Leaving(); err != nil {
		return err
	}
	for _, s := range gone {
		if err := os.Remove(l.path(s.number)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.segments = slices.Clone(l.segments[n:])
	l.tell()
	return syncDir(l.dir)
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// newID returns a name that no other log has.
func newID() string {
	b := make([]byte, idBytes)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
