// Package outfile writes files that are whole or not there.
//
// A [File] is written beside its place and renamed into it, so that readers see
// the old content or the new, never half, and a run that fails leaves what was
// there. What is no regular file (a device, a pipe) is written directly.
//
// What is written may hold what attackers stole: a new file is its owner's alone,
// [Exposed] finds an old one that is not, and [Hide] mends that.
//
// An output must not be what the same run reads: a [Guard] sees that.
//
// For example:
//
//	f, err := outfile.Create("report.json")
//	_, err = f.Write(data)
//	err = f.Commit() // or f.Discard()
package outfile

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

var errDirectory = errors.New("is a directory")

// A File is a file under construction. It ends with Commit or Discard. It is for
// one goroutine.
type File struct {
	*os.File
	target string // "" = written directly
}

// Create opens path for writing. A symbolic link is followed, and stays. A
// new file is its owner's alone, another keeps its mode.
func Create(path string) (*File, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	perm := fs.FileMode(0o600)
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, errDirectory
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &File{File: f}, nil
	case err == nil:
		perm = info.Mode().Perm()
	}
	beside := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8])
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return nil, err
	}
	return &File{File: f, target: path}, nil
}

// Commit closes the file and puts it in its place.
func (f *File) Commit() error {
	err := f.Close()
	if f.target == "" {
		return err
	}
	if err == nil {
		err = os.Rename(f.Name(), f.target)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// Discard closes the file and leaves what stood in its place.
func (f *File) Discard() {
	f.Close()
	if f.target != "" {
		os.Remove(f.Name())
	}
}
