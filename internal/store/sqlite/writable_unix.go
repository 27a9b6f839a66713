//go:build unix

package sqlite

import "syscall"

func writable(path string) bool {
	const wOK = 2 // access(2)
	return syscall.Access(path, wOK) == nil
}
