package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"ttpctl/internal/store/sqlite"
)

// notForOthers are the permission bits that a file of ours should not have:
// evidence may hold what attackers stole.
const notForOthers fs.FileMode = 0o077

// makePrivate makes a file that we write its owner's alone, when that is us,
// and says so; of another's it says that others can read it.
func (s *streams) makePrivate(path string) {
	info := exposed(path)
	if info == nil {
		return
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(owner.Uid) != os.Geteuid() || os.Chmod(path, 0o600) != nil {
		s.warnExposed(path)
		return
	}
	s.log.Warn("others could read this file; now only its owner can", "file", path, "mode", permissions(info), "now", "0600")
}

// warnExposed says that others can read a file, when they can.
func (s *streams) warnExposed(path string) {
	if info := exposed(path); info != nil {
		s.log.Warn("others can read this file, and it holds what attackers sent; chmod 600 ends that", "file", path, "mode", permissions(info))
	}
}

// exposed returns the file at path when others may read or write it.
func exposed(path string) fs.FileInfo {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&notForOthers == 0 {
		return nil
	}
	return info
}

func permissions(info fs.FileInfo) string { return fmt.Sprintf("%04o", info.Mode().Perm()) }

// makeDB opens the database at path for writing, or makes it.
func makeDB(ctx context.Context, path string, s *streams) (*sqlite.DB, error) {
	db, err := sqlite.Open(ctx, path, dbOptions(s))
	if err != nil {
		return nil, err // a file that is not a database keeps its mode
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		s.makePrivate(name)
	}
	return db, nil
}
