package lines

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Expand returns the files that patterns name, each once, in the order of the
// patterns and sorted within one, `a.json` and `./a.json` being the same:
//   - "-" is itself, and so is the path of a file;
//   - a directory is the logs directly in it, see isLog;
//   - anything else is a glob, `**` included, and means regular files only: to
//     open a pipe is to wait for its writer, so it has to be named.
//
// A pattern that names nothing is an error; all of them are reported.
func Expand(patterns []string) ([]string, error) {
	var files []string
	var errs []error
	seen := make(map[string]bool)
	for _, p := range patterns {
		found, err := expand(p)
		if err != nil {
			errs = append(errs, err)
		}
		for _, f := range found {
			if path := filepath.Clean(f); !seen[path] {
				seen[path] = true
				files = append(files, f)
			}
		}
	}
	return files, errors.Join(errs...)
}

func expand(pattern string) ([]string, error) {
	if pattern == "-" {
		return []string{pattern}, nil
	}
	info, err := os.Stat(pattern)
	switch {
	case err == nil && info.IsDir():
		return logsIn(pattern)
	case err == nil:
		return []string{pattern}, nil
	case !errors.Is(err, fs.ErrNotExist) || !strings.ContainsAny(pattern, `*?[{`):
		return nil, fmt.Errorf("%s: %w", pattern, PathReason(err))
	}
	files, err := doublestar.FilepathGlob(pattern, doublestar.WithFilesOnly())
	if err != nil {
		return nil, fmt.Errorf("%s: malformed pattern", pattern)
	}
	files = slices.DeleteFunc(files, func(f string) bool {
		info, err := os.Stat(f)
		return err != nil || !info.Mode().IsRegular()
	})
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: matches no file", pattern)
	}
	slices.Sort(files)
	return files, nil
}

func logsIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, PathReason(err))
	}
	var files []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !isLog(e.Name()) {
			continue
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			files = append(files, path)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no logs in this directory (*.json, *.jsonl, *.ndjson, also rotated and compressed)", dir)
	}
	return files, nil
}

// isLog reports whether a directory's file is read without being named: its
// extension is json, jsonl or ndjson, behind which a rotation (.1,
// .2018-05-06, -20180506) and a compression may stand. Hidden files are not.
func isLog(name string) bool {
	name = LogName(name)
	switch filepath.Ext(name) {
	case ".json", ".jsonl", ".ndjson":
		return !strings.HasPrefix(name, ".")
	}
	return false
}

// LogName returns the name that a log has before it is rotated (.1,
// .2018-05-06, -20180506) and compressed, without its directory.
func LogName(path string) string {
	base := filepath.Base(path)
	name := base
	for _, ext := range [...]string{".gz", ".zst", ".zstd", ".bz2"} {
		name = strings.TrimSuffix(name, ext)
	}
	if name = strings.TrimRight(name, "0123456789-_."); name == "" {
		return base
	}
	return name
}
