package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"ttpctl/internal/lines"
)

// A source gives the lines of a log. A block of it holds whole records, so that
// its cursor lies between two.
type source struct {
	log    *Log
	at     place
	judged place
	file   *os.File // the segment of at, nil = none is open
	reader *recordReader
	onRead func(n int) // nil = nobody is told
}

// Source is the Opener of an input whose lines are those of l behind in.From, a
// cursor of such a source. l stays open until the source is closed.
func (l *Log) Source(in *lines.Input, opt lines.SourceOptions) (lines.Source, error) {
	at, err := l.own(in.From)
	if err != nil {
		return nil, err
	}
	upTo, err := l.own(in.Judged)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.end.before(at) || l.end.before(upTo) {
		return nil, fmt.Errorf("spool %s: it ends before the place that was read up to: %w", l.dir, ErrOtherLog)
	}
	return &source{log: l, at: at, judged: upTo, onRead: opt.OnRead}, nil
}

// Live says that a log waits for those who append to it.
func (s *source) Live() bool { return true }

// Ack implements lines.Source.
func (s *source) Ack(_ context.Context, c lines.Cursor) error { return s.log.Ack(c) }

// Close implements lines.Source.
func (s *source) Close() error {
	f := s.file
	if s.file = nil; f == nil {
		return nil
	}
	return f.Close()
}

// Next implements lines.Source. It stops at once, since whoever comes again can
// read on.
func (s *source) Next(ctx context.Context, b *lines.Block) error {
	for len(b.Lines) == 0 {
		if err := s.ready(ctx); err != nil {
			return err
		}
		b.Reset()
		b.First = int(s.at.line)
		if err := s.fill(b); err != nil {
			return err
		}
	}
	if s.onRead != nil {
		s.onRead(len(b.Text))
	}
	b.Cursor, b.Origin = s.at.cursor(s.log.id), s.log.origin
	b.Judged = !s.judged.before(s.at)
	return nil
}

// ready waits until a record lies behind at, and has the reader read it.
func (s *source) ready(ctx context.Context) error {
	if ctx.Err() != nil {
		return lines.ErrStopped
	}
	if s.reader != nil && s.reader.offset < s.reader.limit {
		return nil
	}
	limit, err := s.await(ctx)
	if err != nil {
		return err
	}
	if s.file == nil {
		if s.file, err = os.Open(s.log.path(s.at.segment)); err != nil {
			return err
		}
	}
	s.reader = newRecordReader(s.file, s.at.offset, limit)
	return nil
}

// await waits until a record lies behind at, moves at to the segment that holds
// it, and returns how far that may be read.
func (s *source) await(ctx context.Context) (limit int64, err error) {
	l := s.log
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		for i := range l.segments {
			g := &l.segments[i]
			if g.number < s.at.segment || g.size == int64(headerBytes) || !s.at.before(g.behind()) {
				continue
			}
			if g.number > s.at.segment {
				s.at = g.first()
				err = s.Close()
			}
			return g.size, err
		}
		if l.ended && !l.writing {
			return 0, io.EOF
		}
		if l.await(ctx) != nil {
			return 0, lines.ErrStopped
		}
	}
}

// fill reads records until b is full, or there are no more for now, or what
// comes next was not judged yet.
func (s *source) fill(b *lines.Block) error {
	for s.reader.offset < s.reader.limit && len(b.Text) < lines.BlockBytes && len(b.Lines) < lines.BlockLines {
		if len(b.Lines) > 0 && s.at == s.judged {
			return nil
		}
		body, err := s.reader.next()
		if err == nil {
			n := len(b.Lines)
			var text int64
			text, err = addRecord(b, body, s.at.text)
			s.at = place{s.at.segment, s.reader.offset, s.at.line + int64(len(b.Lines)-n), s.at.text + text}
		}
		if errors.Is(err, errRecord) {
			return damaged(s.log.path(s.at.segment), s.at.offset)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
