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

	"ttpctl/internal/hint"
)

// A LeftOut is a file that nobody reads although a pattern leads to it.
type LeftOut struct {
	Path string
	Why  string
	Copy bool // another file that is read says the same
}

// A list collects the inputs that patterns name.
type list struct {
	inputs  []Input
	leftOut []LeftOut
	seen    map[string]bool // cleaned paths
}

// List returns the inputs that patterns name, each path once, in the order of
// the patterns and sorted within one, `a.json` and `./a.json` being the same:
//   - "-" is itself, and so is the path of a file;
//   - a directory is all the regular files in it and below, but for hidden ones,
//     which are left out; whether each is a log is not decided here, see
//     Input.Dir;
//   - anything else is a glob, `**` included, and means regular files only: to
//     open a pipe is to wait for its writer, so it has to be named.
//
// A directory is looked into once, however many links lead to it. A pattern
// that names nothing is an error; all of them are reported.
func List(patterns []string) ([]Input, []LeftOut, error) {
	l := &list{seen: make(map[string]bool)}
	var errs []error
	for _, p := range patterns {
		if err := l.add(p); err != nil {
			errs = append(errs, err)
		}
	}
	return l.inputs, l.leftOut, errors.Join(errs...)
}

func (l *list) add(pattern string) error {
	if pattern == "-" {
		l.file(pattern, "")
		return nil
	}
	info, err := os.Stat(pattern)
	switch {
	case err == nil && info.IsDir():
		return l.dir(pattern)
	case err == nil:
		l.file(pattern, "")
		return nil
	case !errors.Is(err, fs.ErrNotExist) || !strings.ContainsAny(pattern, `*?[{`):
		return fmt.Errorf("%s: %w", pattern, hint.PathReason(err))
	}
	return l.glob(pattern)
}

// file adds a file once.
func (l *list) file(path, dir string) {
	if key := filepath.Clean(path); !l.seen[key] {
		l.seen[key] = true
		l.inputs = append(l.inputs, Input{Name: path, Dir: dir})
	}
}

func (l *list) dir(dir string) error {
	if _, err := os.ReadDir(dir); err != nil {
		return fmt.Errorf("%s: %w", dir, hint.PathReason(err))
	}
	w := newWalk(dir)
	for _, path := range w.files {
		l.file(path, dir)
	}
	l.leftOut = append(l.leftOut, w.leftOut...)
	if len(w.files) == 0 {
		return fmt.Errorf("%s: no file in this directory", dir)
	}
	return nil
}

func (l *list) glob(pattern string) error {
	files, err := Glob(pattern)
	if err != nil {
		return fmt.Errorf("%s: %w", pattern, err)
	}
	files = slices.DeleteFunc(files, func(f string) bool {
		info, err := os.Stat(f)
		return err != nil || !info.Mode().IsRegular()
	})
	if len(files) == 0 {
		return fmt.Errorf("%s: matches no file", pattern)
	}
	for _, path := range files {
		l.file(path, "")
	}
	return nil
}

// Glob returns what matches pattern and is no directory, sorted; `**` stands
// for directories below. The library would follow a link into its own parent
// until the system stops it, so that a walk of ours looks for `**`.
func Glob(pattern string) (files []string, err error) {
	if !doublestar.ValidatePathPattern(pattern) {
		return nil, errors.New("malformed pattern")
	}
	if strings.Contains(pattern, "**") {
		base, rest := doublestar.SplitPattern(filepath.ToSlash(pattern))
		w := &walk{all: true, seen: make(map[string]bool)}
		w.run(base)
		for _, l := range w.leftOut {
			w.files = append(w.files, l.Path)
		}
		for _, path := range w.files {
			rel, err := filepath.Rel(base, path)
			if err == nil && doublestar.MatchUnvalidated(rest, filepath.ToSlash(rel)) {
				files = append(files, path)
			}
		}
	} else if files, err = doublestar.FilepathGlob(pattern, doublestar.WithFilesOnly()); err != nil {
		return nil, hint.PathReason(err)
	}
	slices.Sort(files)
	return files, nil
}

// A walk finds the regular files in a directory and below. Links are followed
// behind everything else, so that a file has the name without a link in it.
type walk struct {
	all     bool // hidden ones too
	files   []string
	leftOut []LeftOut
	links   []string        // to directories, still to be followed
	seen    map[string]bool // directories, by their path without links
}

func newWalk(dir string) *walk {
	w := &walk{seen: make(map[string]bool)}
	w.run(dir)
	return w
}

func (w *walk) run(dir string) {
	w.links = []string{dir}
	for len(w.links) > 0 {
		next := w.links[0]
		w.links = w.links[1:]
		w.dir(next)
	}
}

func (w *walk) dir(dir string) {
	real, err := filepath.EvalSymlinks(dir)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil || w.seen[real] {
		return
	}
	w.seen[real] = true
	entries, err := os.ReadDir(dir)
	if err != nil {
		w.leave(dir, hint.PathReason(err).Error())
	}
	for _, e := range entries {
		w.entry(filepath.Join(dir, e.Name()), e)
	}
}

func (w *walk) entry(path string, e fs.DirEntry) {
	if !w.all && strings.HasPrefix(e.Name(), ".") {
		w.leave(path, "hidden")
		return
	}
	if e.IsDir() {
		w.dir(path)
		return
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		w.leave(path, hint.PathReason(err).Error())
	case info.IsDir():
		w.links = append(w.links, path)
	case !info.Mode().IsRegular():
		w.leave(path, "not a regular file")
	default:
		w.files = append(w.files, path)
	}
}

func (w *walk) leave(path, why string) { w.leftOut = append(w.leftOut, LeftOut{Path: path, Why: why}) }

// LogName returns the name that a log has before it is rotated (.1,
// .2018-05-06, -20180506) and compressed, without its directory.
func LogName(path string) string {
	base := filepath.Base(path)
	if name := strings.TrimRight(withoutPacking(base), rotationBytes); name != "" {
		return name
	}
	return base
}

// rotationBytes are what rotation adds to the name of a log.
const rotationBytes = "0123456789-_."

// withoutPacking returns name without what compression adds to it.
func withoutPacking(name string) string {
	for _, ext := range [...]string{".gz", ".zst", ".zstd", ".bz2", ".xz"} {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}
