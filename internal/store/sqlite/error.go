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
// context, and of a commit that is fenced off, stay what they are.
func fail(path, op string, err error) error {
	if err == nil {
		return nil
	}
	if own, ok := errors.AsType[*store.Error](err); ok {
		return own
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, store.ErrFenced) || errors.Is(err, store.ErrReplaced) {
		return fmt.Errorf("%s: %s: %w", path, op, err)
	}
	class, kind := judge(err)
	return &store.Error{Path: path, Op: op, Class: class, Kind: kind, Err: err}
}

// judge returns the class of an error, and what of those that store names is
// wrong, nil = none.
func judge(err error) (store.Class, error) {
	if errors.Is(err, store.ErrGone) { // whatever else is said of the file in its place
		return store.Gone, store.ErrGone
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return judgeCode(e.Code())
	}
	for _, kind := range []error{store.ErrNotDatabase, store.ErrNewerSchema, store.ErrOlderSchema} {
		if errors.Is(err, kind) {
			return store.Unusable, kind
		}
	}
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return store.Unusable, store.ErrReadOnly
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return store.Full, store.ErrFull
	case errors.Is(err, fs.ErrNotExist):
		return store.Unusable, nil
	}
	return store.Bug, nil
}

func judgeCode(code int) (store.Class, error) {
	switch code & 0xff { // the primary result code
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return store.Locked, store.ErrLocked
	case sqlite3.SQLITE_READONLY:
		if code == sqlite3.SQLITE_READONLY_DBMOVED {
			return store.Gone, store.ErrGone
		}
		return store.Unusable, store.ErrReadOnly
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return store.Unusable, store.ErrReadOnly
	case sqlite3.SQLITE_FULL:
		return store.Full, store.ErrFull
	case sqlite3.SQLITE_CORRUPT:
		return store.Unusable, store.ErrCorrupt
	case sqlite3.SQLITE_NOTADB:
		return store.Unusable, store.ErrNotDatabase
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_SCHEMA:
		return store.Retry, nil
	}
	return store.Bug, nil
}

func kindOf(err error) error {
	_, kind := judge(err)
	return kind
}

func isLocked(err error) bool { return kindOf(err) == store.ErrLocked }
