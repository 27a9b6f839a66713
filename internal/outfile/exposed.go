package outfile

import (
	"io/fs"
	"os"
	"runtime"
)

// notForOthers are the permission bits that a file of ours should not have:
// evidence may hold what attackers stole.
const notForOthers fs.FileMode = 0o077

// Exposed returns the file at path when others may read or write it, else nil. On
// Windows permission bits say nothing of that.
func Exposed(path string) fs.FileInfo {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" || !info.Mode().IsRegular() || info.Mode().Perm()&notForOthers == 0 {
		return nil
	}
	return info
}

// Hide makes a file that others may read or write its owner's alone, and reports
// whether it did: not when the file is another's.
func Hide(path string, info fs.FileInfo) bool {
	return ours(info) && os.Chmod(path, 0o600) == nil
}
