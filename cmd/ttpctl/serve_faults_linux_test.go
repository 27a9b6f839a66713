package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// smallDisk returns a directory on a file system of its own of a few MB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=6m"); err != nil {
		t.Skipf("LEFT OUT: serve on a disk that is full or read-only, for want of the right to mount one: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestServeDatabaseFull: nothing more fits on the disk of the database.
func TestServeDatabaseFull(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t)
	filler := filepath.Join(disk, "filler")
	databaseFault{
		cause: func(string) error {
			f, err := os.Create(filler)
			if err != nil {
				return err
			}
			defer f.Close()
			for err == nil {
				_, err = f.Write(make([]byte, 4096))
			}
			if !errors.Is(err, unix.ENOSPC) {
				return fmt.Errorf("fill the disk: %w", err)
			}
			return nil
		},
		relieve: func(string) error { return os.Remove(filler) },
		says:    "full",
	}.survive(t, disk, false)
}

// immutableFlag is FS_IMMUTABLE_FL of linux/fs.h.
const immutableFlag = 0x10

// setImmutable makes a file one that nobody can write, not even who has it open,
// or undoes that.
func setImmutable(path string, immutable bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	flags, err := unix.IoctlGetInt(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	if err != nil {
		return err
	}
	flags &^= immutableFlag
	if immutable {
		flags |= immutableFlag
	}
	return unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, flags)
}

// canFreeze skips the test where open files cannot be made read-only.
func canFreeze(t *testing.T) {
	t.Helper()
	probe, err := os.Create(filepath.Join(t.TempDir(), "probe"))
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Close()
	err = setImmutable(probe.Name(), true)
	if err == nil {
		_, written := probe.WriteString("x")
		if err = setImmutable(probe.Name(), false); written == nil {
			err = errors.Join(err, errors.New("what is open can still be written"))
		}
	}
	if err != nil {
		t.Skipf("LEFT OUT: serve whose database becomes read-only, which this file system or user cannot do: %v", err)
	}
}

// TestServeDatabaseFrozen: the database becomes read-only while serve has it open,
// as on a disk that the system takes for broken.
func TestServeDatabaseFrozen(t *testing.T) {
	t.Parallel()
	canFreeze(t)
	set := func(db string, immutable bool) error {
		return errors.Join(setImmutable(db, immutable), setImmutable(db+"-wal", immutable))
	}
	dir := t.TempDir()
	t.Cleanup(func() { set(filepath.Join(dir, "t.db"), false) })
	databaseFault{
		cause:   func(db string) error { return set(db, true) },
		relieve: func(db string) error { return set(db, false) },
		says:    "disk I/O error",
	}.survive(t, dir, false)
}
