package worker

import (
	"database/sql"
	"testing"

	_ "modernc.org/sqlite"
)

// lock takes the write lock of the database at path, as another process would.
func lock(t *testing.T, path string) (release func()) {
	t.Helper()
	other, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		tx.Rollback()
		other.Close()
	}
}
