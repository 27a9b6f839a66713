package bench

import (
	"context"
	"io"
	"os"
	"slices"

	"ttpctl/internal/hint"
	"ttpctl/internal/lines"
)

// Bounds of what is made and measured.
const maxEvents, maxRuns = 100_000_000, 1000

// Check returns what is wrong with g, or with the number of runs.
func (g *Generated) Check(runs int) error {
	switch {
	case g.Count < 1 || g.Count > maxEvents:
		return hint.Errorf("", "--count: %d is outside [1, %d]", g.Count, maxEvents)
	case !(g.Matching >= 0 && g.Matching <= 1):
		return hint.Errorf("0.1 is a tenth", "--matching: %v is outside [0, 1]", g.Matching)
	case runs < 1 || runs > maxRuns:
		return hint.Errorf("", "--runs: %d is outside [1, %d]", runs, maxRuns)
	}
	return nil
}

// CheckPaths returns an error when one of paths is a pipe or a device: an input is read
// many times. What does not exist is said by whoever opens it.
func CheckPaths(paths []string) error {
	for _, path := range paths {
		if info, err := os.Stat(path); path != "-" && err == nil && !info.IsDir() && !info.Mode().IsRegular() {
			return hint.Errorf("pass it on stdin, which is kept: ttpctl bench - < "+path, "%s is no file that can be read again", path)
		}
	}
	return nil
}

// Keep puts what cannot be read again into a file: stdin, when it is among paths, or
// the events that g says, drawn from texts, when there are no paths. It returns the
// paths to read instead. drop removes the file, also after an error.
func (g *Generated) Keep(ctx context.Context, paths []string, stdin io.Reader, texts func() (Texts, error)) (_ []string, drop func() error, err error) {
	drop = func() error { return nil }
	at := slices.Index(paths, "-")
	if len(paths) > 0 && at < 0 {
		return paths, drop, nil
	}
	file, err := os.CreateTemp("", "ttpctl-bench-*")
	if err != nil {
		return nil, drop, err
	}
	drop = func() error { return os.Remove(file.Name()) }
	if at >= 0 {
		_, err = lines.Await(ctx, func() (int64, error) { return file.ReadFrom(stdin) })
		paths = slices.Clone(paths)
		paths[at] = file.Name()
	} else {
		err = g.make(ctx, file, texts)
		paths = []string{file.Name()}
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return paths, drop, err
}

func (g *Generated) make(ctx context.Context, w io.Writer, texts func() (Texts, error)) error {
	t, err := texts()
	if err != nil {
		return err
	}
	if len(t.Harmless) == 0 && g.Matching < 1 {
		return hint.Errorf("ttpctl bench LOG", "these rules tag every command line that is known")
	}
	return g.Write(w, t, ctx.Done())
}
