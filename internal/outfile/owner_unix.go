//go:build unix

package outfile

import (
	"io/fs"
	"os"
	"syscall"
)

// ours reports whether a file belongs to who runs this.
func ours(info fs.FileInfo) bool {
	owner, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(owner.Uid) == os.Geteuid()
}
