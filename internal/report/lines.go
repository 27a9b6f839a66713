package report

import (
	"io"

	"ttpctl/internal/event"
)

// chunk is how many bytes gather before they are handed on. A batch's rest is
// handed on at its end, so that a reader of the pipe never waits for it.
const chunk = 64 << 10

// linesWriter writes JSON Lines: one tag a line, members in the order of
// EVENTS.md section 2.
type linesWriter struct {
	w    io.Writer
	tags event.TagWriter
	buf  []byte
}

func newLinesWriter(w io.Writer, _ Options) Writer { return &linesWriter{w: w} }

func (l *linesWriter) Write(tags []event.Tag) error {
	for len(tags) > 0 {
		l.buf, tags = l.tags.AppendLines(l.buf[:0], tags, chunk)
		if _, err := l.w.Write(l.buf); err != nil {
			return err
		}
	}
	return nil
}

func (l *linesWriter) Finish(*Account) error { return nil }
