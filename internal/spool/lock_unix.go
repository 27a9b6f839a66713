//go:build unix

package spool

import (
	"os"
	"syscall"
)

// lockFile takes f for this process, or gives an error when another has it.
func lockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
