package outfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// samePlace reports whether two paths, "" being stdout, name one file, also one
// that does not exist yet. What may be written to twice, such as /dev/null, is
// not meant.
func samePlace(a, b string) bool {
	if a == "" || b == "" {
		return a == b
	}
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return x.Mode()&fs.ModeDevice == 0 && os.SameFile(x, y)
	}
	if (errX == nil) != (errY == nil) || !sameDir(filepath.Dir(a), filepath.Dir(b)) {
		return false
	}
	nameA, nameB := filepath.Base(a), filepath.Base(b)
	return nameA == nameB || strings.EqualFold(nameA, nameB) && foldsCase(filepath.Dir(a))
}

func sameDir(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX != nil || errY != nil {
		return filepath.Clean(a) == filepath.Clean(b)
	}
	return os.SameFile(x, y)
}

// foldsCase reports whether the file system of a directory takes names that
// differ in case for one, as far as the directory's own name tells.
func foldsCase(dir string) bool {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	base := filepath.Base(abs)
	swapped := strings.ToUpper(base)
	if swapped == base {
		swapped = strings.ToLower(base)
	}
	return swapped != base && sameDir(abs, filepath.Join(filepath.Dir(abs), swapped))
}
