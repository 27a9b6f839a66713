package spool

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// lockName is the file that the owner of a directory holds a lock on, with who
// it is.
const lockName = "lock"

// lockWithin is how long another process may still hold the lock: one that was
// killed a moment ago is not gone yet.
const lockWithin = 2 * time.Second

// own makes this process the one that owns dir. The lock ends with the process,
// however that ends; another's is waited for within so long.
func own(dir string, within time.Duration) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = lockFile(f)
	for begin := time.Now(); err == syscall.EWOULDBLOCK && time.Since(begin) < within; err = lockFile(f) {
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		defer f.Close()
		if err == syscall.EWOULDBLOCK {
			return nil, fmt.Errorf("spool %s: another process holds it%s", dir, holder(f))
		}
		return nil, fmt.Errorf("spool %s: lock: %w", dir, err)
	}
	if err := sign(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("spool %s: %w", dir, err)
	}
	return f, nil
}

// sign writes who holds the lock.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte("pid "+strconv.Itoa(os.Getpid())+", since "+time.Now().UTC().Format(time.RFC3339)+"\n"), 0)
	return err
}

// holder returns who wrote itself into f, for people.
func holder(f *os.File) string {
	text, err := io.ReadAll(io.LimitReader(f, 80))
	text, _, found := bytes.Cut(text, []byte("\n"))
	if err != nil || !found {
		return ""
	}
	return ": " + string(text)
}
