package vitals

import (
	"fmt"
	"io/fs"

	"ttpctl/internal/outfile"
)

// MakePrivate makes a file that we write its owner's alone, when that is us,
// and says so; of another's it says that others can read it.
func (l Log) MakePrivate(path string) {
	info := outfile.Exposed(path)
	if info == nil {
		return
	}
	if !outfile.Hide(path, info) {
		l.WarnExposed(path)
		return
	}
	l.Log.Warn("others could read this file; now only its owner can", "file", path, "mode", permissions(info), "now", "0600")
}

// WarnExposed says that others can read a file, when they can.
func (l Log) WarnExposed(path string) {
	if info := outfile.Exposed(path); info != nil {
		l.Log.Warn("others can read this file, and it holds what attackers sent; chmod 600 ends that", "file", path, "mode", permissions(info))
	}
}

func permissions(info fs.FileInfo) string { return fmt.Sprintf("%04o", info.Mode().Perm()) }
