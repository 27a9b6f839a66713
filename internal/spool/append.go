package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"ttpctl/internal/lines"
)

// A group is the entries that are written and synced together. Who appends the
// first of them writes it, once whoever wrote the one before has finished.
type group struct {
	buf    []byte
	lines  int64
	text   int64         // bytes of the lines and their endings
	first  []byte        // the first line, of a log that had none
	lead   chan struct{} // gets its one value when the group may be written
	done   chan struct{} // closed when it is synced, or will not be
	base   place         // where it begins, once done
	err    error
	joined bool // somebody is in it
}

func newGroup() *group {
	return &group{lead: make(chan struct{}, 1), done: make(chan struct{})}
}

// Append writes an entry and returns the cursor behind it once it is synced.
// ctx ends only the wait for room: what is being written is waited for.
func (l *Log) Append(ctx context.Context, e Entry) (end lines.Cursor, err error) {
	records := appendEntry(nil, &e)
	g, mine, err := l.join(ctx, &e, records)
	if err != nil {
		return "", err
	}
	select {
	case <-g.lead:
		l.write(g)
	case <-g.done:
	}
	if g.err != nil {
		return "", g.err
	}
	behind := place{g.base.segment, g.base.offset + mine.offset, g.base.line + mine.line, g.base.text + mine.text}
	return behind.cursor(l.id), nil
}

// join puts records into the group that is written next, and returns where in
// it they end.
func (l *Log) join(ctx context.Context, e *Entry, records []byte) (*group, place, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.admit(ctx, int64(len(records)), e.Wait); err != nil {
		return nil, place{}, err
	}
	g := l.next
	if !g.joined && !l.writing {
		l.writing = true
		g.lead <- struct{}{}
	}
	if !g.joined && len(e.Lines) > 0 {
		g.first = bytes.Clone(e.Lines[0].Text)
	}
	g.joined = true
	g.buf = append(g.buf, records...)
	l.queued += int64(len(records))
	g.lines += int64(len(e.Lines))
	for i := range e.Lines {
		g.text += int64(len(e.Lines[i].Text)) + 1
	}
	return g, place{0, int64(len(g.buf)), g.lines, g.text}, nil
}

// admit waits until there is room for n bytes, or says that there is none. It is
// called and returns with mu held.
func (l *Log) admit(ctx context.Context, n int64, wait bool) error {
	for {
		switch {
		case l.ended:
			return ErrEnded
		case l.broken != nil:
			return l.broken
		case l.fits(n):
			return nil
		case !wait:
			return ErrFull
		}
		if err := l.await(ctx); err != nil {
			return err
		}
	}
}

// await waits for a change of l. It is called and returns with mu held.
func (l *Log) await(ctx context.Context) error {
	changed := l.changed
	l.mu.Unlock()
	defer l.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fits reports whether n more bytes may be kept. A log of which all is
// acknowledged takes one entry of any size: it would wait for ever.
func (l *Log) fits(n int64) bool {
	used := l.queued + n
	for i := range l.segments {
		used += l.segments[i].size
	}
	if used <= l.opt.MaxBytes {
		return true
	}
	return l.queued == 0 && l.acked == l.end
}

// write writes and syncs g, of which this goroutine is the leader.
func (l *Log) write(g *group) {
	l.mu.Lock()
	l.next = newGroup() // g takes nobody any more
	l.mu.Unlock()
	base, err := l.store(g)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queued -= int64(len(g.buf))
	if g.base, g.err = base, err; err == nil {
		l.advance(g)
	}
	close(g.done)
	if l.writing = l.next.joined; l.writing {
		l.next.lead <- struct{}{}
	}
	l.tell()
}

// advance moves the end behind g.
func (l *Log) advance(g *group) {
	l.end = place{g.base.segment, g.base.offset + int64(len(g.buf)), g.base.line + g.lines, g.base.text + g.text}
	l.segments[len(l.segments)-1].size = l.end.offset
}

// store writes g behind the end and syncs it, and returns where it begins. Only
// the leader is here, so that what it reads nobody else changes.
func (l *Log) store(g *group) (base place, err error) {
	base, text := l.end, g.buf
	if l.file != nil && l.end.offset > int64(headerBytes) && l.end.offset+int64(len(g.buf)) > l.segment {
		err = l.shut()
	}
	begun := l.file == nil
	if err == nil && begun {
		base, text, err = l.begin(g)
	}
	if err != nil {
		return base, fmt.Errorf("spool %s: %w", l.dir, err)
	}
	_, err = l.file.Write(text)
	if err == nil {
		err = l.file.Sync()
	}
	if err == nil && begun {
		err = syncDir(l.dir)
	}
	if err != nil {
		return base, fmt.Errorf("spool %s: %w", l.dir, errors.Join(err, l.undo(base, begun)))
	}
	return base, nil
}

// begin makes another segment for g, and returns where its records begin and
// all that is to be written.
func (l *Log) begin(g *group) (place, []byte, error) {
	s := segment{number: l.end.segment + 1, head: header{id: l.id, origin: l.origin, line: l.end.line, text: l.end.text}}
	if l.end.segment == 0 {
		s.head = header{id: newID(), origin: lines.HashLine(g.first), line: 1}
	}
	head, err := s.head.append(nil)
	if err != nil {
		return place{}, nil, err
	}
	f, err := l.create(l.path(s.number))
	if err != nil {
		return place{}, nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.size = int64(headerBytes)
	l.file, l.segments = f, append(l.segments, s)
	if l.end.segment == 0 {
		l.id, l.origin, l.acked = s.head.id, s.head.origin, s.first()
	}
	return s.first(), append(head, g.buf...), nil
}

// undo takes back what was written behind base and not synced: after an error
// nobody knows what of it is on the disk, and what comes next goes into another
// segment. One that was just begun goes.
func (l *Log) undo(base place, begun bool) error {
	var err error
	if !begun {
		err = l.file.Truncate(base.offset)
		if err == nil {
			err = l.file.Sync()
		}
	}
	err = errors.Join(err, l.shut())
	l.mu.Lock()
	defer l.mu.Unlock()
	if begun {
		l.segments = l.segments[:len(l.segments)-1]
		err = errors.Join(err, os.Remove(l.path(base.segment)), syncDir(l.dir))
	}
	if err != nil {
		l.broken = fmt.Errorf("spool %s: cannot be written any more: %w", l.dir, err)
	}
	return err
}
