package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"ttpctl/internal/hint"
	"ttpctl/internal/lines"
)

// smallFile bounds, in bytes, what is read whole of a file beside the input: a
// list of honeytokens, a baseline, answers.
const smallFile = 64 << 20

// readSmall reads the file that a flag names, - for stdin, as text: unpacked, in
// UTF-8 and without a byte order mark. flag may be "". The first signal ends the
// wait for a pipe without a writer.
func readSmall(ctx context.Context, flag, name string, s *streams) (io.Reader, error) {
	data, err := smallText(ctx, name, s)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, cannotRun("", "%s: %w", strings.TrimSpace(flag+" "+name), err)
	}
	return bytes.NewReader(data), nil
}

func smallText(ctx context.Context, name string, s *streams) ([]byte, error) {
	return small(lines.ReadText(ctx, s.input(name), smallFile))
}

func small(data []byte, err error) ([]byte, error) {
	if err == nil && len(data) > smallFile {
		err = fmt.Errorf("larger than %d MiB", smallFile>>20)
	}
	return data, hint.PathReason(err)
}

// input returns the file called name, - for stdin.
func (s *streams) input(name string) lines.Input {
	if name == "-" {
		return lines.Input{Name: name, Reader: s.in}
	}
	return lines.Input{Name: name}
}
