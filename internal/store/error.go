package store

import (
	"errors"
	"fmt"
)

// What can be wrong with a database, for errors.Is.
var (
	ErrLocked      = errors.New("locked by another process")
	ErrReadOnly    = errors.New("cannot be written")
	ErrFull        = errors.New("no room left")
	ErrCorrupt     = errors.New("damaged")
	ErrNotDatabase = errors.New("not a database of ttpctl")
	ErrNewerSchema = errors.New("written by a newer ttpctl")
	ErrOlderSchema = errors.New("written by an older ttpctl")
	ErrDBClosed    = errors.New("database closed")
)

// An Error is what went wrong with which database file, and what to do about
// it.
type Error struct {
	Path string
	Op   string // what was attempted
	Kind error  // one of the errors above, nil = none of them
	Err  error  // what the driver says, nil = nothing
}

// Error returns everything on one line.
func (e *Error) Error() string {
	msg := e.Path + ": " + e.Op
	if e.Kind != nil && !errors.Is(e.Err, e.Kind) {
		msg += ": " + e.Kind.Error()
	}
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	if hint := hints[e.Kind]; hint != "" {
		msg += "; " + fmt.Sprintf(hint, e.Path)
	}
	return msg
}

// Unwrap makes errors.Is find Kind and the driver's error.
func (e *Error) Unwrap() []error {
	var errs []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// hints are what to do, by kind; each names the file once.
var hints = map[error]string{
	ErrLocked:      "try again, or see who holds it with `fuser %s`",
	ErrReadOnly:    "check the owner and mode of %s and of its directory, or name another file with --db",
	ErrFull:        "free room on the disk of %s, or delete old tags with `ttpctl db prune`",
	ErrCorrupt:     "set %[1]s aside and recover what is left with `sqlite3 %[1]s .recover`, or name another file with --db",
	ErrNotDatabase: "name another file than %s with --db",
	ErrNewerSchema: "use that ttpctl with %s, or name another file with --db",
	ErrOlderSchema: "a command that writes brings %s up to date, such as `ttpctl rule disable` or `ttpctl tag --save`",
}
