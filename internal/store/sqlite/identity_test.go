package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqldb"
	"ttpctl/internal/store/storetest"
)

// openLoud opens a database whose notices are kept.
func openLoud(t *testing.T, path string) (*DB, chan store.Notice) {
	t.Helper()
	told := make(chan store.Notice, 100)
	db, err := Open(t.Context(), path, Options{Now: time.Now, Notify: func(n store.Notice) { told <- n }})
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db, told
}

func tryInsert(t *testing.T, db *DB, first int) error {
	t.Helper()
	_, err := db.Tags().Insert(t.Context(), storetest.SomeTags(first, 10))
	return err
}

// tagsIn returns how many tags the file at path has, as another process reads
// it that knows nothing of db.
func tagsIn(t *testing.T, path string) int {
	t.Helper()
	db, err := OpenReadOnly(t.Context(), path, Options{Now: time.Now})
	must(t, err)
	defer db.Close()
	checkIntact(t, db)
	return countTags(t, db)
}

func wantGone(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrGone) || store.ClassOf(err) != store.Gone {
		t.Errorf("Insert() after the file was %s: %v, want %v", what, err, store.ErrGone)
	}
}

// age makes a file look as if it had stood still for long.
func age(t *testing.T, path string) {
	t.Helper()
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(path, old, old))
}

// A file that is renamed is not written to any more, and has all that was
// committed; when it is back, it is written to again.
func TestRenamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	db, _ := openLoud(t, path)
	must(t, tryInsert(t, db, 0))
	must(t, os.Rename(path, path+".moved"))
	wantGone(t, "renamed", tryInsert(t, db, 10))
	if n := tagsIn(t, path+".moved"); n != 10 {
		t.Errorf("the renamed file has %d tags, want the 10 committed", n)
	}
	must(t, os.Rename(path+".moved", path))
	must(t, tryInsert(t, db, 10))
	must(t, db.Close())
	if n := tagsIn(t, path); n != 20 {
		t.Errorf("the file that came back has %d tags, want 20", n)
	}
}

// In place of a deleted file nothing is made. A database that is put there is
// taken once it stands still, and nothing of the old one gets into it.
func TestDeletedAndReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, spare := filepath.Join(dir, "ttpctl.db"), filepath.Join(dir, "spare.db")
	other := openDB(t, spare, time.Now)
	insert(t, other, storetest.SomeTags(500, 7)...)
	must(t, other.Close())

	db, told := openLoud(t, path)
	must(t, tryInsert(t, db, 0))
	must(t, db.States().SetState(t.Context(), "R0001", event.State{Mode: event.Disabled, SetBy: "a"}))
	states, sub, err := db.States().Watch(t.Context())
	if err != nil || states["R0001"].Mode != event.Disabled {
		t.Fatalf("Watch() = %v, %v, want R0001 disabled", states, err)
	}
	must(t, os.Remove(path))
	wantGone(t, "deleted", tryInsert(t, db, 10))
	if n := nextNotice(t, told); !errors.Is(n.Err, store.ErrGone) {
		t.Errorf("notice = %v, want %v", n, store.ErrGone)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a new file was made in place of the deleted one")
	}
	must(t, os.WriteFile(path, nil, 0o600))
	age(t, path)
	wantGone(t, "replaced by an empty one", tryInsert(t, db, 10))
	must(t, os.WriteFile(path, []byte("no database, but a text of some length"), 0o600))
	age(t, path)
	wantGone(t, "replaced by a text", tryInsert(t, db, 10))

	// The time is set before the file is there, for the tail looks by itself, and
	// lies ahead, so that "a moment ago" lasts however slow the test runs.
	ahead := time.Now().Add(time.Hour)
	must(t, os.Chtimes(spare, ahead, ahead))
	must(t, os.Rename(spare, path))
	wantGone(t, "replaced a moment ago", tryInsert(t, db, 10))
	age(t, path)
	storetest.Eventually(t, "tags are stored again", func() bool { return tryInsert(t, db, 10) == nil })
	if c := storetest.Next(t, sub); c.RuleID != "R0001" || c.State.Mode != event.Enabled {
		t.Errorf("Next() = %+v, want R0001 enabled: the new database says nothing of it", c)
	}
	for {
		if nextNotice(t, told).Err == nil {
			break
		}
	}
	must(t, db.States().SetState(t.Context(), "R0002", event.State{Mode: event.Disabled, SetBy: "a"}))
	if c := storetest.Next(t, sub); c.RuleID != "R0002" {
		t.Errorf("Next() = %+v, want the change in the new database", c)
	}
	must(t, db.Close())
	if n := tagsIn(t, path); n != 7+10 {
		t.Errorf("the new file has %d tags, want its 7 and the 10 stored since", n)
	}
}

// A database that is put over the one in use, with the -wal of the old one
// beside it, is neither written to unseen nor damaged.
func TestReplacedInOneStep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, spare := filepath.Join(dir, "ttpctl.db"), filepath.Join(dir, "spare.db")
	other := openDB(t, spare, time.Now)
	must(t, other.Close())
	db, _ := openLoud(t, path)
	must(t, tryInsert(t, db, 0))
	must(t, os.Rename(spare, path))
	age(t, path)
	must(t, tryInsert(t, db, 100))
	must(t, db.Close())
	if n := tagsIn(t, path); n != 10 {
		t.Errorf("the new file has %d tags, want the 10 stored since", n)
	}
}

// A file that was open before is opened again when it comes back after another
// that was no database, although it is the file that was opened last.
func TestCameBackAfterAnother(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	db, _ := openLoud(t, path)
	must(t, tryInsert(t, db, 0))
	must(t, os.Rename(path, path+".moved"))
	must(t, os.WriteFile(path, []byte("no database, but a text of some length"), 0o600))
	age(t, path)
	wantGone(t, "replaced by a text", tryInsert(t, db, 10))
	age(t, path+".moved")
	must(t, os.Rename(path+".moved", path))
	must(t, tryInsert(t, db, 10))
	must(t, db.Close())
	if n := tagsIn(t, path); n != 20 {
		t.Errorf("the file that came back has %d tags, want 20", n)
	}
}

// What a transaction did is not committed when the file goes meanwhile.
func TestGoneBeforeCommit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	db, _ := openLoud(t, path)
	err := db.update(t.Context(), "testing", func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO ttp_tag_version (rule_id, rule_version) VALUES (?, ?)`, "R0001", 1); err != nil {
			return err
		}
		return os.Rename(path, path+".moved")
	})
	wantGone(t, "renamed within a transaction", err)
	must(t, os.Rename(path+".moved", path))
	var n int
	must(t, db.reader.QueryRowContext(t.Context(), `SELECT count(*) FROM ttp_tag_version`).Scan(&n))
	if n != 0 {
		t.Errorf("%d rows were committed, want none", n)
	}
}

func nextNotice(t *testing.T, told <-chan store.Notice) store.Notice {
	t.Helper()
	select {
	case n := <-told:
		return n
	case <-time.After(storetest.Patience):
		t.Fatal("no notice")
	}
	panic("unreachable")
}
