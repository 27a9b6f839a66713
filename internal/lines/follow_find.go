package lines

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// advance opens the file in which the log goes on, and waits for it. It returns
// io.EOF when there is none and nobody is waited for.
func (f *followed) advance() error {
	if f.at.hash != "" && !f.over {
		return f.resume()
	}
	for {
		o, err := f.openNext()
		switch {
		case err != nil:
			return err
		case o != nil:
			f.enter(o, place{})
			return nil
		case f.once:
			return io.EOF
		}
		if err := f.idle(); err != nil {
			return err
		}
	}
}

// openNext opens the file behind the one that was read to its end, at its
// beginning; nil = there is none.
func (f *followed) openNext() (*openLog, error) {
	for {
		files, err := f.following(rotations(f.path), f.last, f.at)
		if err == nil && len(files) == 0 {
			return nil, nil
		}
		var o *openLog
		if err == nil {
			o, err = openLogFile(f.ctx, files[0])
		}
		switch {
		case err == nil:
			return o, nil
		case f.ctx.Err() != nil:
			return nil, ErrStopped
		case f.unsettled(err):
		default:
			if err := f.failed(files[0], !errors.Is(err, os.ErrPermission), err); err != nil {
				return nil, err
			}
		}
	}
}

// following returns the files with something in them that come behind the file
// info, or nil, which ends at p. Of files that are empty only the one that is
// written counts, when it is the only one.
func (f *followed) following(files []logFile, info os.FileInfo, p place) ([]logFile, error) {
	files, _, err := f.behind(files, info, p)
	var full []logFile
	for _, l := range files {
		if l.info.Size() > 0 {
			full = append(full, l)
		}
	}
	if len(full) == 0 && len(files) > 0 && files[len(files)-1].live {
		return files[len(files)-1:], err
	}
	return full, err
}

// behind is following with all the empty files. It reports whether it is sure of
// them: when neither the file nor the place is found, nothing but their time
// tells which files are newer.
func (f *followed) behind(files []logFile, info os.FileInfo, p place) (_ []logFile, sure bool, _ error) {
	if i := indexOf(files, info); i >= 0 {
		return files[i+1:], true, nil
	}
	since := p.mtime
	if info != nil {
		since = info.ModTime().UnixNano()
	}
	if p.hash != "" {
		o, err := f.find(files, &p)
		if o != nil {
			o.Close()
			return files[indexOf(files, o.info)+1:], true, nil
		}
		if f.unsettled(err) {
			return nil, false, cmp.Or(err, error(ErrStopped))
		}
	}
	var newer []logFile
	for _, l := range files {
		if l.live || l.info.ModTime().UnixNano() > since {
			newer = append(newer, l)
		}
	}
	return newer, p.hash == "" && info == nil, nil
}

// endOf returns what is known of the end of the open file without its number.
func (f *followed) endOf() place {
	if f.inside {
		return place{mtime: f.at.mtime}
	}
	return f.at
}

// indexOf returns where the file info is in files, or -1.
func indexOf(files []logFile, info os.FileInfo) int {
	return slices.IndexFunc(files, func(l logFile) bool { return info != nil && os.SameFile(l.info, info) })
}

// unsettled reports whether nothing follows from err: files were renamed since
// they were listed, or the source is stopped.
func (f *followed) unsettled(err error) bool {
	return f.ctx.Err() != nil || errors.Is(err, errMoved) || errors.Is(err, os.ErrNotExist)
}

// openAt opens l at the place p; nil when it is not there. The error says that
// l cannot be read up to there.
func (f *followed) openAt(l logFile, p *place) (*openLog, error) {
	o, err := openLogFile(f.ctx, l)
	if err != nil {
		return nil, err
	}
	ok, err := o.holds(f.ctx, p, f.opt.MaxLine)
	if err != nil || !ok {
		o.Close()
		return nil, err
	}
	return o, nil
}

// resume goes on at the place behind the last line that was given, in whatever
// file it is by now. It waits a while for one that is being written there, and
// then says what was lost and goes on with what is newer.
func (f *followed) resume() error {
	for begin := time.Now(); ; {
		files := rotations(f.path)
		o, why := f.find(files, &f.at)
		if o != nil {
			f.enter(o, f.at)
			return nil
		}
		switch {
		case f.ctx.Err() != nil:
			return ErrStopped
		case f.unsettled(why):
			begin = time.Now()
			continue
		case len(files) == 0 && f.once:
			return io.EOF
		case len(files) == 0: // the directory may come back
			begin = time.Now()
		case time.Since(begin) > lostAfter*f.grace:
			f.lost(len(files), why)
			return f.advance()
		}
		if err := f.wait(min(f.poll, f.grace)); err != nil {
			return err
		}
	}
}

// lostAfter is how many times the grace a place is looked for.
const lostAfter = 4

// find opens the one of files that the place p is in; the error says which could
// not be read. Where several may be, it is the one behind the file before; when
// that is not known, the oldest of those that were still written when p was.
func (f *followed) find(files []logFile, p *place) (found *openLog, why error) {
	if o, err := f.findBehind(files, p); o != nil || f.unsettled(err) {
		return o, err
	}
	at := *p
	for i := len(files) - 1; i >= 0; i-- {
		q := *p
		o, err := f.openAt(files[i], &q)
		if err != nil {
			why = errors.Join(why, fmt.Errorf("%s: %w", files[i].path, err))
		}
		if o == nil {
			continue
		}
		if found != nil && o.info.ModTime().UnixNano() < q.mtime {
			o.Close()
			continue
		}
		if found != nil {
			found.Close()
		}
		if found, at = o, q; !q.vague() {
			*p = at
			return found, nil
		}
	}
	if found != nil && f.unsettled(why) {
		found.Close()
		return nil, why
	}
	*p = at
	return found, why
}

// findBehind opens the file behind the one before p, if p is in it.
func (f *followed) findBehind(files []logFile, p *place) (*openLog, error) {
	if p.before == nil || !p.vague() {
		return nil, nil
	}
	next, sure, err := f.behind(files, nil, *p.before)
	next = slices.DeleteFunc(slices.Clone(next), func(l logFile) bool { return l.info.Size() == 0 })
	if err != nil || !sure || len(next) == 0 {
		return nil, err
	}
	return f.openAt(next[0], p)
}

// stillHere keeps bytes from being taken that are not those behind what was
// read: while nothing was, or only what all files of the log begin with, a file
// that was copied, truncated and written anew looks like before. There is a copy
// then, between it and the file before. Whoever read the bytes first sees it.
func (f *followed) stillHere(o *openLog) error {
	before := &f.at
	if f.inside {
		before = f.at.before
	}
	if before == nil || f.inside && !f.at.vague() {
		return nil
	}
	for {
		files := rotations(f.path)
		i := indexOf(files, o.info)
		if i < 0 {
			return nil
		}
		between, sure, err := f.behind(files[:i], f.last, *before)
		switch {
		case f.ctx.Err() != nil:
			return ErrStopped
		case f.unsettled(err):
			continue
		case !sure:
			return nil
		}
		if between = slices.DeleteFunc(slices.Clone(between), func(l logFile) bool { return l.info.Size() == 0 }); len(between) == 0 {
			return nil
		}
		if other, err := f.isOther(between[0], o); err == nil {
			return other
		}
	}
}

// isOther returns errMoved when the log goes on in l, and not in the open file o
// behind it. Of that l may be a copy, while o is not truncated yet.
func (f *followed) isOther(l logFile, o *openLog) (other, err error) {
	c, err := openLogFile(f.ctx, l)
	switch {
	case err != nil && f.unsettled(err):
		return nil, err
	case err != nil:
		return nil, nil
	}
	defer c.Close()
	if c.packed == nil && sameBytes(o.f, c.f, c.info.Size()) {
		return nil, nil
	}
	if f.inside {
		p := f.at
		if here, err := c.holds(f.ctx, &p, f.opt.MaxLine); err != nil || !here {
			return nil, nil
		}
	}
	return errMoved, nil
}

// lost says that the place was not found, and goes on behind it.
func (f *followed) lost(files int, why error) {
	text := fmt.Sprintf("what follows byte %d of the file that was read last is in none of the %d files of this log: it was deleted, or truncated without a copy", f.at.offset, files)
	if why != nil {
		text += "; " + why.Error()
	}
	f.notify(Notice{Log: f.path, Text: text, Lost: true})
	f.at, f.last, f.over = place{mtime: f.at.mtime}, nil, true
}

// atEnd decides what to do at the end of what a file holds: nil to look again,
// io.EOF when nothing more will come, errMoved to go on elsewhere.
func (f *followed) atEnd(o *openLog) error {
	for {
		if f.ctx.Err() != nil {
			return ErrStopped
		}
		if changed, err := o.changed(); changed || err != nil {
			return err
		}
		err := f.pause(o)
		if err == io.EOF {
			err = f.leave(o)
		}
		if err != nil {
			return err
		}
	}
}

// leave is the last look at o, behind which there is another file: what is
// written to a file comes before what takes its place, so that once that was
// seen o may hold more. It returns io.EOF when o was read to its end, errMoved
// when it was a copy, and nil to look again.
func (f *followed) leave(o *openLog) error {
	files := rotations(f.path)
	next, err := f.following(files, o.info, f.endOf())
	if err == nil {
		err = f.goesOn(files, next, o)
	}
	switch changed, _ := o.changed(); {
	case changed || f.next == nil && f.unsettled(err):
		f.closeNext()
		return nil
	case f.next != nil:
		return errMoved
	}
	return io.EOF
}

// changed reports whether o was written to since this was asked last, or is
// longer than what was read of it, and errMoved when it holds other bytes.
func (o *openLog) changed() (bool, error) {
	info, err := o.f.Stat()
	if err != nil {
		return false, err
	}
	if info.Size() == o.end && info.ModTime().Equal(o.info.ModTime()) {
		return false, nil
	}
	o.info = info
	return true, o.look()
}

// look reports a file that holds other bytes than those that were read.
func (o *openLog) look() error {
	tail := o.lastBytes()
	now := make([]byte, len(tail))
	n, err := o.f.ReadAt(now, o.end-int64(len(tail)))
	if err != nil && err != io.EOF {
		return err
	}
	if !bytes.Equal(now[:n], tail) {
		return errMoved
	}
	return nil
}

// pause waits at the end of o, or says that there is nothing to wait for.
func (f *followed) pause(o *openLog) error {
	if now, err := os.Stat(f.path); err == nil && os.SameFile(now, o.info) {
		if f.once {
			return io.EOF
		}
		return f.idle()
	}
	next, err := f.following(rotations(f.path), o.info, f.endOf())
	switch {
	case f.unsettled(err):
		return nil
	case len(next) == 0 || next[0].info.Size() == 0:
		if f.once {
			return io.EOF
		}
		return f.idle()
	case f.once || len(next) > 1:
		return io.EOF
	}
	return f.part(o)
}

// goesOn opens as f.next the file in which the log goes on where o ends, at the
// same place, if there is one: the one behind o of which o is a copy, or, when o
// has no name any more, the one that took its place.
func (f *followed) goesOn(files, next []logFile, o *openLog) (err error) {
	switch {
	case f.inside && indexOf(files, o.info) < 0:
		f.next, err = f.find(files, &f.at)
	case len(next) == 0:
	case f.inside:
		f.next, err = f.openAt(next[0], &f.at)
	case o.end > 0 && o.packed == nil:
		f.next, err = f.openCopied(next[0], o)
	}
	return err
}

// openCopied opens l at its beginning when it begins with all of o, of which no
// line was given yet.
func (f *followed) openCopied(l logFile, o *openLog) (*openLog, error) {
	n, err := openLogFile(f.ctx, l)
	if err != nil {
		return nil, err
	}
	if n.packed == nil && sameBytes(n.f, o.f, o.end) {
		return n, nil
	}
	n.Close()
	return nil, nil
}

// sameBytes reports whether the first n bytes of two files are the same.
func sameBytes(a, b io.ReaderAt, n int64) bool {
	var x, y [4096]byte
	for at := int64(0); at < n; {
		want := min(n-at, int64(len(x)))
		i, _ := a.ReadAt(x[:want], at)
		k, _ := b.ReadAt(y[:want], at)
		if int64(i) < want || !bytes.Equal(x[:i], y[:k]) {
			return false
		}
		at += want
	}
	return true
}

// part waits until o, behind which there is another file, has been quiet long
// enough: a writer may hold the old one for a while.
func (f *followed) part(o *openLog) error {
	now := time.Now()
	if f.parted.IsZero() {
		f.parted = now
	}
	if now.Sub(o.info.ModTime()) > longQuiet*f.grace {
		return io.EOF
	}
	since := f.parted
	if o.grown.After(since) {
		since = o.grown
	}
	if quiet := now.Sub(since); quiet < f.grace {
		return f.wait(min(f.poll, f.grace-quiet))
	}
	return io.EOF
}

// longQuiet is how many times the grace a file must not have been written to
// be at its end at once.
const longQuiet = 20

// findJudged has the file that is open end a block where an earlier run had judged
// up to, if that is in it.
func (f *followed) findJudged() {
	if f.judged == nil {
		return
	}
	p := f.judged.place
	view, err := f.cur.view(f.ctx)
	if err == nil {
		if here, _ := view.holds(f.ctx, &p, f.opt.MaxLine); here && p.offset >= f.cur.end {
			f.cur.limit = p.offset
		}
		view.closePacked()
	}
	if f.cur.limit < 0 && f.cur.live && f.ctx.Err() == nil {
		f.judged = nil
		f.notify(Notice{Log: f.path, Lost: true, Text: fmt.Sprintf("up to where this log was read before, byte %d of a file, is found in none of its files: what comes now may have been judged before", p.offset)})
	}
}
