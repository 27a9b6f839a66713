package lines

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
)

// Logs finds the logs that patterns name, as they appear. It belongs to one
// goroutine.
type Logs struct {
	patterns []string
	seen     map[string]bool // what was given, without links
	began    bool            // Look was called
	took     time.Duration   // by the last look
}

// A Log is one log with all its rotations.
type Log struct {
	Path string // absolute, of the file that is written, which need not be there
	// Rotations: the patterns name rotations of it too, as a directory does, or it
	// was not there at the first look. They are to be read before it, see Follow.
	Rotations bool
	Rotated   bool // there are rotations of it that the patterns name
	Named     bool // a pattern is its path; others were found, and may be no log at all
}

// NewLogs returns the logs of patterns, which are as for [List]. A path that is
// no directory is a log, also while there is no such file. In a directory, or
// behind a glob, `cowrie.json.1` and `cowrie.json-20261130.gz` are rotations of
// cowrie.json, which need not be there.
func NewLogs(patterns []string) (*Logs, error) {
	for _, p := range patterns {
		if p == "-" || p == "" {
			return nil, errors.New("only files can be followed")
		}
		if isGlob(p) && !doublestar.ValidatePathPattern(p) {
			return nil, errors.New(p + ": malformed pattern")
		}
	}
	return &Logs{patterns: patterns, seen: make(map[string]bool)}, nil
}

func isGlob(pattern string) bool {
	_, err := os.Lstat(pattern)
	return err != nil && strings.ContainsAny(pattern, `*?[{`)
}

// lookForLogs is how often Next looks.
const lookForLogs = time.Second

// Next waits for logs that it has not given before, with impatient no longer than
// one look takes. The error is that of ctx.
func (l *Logs) Next(ctx context.Context, impatient bool) ([]Log, error) {
	for {
		pause := time.NewTimer(max(lookForLogs, 10*l.took))
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil, context.Cause(ctx)
		case <-pause.C:
		}
		if fresh := l.Look(); len(fresh) > 0 || impatient {
			return fresh, nil
		}
	}
}

// Look returns the logs there are that it has not given before.
func (l *Logs) Look() (fresh []Log) {
	begin := time.Now()
	for _, p := range l.patterns {
		for _, found := range logsOf(p) {
			if key := realPath(found.Path); !l.seen[key] {
				l.seen[key] = true
				found.Rotations = found.Rotations || l.began
				fresh = append(fresh, found)
			}
		}
	}
	l.began, l.took = true, time.Since(begin)
	return fresh
}

// logsOf returns the logs that a pattern names now.
func logsOf(pattern string) []Log {
	abs, err := filepath.Abs(pattern)
	if err != nil {
		abs = pattern
	}
	info, err := os.Stat(abs)
	switch {
	case err == nil && info.IsDir():
		logs := logsAmong(newWalk(abs).files)
		for i := range logs { // it names those to come too: a log may be rotated before it is opened
			logs[i].Rotations = true
		}
		return logs
	case err == nil || !isGlob(pattern):
		return []Log{{Path: abs, Named: true}}
	}
	files, _ := Glob(pattern) // the pattern was checked: what cannot be looked into now may be later
	return logsAmong(slices.DeleteFunc(files, func(f string) bool {
		info, err := os.Stat(f)
		return err != nil || !info.Mode().IsRegular()
	}))
}

// logsAmong returns the logs of which files are, in their order.
func logsAmong(files []string) (logs []Log) {
	at := make(map[string]int)
	for _, path := range files {
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		log := logOf(path)
		i, known := at[log]
		if !known {
			i, at[log] = len(logs), len(logs)
			logs = append(logs, Log{Path: log})
		}
		logs[i].Rotated = logs[i].Rotated || path != log
		logs[i].Rotations = logs[i].Rotated
	}
	return logs
}

// logOf returns the path of the log that a file belongs to.
func logOf(path string) string {
	base, certain := splitRotation(filepath.Base(path))
	log := filepath.Join(filepath.Dir(path), base)
	if certain {
		return log
	}
	if info, err := os.Stat(log); err == nil && info.Mode().IsRegular() {
		return log
	}
	return path
}

// realPath returns path without links, as far as there is such a file.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}
