package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"ttpctl/internal/store"
)

// fail says of err that it happened to this database during op. Errors of a
// context stay what they are.
func fail(path, op string, err error) error {
	if err == nil {
		return nil
	}
	if own, ok := errors.AsType[*store.Error](err); ok {
		return own
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %s: %w", path, op, err)
	}
	return &store.Error{Path: path, Op: op, Kind: kindOf(err), Err: err}
}

func kindOf(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff { // the primary result code
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return store.ErrLocked
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
			return store.ErrReadOnly
		case sqlite3.SQLITE_FULL:
			return store.ErrFull
		case sqlite3.SQLITE_CORRUPT:
			return store.ErrCorrupt
		case sqlite3.SQLITE_NOTADB:
			return store.ErrNotDatabase
		}
		return nil
	}
	for _, kind := range []error{store.ErrNotDatabase, store.ErrNewerSchema, store.ErrOlderSchema} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return store.ErrReadOnly
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return store.ErrFull
	}
	return nil
}

func isLocked(err error) bool { return kindOf(err) == store.ErrLocked }
