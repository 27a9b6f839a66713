// Package hint makes errors that say what to try next.
//
// Such an error means that what was given cannot be worked with as it is, and
// that nothing broke: whoever gave it can mend it. The hint is one sentence or
// a command, without a full stop; "" where there is nothing to advise.
//
// For example:
//
//	return hint.Errorf("--force replaces it", "%s: has other content", path)
package hint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// An Error is an error and what to try next.
type Error struct {
	Err  error
	Help string // "" = nothing
}

// Errorf returns an [*Error] of which help is the hint.
func Errorf(help, format string, args ...any) error {
	return &Error{fmt.Errorf(format, args...), help}
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the error without its hint.
func (e *Error) Unwrap() error { return e.Err }

// PathReason strips operation and path from err: callers name the file.
func PathReason(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	if le, ok := errors.AsType[*os.LinkError](err); ok {
		return le.Err
	}
	return err
}
