package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"ttpctl/internal/lines"
)

// smallFile bounds, in bytes, what is read whole of a file beside the input: a
// list of honeytokens, a baseline, answers.
const smallFile = 64 << 20

// readSmall reads the file that a flag names, - for stdin. The first signal ends
// the wait for a pipe without a writer.
func readSmall(ctx context.Context, flag, name string, s *streams) (io.Reader, error) {
	data, err := smallBytes(ctx, name, s)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, cannotRun("", "%s %s: %w", flag, name, err)
	}
	return bytes.NewReader(data), nil
}

func smallBytes(ctx context.Context, name string, s *streams) (data []byte, err error) {
	if name == "-" {
		data, err = lines.ReadAll(ctx, s.in, smallFile)
	} else {
		data, err = lines.ReadFile(ctx, name, smallFile)
	}
	if err == nil && len(data) > smallFile {
		err = fmt.Errorf("larger than %d MiB", smallFile>>20)
	}
	return data, reason(err)
}
