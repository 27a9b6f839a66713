package sqldb

import "errors"

// yielded is an error of a caller's, which is no error of the database.
type yielded struct{ error }

func (e yielded) Unwrap() error { return e.error }

// Yielded marks an error of a caller's function, within a transaction.
func Yielded(err error) error {
	if err == nil {
		return nil
	}
	return yielded{err}
}

// Outcome returns what a transaction ended with: what Yielded marked as it was,
// all else as it is.
func Outcome(err error) error {
	if own, ok := errors.AsType[yielded](err); ok {
		return own.error
	}
	return err
}
