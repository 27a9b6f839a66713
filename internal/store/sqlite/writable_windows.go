package sqlite

import "os"

// writable goes by the read-only attribute, which is all that a mode tells there.
func writable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o200 != 0
}
