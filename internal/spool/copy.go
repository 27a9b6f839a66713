package spool

import (
	"bytes"
	"context"
	"errors"
	"io"

	"ttpctl/internal/lines"
)

// copyBytes is how much text at most is synced at once.
const copyBytes = 1 << 20

// Copy appends the lines of in, a stream, until it ends or ctx does, or one
// cannot be appended, and waits for room. l has ended then.
func (l *Log) Copy(ctx context.Context, in lines.Input, opt lines.SourceOptions) error {
	defer l.End()
	reading, stop := context.WithCancel(ctx)
	defer stop()
	src, err := in.Source(reading, opt)
	if err != nil {
		return err
	}
	defer src.Close()
	blocks, done := make(chan Entry, 16), make(chan error, 1)
	go func() {
		defer close(blocks)
		done <- read(reading, src, blocks)
	}()
	var failed error
	for e := range blocks {
		if failed != nil {
			continue
		}
		gather(&e, blocks)
		if _, failed = l.Append(ctx, e); failed != nil {
			stop()
		}
	}
	if err = <-done; failed == nil && !errors.Is(err, lines.ErrStopped) {
		return err
	}
	return failed
}

// read sends the blocks of src on as entries, until its end.
func read(ctx context.Context, src lines.Source, blocks chan<- Entry) error {
	for b := (&lines.Block{}); ; b.Reset() {
		switch err := src.Next(ctx, b); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		text := bytes.Clone(b.Text)
		e := Entry{Wait: true}
		for _, line := range b.Lines {
			e.Lines = append(e.Lines, Line{Text: text[line.Start:line.End], Bad: line.Bad})
		}
		blocks <- e
	}
}

// gather adds to e what else is there already: a sync costs the same for all.
func gather(e *Entry, blocks <-chan Entry) {
	size := 0
	for size < copyBytes {
		select {
		case more, ok := <-blocks:
			if !ok {
				return
			}
			e.Lines = append(e.Lines, more.Lines...)
			for _, line := range more.Lines {
				size += len(line.Text)
			}
		default:
			return
		}
	}
}
