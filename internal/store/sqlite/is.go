package sqlite

import (
	"io"
	"os"
	"path/filepath"
)

// IsDatabase reports whether a file is a SQLite database, or by its name should
// be one: a file that is not is reported when it is opened.
func IsDatabase(path string) bool {
	// To open a pipe would wait for its writer.
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 16)
	n, _ := io.ReadFull(f, head)
	return string(head[:n]) == "SQLite format 3\x00" || hasDatabaseName(path)
}

// hasDatabaseName reports whether a file is named as SQLite databases are.
func hasDatabaseName(path string) bool {
	switch filepath.Ext(path) {
	case ".db", ".sqlite", ".sqlite3":
		return true
	}
	return false
}
