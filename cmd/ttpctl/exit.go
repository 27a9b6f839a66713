package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"ttpctl/internal/hint"
	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// A class says what an error means to the one who asked. Of several, the
// highest decides the exit code; a signal is above them all.
type class uint8

// The classes, lowest first.
const (
	classDone     class = iota // no failure: stdout was closed by its reader
	classWarnings              // warnings only, and --fail-on warning
	classNo                    // the answer is no: invalid rules, rejected lines under --strict
	classSetup                 // could not run: usage, config, a named file missing
	classRuntime               // it broke: I/O, database; also every error without a class
)

// A failure is an error that knows its class and what to try next.
type failure struct {
	class class
	err   error  // nil: all was said already, by diagnostics or a summary
	help  string // the next thing to try, "" = nothing
}

func (f *failure) Error() string {
	if f.err == nil {
		return "see above"
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// errNo and errWarnings are answers that were printed already.
var (
	errNo       = &failure{class: classNo}
	errWarnings = &failure{class: classWarnings}
)

// errClosedPipe is a stdout that nobody reads any more.
var errClosedPipe = &failure{class: classDone}

// cannotRun returns a failure of classSetup: the command did not do its work
// because of what it was given.
func cannotRun(help, format string, args ...any) error {
	return &failure{class: classSetup, err: fmt.Errorf(format, args...), help: help}
}

// broke returns a failure of classRuntime.
func broke(format string, args ...any) error {
	return &failure{class: classRuntime, err: fmt.Errorf(format, args...)}
}

// worst returns the highest class among the errors that err joins.
func worst(err error) class {
	c := classDone
	for _, e := range flatten(err) {
		switch f := failureOf(e); {
		case f != nil:
			c = max(c, f.class)
		case !isClosedPipe(e):
			return classRuntime
		}
	}
	return c
}

// failureOf returns what is known of err: nil of one without a class. What
// has a hint is of what was given.
func failureOf(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if h, ok := errors.AsType[*hint.Error](err); ok {
		return &failure{class: classSetup, err: err, help: h.Help}
	}
	return nil
}

// flatten returns the errors that err joins, in order. A database's error wraps
// two and is one.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if _, one := err.(*store.Error); one || !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, flatten(e)...)
	}
	return all
}

// problems returns what is to be said of err, each message once.
func problems(err error) []report.Problem {
	var all []report.Problem
	var stopped *signalError
	signalled := errors.As(err, &stopped)
	for _, e := range flatten(err) {
		if signalled && errors.Is(e, context.Canceled) {
			continue // what the signal ended, and not a failure of its own
		}
		f := failureOf(e)
		t := report.Problem{Message: e.Error()}
		if f != nil {
			t.Help = f.help
		}
		if t.Help == "" {
			t.Help = store.Help(e)
		}
		if isClosedPipe(e) || f != nil && f.err == nil {
			continue
		}
		if !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return all
}

// isClosedPipe reports whether a write failed because its reader went away.
func isClosedPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// joinErrors is errors.Join that leaves a single error as it is.
func joinErrors(errs ...error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
