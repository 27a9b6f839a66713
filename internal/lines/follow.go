package lines

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"ttpctl/internal/hint"
)

// Follow says how to read a log while it is written: the file of that name and
// then whatever takes its place, through every rotation.
type Follow struct {
	// Once: the source ends where the log ends now, as if it were a file.
	Once bool
	// Rotations: without a cursor the source begins with the oldest rotation that
	// there is, not with the file that is written.
	Rotations bool
	// Notify is told what an operator should know. nil = nobody is.
	Notify func(Notice)

	Poll  time.Duration // how often the log is looked at when nothing tells of a change; 0 = 250 ms
	Grace time.Duration // how long a file that was rotated away must be quiet to be at its end; 0 = 500 ms

	source atomic.Pointer[followed] // that was opened last
}

// Behind returns how many bytes of the log, as they are stored, its source has
// not given yet; 0 while there is none. It is safe for concurrent use.
func (f *Follow) Behind() int64 {
	if src := f.source.Load(); src != nil {
		return src.behindBytes()
	}
	return 0
}

// A Notice is what happened to a log that is followed.
type Notice struct {
	Log  string // its path
	Text string
	Lost bool // lines may have been lost
}

// A followed log is a Source. It knows the place behind the last line that it
// gave, by what stands before it and not by a file's name, and finds it again
// in whatever file it is by now:
//
//   - The file that is written is read to its end and watched. When it gets
//     another name, it is read on by its handle until the new file has something
//     and the old one is quiet; then the files between the two come, in order,
//     each once.
//   - When it no longer holds what was read of it, it was truncated: the place is
//     then in a copy.
//   - When a file ends and the one behind it begins with all of it, the first was
//     a copy in the making: reading goes on in the second, at the same place.
type followed struct {
	path        string
	opt         SourceOptions
	once        bool
	poll, grace time.Duration
	notify      func(Notice)
	watch       *logWatch
	start       Cursor // "" = the source began at a cursor
	rotations   bool   // those that there are count as not read

	ctx    context.Context // of the Next that runs
	at     place           // behind the last line that was given
	over   bool            // the file of at was read to its end
	last   os.FileInfo     // that file, nil = known by at only
	held   *openLog        // that file, see hold
	cur    *openLog        // nil = none is open
	inside bool            // at is in cur
	cutter *Cutter
	next   *openLog  // the file that goes on where cur ends, at the same place; nil = none was found
	parted time.Time // when a file behind cur was seen first; zero = none was
	bad    struct {  // the file that could not be decompressed further
		info  os.FileInfo
		since time.Time
	}
	judged *judged // up to where an earlier run has judged; nil = that has come
	told   string  // the trouble that was told last

	mu      sync.Mutex // guards what follows, for Behind
	reading os.FileInfo
	offset  int64
}

// judged is where lines end that an earlier run has judged.
type judged struct {
	place
	cursor Cursor
}

// follow opens the log in as a Source.
func follow(_ context.Context, in Input, opt SourceOptions) (*followed, error) {
	at, err := parseCursor(in.From)
	if err != nil {
		return nil, err
	}
	stop, err := parseCursor(in.Judged)
	if err != nil {
		return nil, err
	}
	f := &followed{
		path: in.Path(), opt: opt, at: at, over: at.hash == "", once: in.Follow.Once, notify: in.Follow.Notify,
		poll: cmp.Or(in.Follow.Poll, 250*time.Millisecond), grace: cmp.Or(in.Follow.Grace, 500*time.Millisecond),
		rotations: in.Follow.Rotations || in.From != "",
	}
	if f.notify == nil {
		f.notify = func(Notice) {}
	}
	if in.From == "" {
		if !f.rotations {
			f.at = beginning(f.path)
		}
		f.start = f.at.cursor()
	}
	if in.Judged != in.From && stop.hash != "" {
		f.judged = &judged{stop, in.Judged}
	}
	if !f.once {
		f.watch = newLogWatch(f.path)
	}
	in.Follow.source.Store(f)
	return f, nil
}

// beginning returns the place behind the rotations that a log has now.
func beginning(path string) (p place) {
	for _, l := range rotations(path) {
		if !l.live {
			p.mtime = max(p.mtime, l.info.ModTime().UnixNano())
		}
	}
	return p
}

// Next gives lines of one file. A last line without its ending is given once
// its file was rotated away.
func (f *followed) Next(ctx context.Context, b *Block) error {
	for f.ctx = ctx; ; {
		if ctx.Err() != nil {
			return ErrStopped
		}
		if f.cur == nil {
			if err := f.advance(); err != nil {
				return err
			}
		}
		f.cutter.Fill(b)
		if len(b.Lines) > 0 {
			f.stamp(b)
			return nil
		}
		if err := f.end(f.cutter.err); err != nil {
			return err
		}
	}
}

// stamp says where the lines of b are of.
func (f *followed) stamp(b *Block) {
	c := f.cutter
	before := f.at.before
	if f.over {
		end := f.at
		end.before, before = nil, &end
	}
	f.at = place{c.firstHash, c.offset, c.next, f.cur.tail(c.offset), f.cur.info.ModTime().UnixNano(), before}
	f.inside, f.over = true, false
	b.File, b.Origin, b.Cursor = f.cur.path, c.firstHash, f.at.cursor()
	b.NULs, c.nuls = c.nuls, 0
	if f.judged != nil {
		b.Judged = true
		if c.offset == f.cur.limit {
			b.Cursor = f.judged.cursor
			f.pastJudged()
		}
	}
	f.mu.Lock()
	f.offset = c.offset
	f.mu.Unlock()
}

// pastJudged goes on behind the lines that were judged.
func (f *followed) pastJudged() {
	f.judged, f.cur.limit = nil, -1
	if f.cutter.err == io.EOF {
		f.cutter.err = nil
	}
}

// end does what the error asks for that the lines of a file ended with.
func (f *followed) end(err error) error {
	switch {
	case err == nil:
		return nil
	case f.ctx.Err() != nil, errors.Is(err, ErrStopped):
		return ErrStopped
	case err == io.EOF && f.cur.end == f.cur.limit:
		f.pastJudged() // NUL bytes stood there, and no line
		return nil
	case err == io.EOF:
		f.finished(f.cur.info)
		f.hold(f.cur)
		f.cur = nil
	case !errors.Is(err, errMoved):
		if err := f.failed(f.cur.logFile, f.cur.packed != nil, err); err != nil {
			return err
		}
	}
	inside := f.inside
	f.closeFile()
	if o := f.next; o != nil {
		f.next = nil
		if inside {
			f.enter(o, f.at)
		} else {
			f.enter(o, place{})
		}
	}
	return nil
}

func (f *followed) closeNext() {
	if f.next != nil {
		f.next.Close()
	}
	f.next = nil
}

// finished notes that the file info was read to its end.
func (f *followed) finished(info os.FileInfo) { f.over, f.last = true, info }

// hold keeps o open, whose number no other file can be given then, in place of
// the one that was held before.
func (f *followed) hold(o *openLog) {
	if f.held != nil {
		f.held.Close()
	}
	if f.held = o; o != nil {
		o.closePacked()
	}
}

// failed waits before l is tried again, which could not be read. One whose
// compressed data is damaged, and is not being written, is at its end there.
func (f *followed) failed(l logFile, packed bool, err error) error {
	f.trouble(fmt.Errorf("%s: %w", l.path, hint.PathReason(err)))
	if packed {
		if bad := f.bad.info; bad == nil || !os.SameFile(bad, l.info) || bad.Size() != l.info.Size() {
			f.bad.info, f.bad.since = l.info, time.Now()
		}
		if time.Since(f.bad.since) > lostAfter*f.grace {
			f.notify(Notice{Log: f.path, Lost: true, Text: fmt.Sprintf("%s: the rest of this file is lost: %v", l.path, err)})
			f.finished(l.info)
			return nil
		}
	} else if f.once {
		return fmt.Errorf("%s: %w", l.path, hint.PathReason(err))
	}
	return f.wait(f.poll)
}

func (f *followed) closeFile() {
	if f.cur != nil {
		f.cur.Close()
	}
	f.cur, f.cutter, f.inside, f.parted = nil, nil, false, time.Time{}
}

// enter goes on in o, at the place p of it.
func (f *followed) enter(o *openLog, p place) {
	f.cur, f.inside = o, p.offset > 0
	f.cutter = &Cutter{
		br: bufio.NewReaderSize(o, readBuffer), max: f.opt.MaxLine, tooLong: tooLong(f.opt.MaxLine),
		live: true, again: true, next: max(1, p.line), offset: p.offset, firstHash: p.hash,
	}
	if f.inside {
		f.at, f.over = p, false
	}
	o.onRead, o.atEnd, o.check = f.opt.OnRead, f.atEnd, f.stillHere
	f.mu.Lock()
	f.reading, f.offset = o.info, p.offset
	f.mu.Unlock()
	f.findJudged()
}

// trouble tells of what keeps the log from being read, once.
func (f *followed) trouble(err error) {
	if text := err.Error(); text != f.told {
		f.told = text
		f.notify(Notice{Log: f.path, Text: text})
	}
}

// wait waits until something happens to the log, at most for d.
func (f *followed) wait(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-f.ctx.Done():
		return ErrStopped
	case <-f.watch.happened():
	case <-timer.C:
	}
	return nil
}

// idle is wait when all that is there was given.
func (f *followed) idle() error {
	f.opt.OnWait(true)
	defer f.opt.OnWait(false)
	return f.wait(f.poll)
}

// Begin returns where the source began, to be kept before there is a line: what
// is rotated away until then is found again. "" = where it was told to.
func (f *followed) Begin() Cursor { return f.start }

// Live says that a log waits for its writer.
func (f *followed) Live() bool { return !f.once }

// Ack checks that c is a cursor: a log keeps nothing for who might come again.
func (f *followed) Ack(_ context.Context, c Cursor) error {
	_, err := parseCursor(c)
	return err
}

func (f *followed) Close() error {
	f.closeFile()
	f.closeNext()
	f.hold(nil)
	f.watch.close()
	return nil
}

// behindBytes is Follow.Behind.
func (f *followed) behindBytes() (n int64) {
	f.mu.Lock()
	reading, offset := f.reading, f.offset
	f.mu.Unlock()
	files := listRotations(f.path)
	for i := len(files) - 1; i >= 0; i-- {
		size := files[i].info.Size()
		if reading != nil && os.SameFile(files[i].info, reading) {
			return n + max(0, size-offset)
		}
		if reading == nil && !files[i].live && !f.rotations {
			break
		}
		n += size
	}
	return n
}
