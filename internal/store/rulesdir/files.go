package rulesdir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"ttpctl/internal/store"
)

// maxRuleBytes is one byte more than the engine accepts in a rule file: a
// longer file is cut to it, so that the engine, not memory, refuses the file.
const maxRuleBytes = 1<<20 + 1

var errNotRegular = errors.New("not a regular file")

// A stamp tells whether a file was touched between two looks at it: its size,
// its mtime, and which file stands behind the name.
type stamp struct {
	size  int64
	mtime time.Time
	info  fs.FileInfo // nil in tests that have no file system
}

func stampOf(info fs.FileInfo) stamp {
	return stamp{size: info.Size(), mtime: info.ModTime(), info: info}
}

func (s stamp) equal(o stamp) bool {
	if s.size != o.size || !s.mtime.Equal(o.mtime) {
		return false
	}
	return s.info == nil || o.info == nil || os.SameFile(s.info, o.info)
}

// A sight is one rule file in a listing: its stamp, or why it has none.
type sight struct {
	name  string
	stamp stamp
	err   error
}

// files is a directory as the tracker sees it.
type files interface {
	// list returns the rule files in name order.
	list() ([]sight, error)
	// read returns a file's bytes and its stamp after they were read.
	read(name string) ([]byte, stamp, error)
}

// Leaves reports whether name, found below dir, is really elsewhere. Links
// inside dir, as Kubernetes makes them, stay.
func Leaves(dir, name string) bool {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return true
	}
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		return true
	}
	rel, err := filepath.Rel(root, target)
	return err != nil || !filepath.IsLocal(rel)
}

// osFiles is the files of a directory of the operating system. Names are paths
// under shown, the directory as the user spelled it.
type osFiles struct {
	dir, shown string
	follow     bool // links may leave dir
}

func (f osFiles) list() ([]sight, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	var sights []sight
	for _, e := range entries {
		if !store.IsRuleFile(e.Name()) {
			continue
		}
		s := sight{name: filepath.Join(f.shown, e.Name())}
		// Stat, not Lstat: behind a symlink the target is what counts.
		info, err := os.Stat(filepath.Join(f.dir, e.Name()))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // gone since the listing, or a symlink to nothing
		case err != nil:
			s.err = err
		case !f.follow && e.Type()&fs.ModeSymlink != 0 && Leaves(f.dir, filepath.Join(f.dir, e.Name())):
			s.err = fmt.Errorf("%s: a link that leaves %s, --follow-symlinks reads it all the same", s.name, f.shown)
		case !info.Mode().IsRegular():
			s.err = fmt.Errorf("%s: %w", s.name, errNotRegular)
		default:
			s.stamp = stampOf(info)
		}
		sights = append(sights, s)
	}
	return sights, nil
}

func (f osFiles) read(name string) ([]byte, stamp, error) {
	path := filepath.Join(f.dir, filepath.Base(name))
	data, err := readRule(path)
	if err != nil {
		return nil, stamp{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, stamp{}, err
	}
	return data, stampOf(info), nil
}

// readRule reads at most maxRuleBytes of a regular file. O_NONBLOCK keeps a
// pipe that took the file's place from blocking the open.
func readRule(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w", path, errNotRegular)
	}
	return io.ReadAll(io.LimitReader(f, maxRuleBytes))
}
