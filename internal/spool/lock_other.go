//go:build !unix

package spool

import (
	"errors"
	"os"
)

// lockFile refuses: without the lock two processes could write one log.
func lockFile(*os.File) error { return errors.ErrUnsupported }
