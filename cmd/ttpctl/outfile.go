package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// An outFile is a file under construction: written beside its place and
// renamed into it, so that readers see the old content or the new, never
// half. What is no regular file (a device, a pipe) is written directly.
type outFile struct {
	*os.File
	target   string // "" = written directly
	appended bool   // written directly, and on the disk before it is closed
}

// createFile opens path for writing. A symbolic link is followed, and stays. A
// new file is its owner's alone, another keeps its mode.
func createFile(path string) (*outFile, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	perm := fs.FileMode(0o600)
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, errors.New("is a directory")
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &outFile{File: f}, nil
	case err == nil:
		perm = info.Mode().Perm()
	}
	beside := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8])
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return nil, err
	}
	return &outFile{File: f, target: path}, nil
}

// commit closes the file and puts it in its place.
func (f *outFile) commit() error {
	var synced error
	if f.appended {
		synced = f.Sync()
	}
	err := joinErrors(synced, f.Close())
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

// discard closes the file and leaves what stood in its place.
func (f *outFile) discard() {
	f.Close()
	if f.target != "" {
		os.Remove(f.Name())
	}
}

// reason returns what went wrong without the operation and the path, which
// callers name in their own words.
func reason(err error) error {
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		return pathErr.Err
	case errors.As(err, &linkErr):
		return linkErr.Err
	}
	return err
}
