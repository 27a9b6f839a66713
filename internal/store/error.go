package store

import "errors"

// A Class says what can be done about a failure of a database.
type Class uint8

// The classes.
const (
	Bug      Class = iota // nothing: a fault of this program, or of what it was given
	Retry                 // ask again: it passes by itself
	Locked                // wait until another process is done
	Full                  // wait until there is room
	Gone                  // wait until the database is back: its file was moved, replaced or deleted
	Unusable              // mend this database, or take another
)

// Passes reports whether a failure may be over without anything being done to
// this program: asking again later can help.
func (c Class) Passes() bool { return c == Retry || c == Locked || c == Full || c == Gone }

// ClassOf returns the class of the [Error] in err; other errors are a Bug.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Bug
}

// What can be wrong with a database, for errors.Is.
var (
	ErrLocked      = errors.New("locked by another process")
	ErrReadOnly    = errors.New("cannot be written")
	ErrFull        = errors.New("no room left")
	ErrGone        = errors.New("not the database that was opened")
	ErrCorrupt     = errors.New("damaged")
	ErrNotDatabase = errors.New("not a database of ttpctl")
	ErrNewerSchema = errors.New("written by a newer ttpctl")
	ErrOlderSchema = errors.New("written by an older ttpctl")
	ErrDBClosed    = errors.New("database closed")
)

// An Error is what went wrong with which database.
type Error struct {
	Path  string
	Op    string // what was attempted
	Class Class
	Kind  error // one of the errors above, nil = none of them
	Err   error // what the driver says, nil = nothing
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
