package corpus

import (
	"bytes"
	"context"
	"errors"
	"io"

	"ttpctl/internal/lines"
)

// A block is some consecutive lines of one corpus.
type block struct {
	lines.Block
	corpus int // index of its corpus
}

// A line is the text of one line, or why it could not be read.
type line struct {
	text []byte
	bad  string
}

// lines yields the lines of b that hold anything, without blanks around them,
// each with its number.
func (b *block) lines(yield func(n int, l line) bool) {
	for i := range b.Lines {
		text, bad := bytes.TrimSpace(b.Raw(i)), b.Lines[i].Bad
		if len(text) == 0 && bad == "" {
			continue
		}
		if !yield(b.First+i, line{text, bad}) {
			return
		}
	}
}

// read cuts c into blocks and hands each, with index as its corpus, to f until
// the corpus ends or f fails.
func (c *Corpus) read(ctx context.Context, index int, f func(*block) error) error {
	src, err := c.Input.Source(ctx, lines.SourceOptions{})
	if err != nil {
		return &ReadError{c.Name, err}
	}
	defer src.Close()
	for {
		b := &block{corpus: index}
		switch err := src.Next(ctx, &b.Block); {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &ReadError{c.Name, err}
		}
		if err := f(b); err != nil {
			return err
		}
	}
}
