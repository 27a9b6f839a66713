package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/storetest"
)

func openDB(t *testing.T, path string, now func() time.Time) *DB {
	t.Helper()
	db, err := Open(t.Context(), path, Options{Now: now, Notify: func(n store.Notice) { t.Errorf("notice %v, want none", n) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func tempDB(t *testing.T) *DB {
	t.Helper()
	return openDB(t, filepath.Join(t.TempDir(), "ttpctl.db"), time.Now)
}

// Each of many connections open at once has the pragmas, in both pools.
func TestPragmas(t *testing.T) {
	t.Parallel()
	db := tempDB(t)
	ro, err := OpenReadOnly(t.Context(), db.path, Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer ro.Close()
	want := map[string]string{"journal_mode": "wal", "foreign_keys": "1", "synchronous": "1", "busy_timeout": "5000"}
	for name, p := range map[string]struct {
		pool  *sql.DB
		conns int
		query string // query_only
	}{"writer": {db.writer, 1, "0"}, "reader": {db.reader, readers + 1, "1"}, "read-only": {ro.reader, readers + 1, "0"}} {
		t.Run(name, func(t *testing.T) {
			for i := range p.conns {
				conn, err := p.pool.Conn(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				want["query_only"] = p.query
				got := map[string]string{}
				for pragma := range want {
					var v string
					if err := conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&v); err != nil {
						t.Fatal(err)
					}
					got[pragma] = v
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("pragmas of connection %d (-want +got):\n%s", i, diff)
				}
			}
			if open := p.pool.Stats().OpenConnections; open != p.conns {
				t.Errorf("%d connections were open, want %d", open, p.conns)
			}
		})
	}
}

// With Full every commit is synced, also in a database that took the place of
// the one opened.
func TestDurability(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "ttpctl.db"), Options{Now: time.Now, Durability: Full})
	must(t, err)
	defer db.Close()
	check := func(when string) {
		t.Helper()
		var got string
		if err := db.writer.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&got); err != nil || got != "2" {
			t.Errorf("%s synchronous = %s, %v, want 2", when, got, err)
		}
	}
	check("opened,")
	image := filepath.Join(t.TempDir(), "other.db")
	openDB(t, image, time.Now).Close()
	past := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(image, past, past))
	must(t, os.Rename(image, db.path))
	insert(t, db, storetest.SomeTags(0, 1)...)
	check("replaced,")
}

// The write lock is taken when a transaction begins, not at its first write.
func TestImmediateTransactions(t *testing.T) {
	t.Parallel()
	db := tempDB(t)
	tx, err := db.writer.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	other, err := Open(t.Context(), db.path, Options{Now: time.Now, Busy: 10 * time.Millisecond})
	if err != nil {
		t.Fatalf("Open() while another process writes: %v", err)
	}
	defer other.Close()
	if _, err := other.writer.BeginTx(t.Context(), nil); !isLocked(err) {
		t.Errorf("a second write transaction: %v, want it locked", err)
	}
}

// Any file name is a database, and only that file.
func TestOddPaths(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, name := range []string{
		"a b.db", "a?mode=ro.db", "a#b.db", "100%.db", "%41.db", "ünï côdé 日本.db", "a&b=c;d.db", "a+b.db", "'quote\".db",
		"?", "new\nline.db", "dir?x#y%20/in it.db", ":memory:", "file:x.db", "-wal",
	} {
		path := filepath.Join(root, name)
		db, err := Open(t.Context(), path, Options{Now: time.Now})
		if err != nil {
			t.Errorf("Open(%q) error = %v", name, err)
			continue
		}
		if _, err := db.Rules().Write(t.Context(), []store.StoredRule{{ID: name, Version: 1}}, nil); err != nil {
			t.Errorf("Put in %q: %v", name, err)
		}
		ro, err := OpenReadOnly(t.Context(), path, Options{Now: time.Now})
		if err != nil {
			t.Errorf("OpenReadOnly(%q) error = %v", name, err)
		} else {
			if rules, err := ro.Rules().All(t.Context()); err != nil || len(rules) != 1 || rules[0].ID != name {
				t.Errorf("rules in %q = %v, %v", name, rules, err)
			}
			ro.Close()
		}
		db.Close()
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%q after Open: %v, %v, want a database", name, info, err)
		}
	}
	for _, path := range []string{"", "a\x00b"} {
		if db, err := Open(t.Context(), path, Options{Now: time.Now}); err == nil {
			db.Close()
			t.Errorf("Open(%q): no error", path)
		}
	}
}

func TestFileModes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state", "ttpctl")
	db := openDB(t, filepath.Join(dir, "ttpctl.db"), time.Now)
	if _, err := db.Rules().Write(t.Context(), []store.StoredRule{{ID: "R0001", Version: 1}}, nil); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{
		filepath.Dir(dir): 0o700 | fs.ModeDir, dir: 0o700 | fs.ModeDir,
		db.path: 0o600, db.path + "-wal": 0o600, db.path + "-shm": 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("mode of %s = %v, want %v", path, info.Mode(), want)
		}
	}
}

func TestDefaultPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ xdg, home, want string }{
		{"/state", "/home/a", "/state/ttpctl/ttpctl.db"},
		{"", "/home/a", "/home/a/.local/state/ttpctl/ttpctl.db"},
		{"relative", "/home/a", "/home/a/.local/state/ttpctl/ttpctl.db"},
		{"", "", ""},
		{"relative", "", ""},
	} {
		got, err := DefaultPath(func(name string) string {
			return map[string]string{"XDG_STATE_HOME": c.xdg, "HOME": c.home}[name]
		})
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("DefaultPath(%q, %q) = %q, %v, want %q", c.xdg, c.home, got, err, c.want)
		}
		if c.want == "" && !strings.Contains(err.Error(), "--db") {
			t.Errorf("DefaultPath(%q, %q) error = %v, want it to name --db", c.xdg, c.home, err)
		}
	}
}

// Many openers of a file that does not exist make one schema.
func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			db, err := Open(t.Context(), path, Options{Now: time.Now, Busy: storetest.Patience})
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			if _, err := db.Rules().Write(t.Context(), []store.StoredRule{{ID: fmt.Sprint(i), Version: 1}}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	rules, err := openDB(t, path, time.Now).Rules().All(t.Context())
	if err != nil || len(rules) != 8 {
		t.Errorf("%d rules after 8 writers (%v), want 8", len(rules), err)
	}
}

func execAll(t *testing.T, path string, statements ...string) {
	t.Helper()
	p, err := pool(dsn{path: path, write: true}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, s := range statements {
		if _, err := p.ExecContext(context.Background(), s); err != nil {
			t.Fatal(err)
		}
	}
}

// What cannot be opened is an error that names the file.
func TestOpenErrors(t *testing.T) {
	t.Parallel()
	valid := filepath.Join(t.TempDir(), "valid.db")
	openDB(t, valid, time.Now).Close()
	image, err := os.ReadFile(valid)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		make func(t *testing.T, path string)
		want error
		says string
	}{
		{"text", func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(strings.Repeat("no database ", 100)), 0o600))
		}, store.ErrNotDatabase, ""},
		{"directory", func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, store.ErrNotDatabase, ""},
		{"another program's", func(t *testing.T, path string) { execAll(t, path, `CREATE TABLE bookmarks (url)`) }, store.ErrNotDatabase, "another program"},
		{"another program's with a version", func(t *testing.T, path string) {
			execAll(t, path, `CREATE TABLE bookmarks (url)`, `PRAGMA user_version = 1`)
		}, store.ErrNotDatabase, "another program"},
		{"another program's with a newer version", func(t *testing.T, path string) {
			execAll(t, path, `CREATE TABLE bookmarks (url)`, `PRAGMA user_version = 99`)
		}, store.ErrNotDatabase, "another program"},
		{"newer", func(t *testing.T, path string) {
			must(t, os.WriteFile(path, image, 0o600))
			execAll(t, path, `PRAGMA user_version = 99`)
		}, store.ErrNewerSchema, "schema is 99"},
		{"cut", func(t *testing.T, path string) { must(t, os.WriteFile(path, image[:len(image)/2], 0o600)) }, store.ErrCorrupt, ""},
		{"scribbled over", func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(string(image[:100])+strings.Repeat("\xff", len(image)-100)), 0o600))
		}, store.ErrCorrupt, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ttpctl.db")
			c.make(t, path)
			for name, open := range map[string]func(context.Context, string, Options) (*DB, error){"Open": Open, "OpenReadOnly": OpenReadOnly} {
				db, err := open(t.Context(), path, Options{Now: time.Now})
				if err == nil {
					// Damage may show at the first use only.
					_, err = db.States().History(t.Context(), "")
					db.Close()
				}
				if !errors.Is(err, c.want) || store.ClassOf(err) != store.Unusable || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%s error = %v, want %v that names the file and says %q", name, err, c.want, c.says)
				}
			}
		})
	}
}

func TestOpenReadOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none", "ttpctl.db")
	if _, err := OpenReadOnly(t.Context(), path, Options{Now: time.Now}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenReadOnly(missing) error = %v, want %v", err, fs.ErrNotExist)
	}
	if _, err := os.Stat(filepath.Dir(path)); err == nil {
		t.Error("OpenReadOnly(missing) made the directory")
	}
	db := openDB(t, path, time.Now)
	ro, err := OpenReadOnly(t.Context(), path, Options{Now: time.Now})
	must(t, err)
	defer ro.Close()
	_, sub, err := ro.States().Watch(t.Context())
	must(t, err)
	must(t, db.States().SetState(t.Context(), "R0001", event.State{Mode: event.Disabled, SetBy: "a"}))
	must(t, db.Writable(t.Context()))
	if c := storetest.Next(t, sub); c.RuleID != "R0001" {
		t.Errorf("a reader's Next() = %v, want R0001", c)
	}
	for name, err := range map[string]error{
		"SetState": ro.States().SetState(t.Context(), "R0001", event.State{}),
		"Writable": ro.Writable(t.Context()),
		"Put":      onlyError(ro.Rules().Write(t.Context(), []store.StoredRule{{ID: "R0001", Version: 1}}, nil)),
	} {
		if !errors.Is(err, store.ErrReadOnly) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s through a reader: %v, want %v", name, err, store.ErrReadOnly)
		}
	}
	// The connection itself refuses, whatever the code above it does.
	if _, err := ro.reader.ExecContext(t.Context(), `DELETE FROM ttp_tag`); kindOf(err) != store.ErrReadOnly {
		t.Errorf("a write on a mode=ro connection: %v, want it refused", err)
	}
	if _, err := db.reader.ExecContext(t.Context(), `DELETE FROM ttp_tag`); kindOf(err) != store.ErrReadOnly {
		t.Errorf("a write on the reading pool: %v, want it refused", err)
	}
}

func onlyError[T any](_ T, err error) error { return err }

// A read-only store that is watched ends an expired state for its own readers.
func TestReadOnlyExpiry(t *testing.T) {
	t.Parallel()
	c := &storetest.Clock{}
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	db := openDB(t, path, c.Now)
	must(t, db.States().SetState(t.Context(), "R0001", event.State{Mode: event.Disabled, ExpiresAt: c.Now().Add(time.Hour), SetBy: "a"}))
	ro, err := OpenReadOnly(t.Context(), path, Options{Now: c.Now})
	must(t, err)
	defer ro.Close()
	states, sub, err := ro.States().Watch(t.Context())
	must(t, err)
	if len(states) != 1 {
		t.Errorf("Watch() = %v, want R0001", states)
	}
	c.Advance(time.Hour)
	if got := storetest.Next(t, sub); got.State.Mode != event.Enabled || got.State.SetBy != store.ExpiredBy {
		t.Errorf("Next() = %v, want the revert", got)
	}
	storetest.Quiet(t, sub, 500*time.Millisecond)
	if h, err := db.States().History(t.Context(), ""); err != nil || len(h) != 1 {
		t.Errorf("History() = %v, %v, want nothing written", h, err)
	}
}

// The log and the states cannot be rewritten, whoever holds the file.
func TestAppendOnly(t *testing.T) {
	t.Parallel()
	db := tempDB(t)
	must(t, db.States().SetState(t.Context(), "R0001", event.State{Mode: event.Disabled, SetBy: "a"}))
	for _, s := range []string{
		`DELETE FROM ttp_rule_state_log`, `UPDATE ttp_rule_state_log SET set_by = 'b'`, `DELETE FROM ttp_rule_state`,
		`INSERT INTO ttp_rule_state VALUES ('R0002', 'clipped', NULL, NULL, '', '', 0, 1)`,
		`INSERT INTO ttp_rule_state VALUES ('R0002', 'clipped', 1.5, NULL, '', '', 0, 1)`,
		`INSERT INTO ttp_rule_state VALUES ('R0002', 'off', NULL, NULL, '', '', 0, 1)`,
	} {
		if _, err := db.writer.ExecContext(t.Context(), s); err == nil {
			t.Errorf("%s: no error", s)
		}
	}
}

// Of several processes that see an expiry one reverts it, and each
// subscription is told once.
func TestExpiryOnce(t *testing.T) {
	t.Parallel()
	c := &storetest.Clock{}
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	var subs []*store.Subscription[store.StateChange]
	var db *DB
	for range 4 {
		db = openDB(t, path, c.Now)
		_, sub, err := db.States().Watch(t.Context())
		must(t, err)
		subs = append(subs, sub)
	}
	const rules = 10
	for i := range rules {
		must(t, db.States().SetState(t.Context(), fmt.Sprint("R000", i), event.State{Mode: event.Disabled, ExpiresAt: c.Now().Add(time.Hour), SetBy: "a"}))
	}
	for _, sub := range subs {
		for range rules {
			storetest.Next(t, sub)
		}
	}
	c.Advance(time.Hour)
	for i, sub := range subs {
		told := map[string]int{}
		for range rules {
			c := storetest.Next(t, sub)
			told[c.RuleID]++
			if c.Revision != 2 || c.State.Mode != event.Enabled {
				t.Errorf("subscription %d: %v, want revision 2, enabled", i, c)
			}
		}
		if len(told) != rules {
			t.Errorf("subscription %d was told of %v", i, told)
		}
		storetest.Quiet(t, sub, 500*time.Millisecond)
	}
	h, err := db.States().History(t.Context(), "")
	if err != nil || len(h) != 2*rules {
		t.Errorf("History() has %d changes (%v), want %d", len(h), err, 2*rules)
	}
	var changes int
	must(t, db.reader.QueryRowContext(t.Context(), `SELECT count(*) FROM ttp_change`).Scan(&changes))
	if changes != 2*rules {
		t.Errorf("ttp_change has %d rows, want %d", changes, 2*rules)
	}
}

// Putting what is there already is no change.
func TestPutUnchanged(t *testing.T) {
	t.Parallel()
	db := tempDB(t)
	r := store.StoredRule{ID: "R0001", Version: 1, Path: "a.yaml", Content: []byte("x: \xff\x00\n"), UpdatedBy: "me"}
	for i, want := range []int{1, 0} {
		if n, err := db.Rules().Write(t.Context(), []store.StoredRule{r}, nil); err != nil || n != want {
			t.Errorf("Put %d = %d, %v, want %d", i, n, err, want)
		}
	}
	all, err := db.Rules().All(t.Context())
	must(t, err)
	if len(all) != 1 || string(all[0].Content) != string(r.Content) || all[0].UpdatedBy != "me" || all[0].UpdatedAt.IsZero() {
		t.Errorf("All() = %+v, want %+v", all, r)
	}
	// All or none: the second rule violates a CHECK.
	if n, err := db.Rules().Write(t.Context(), []store.StoredRule{{ID: "R0002", Version: 1}, {ID: "R0003", Version: 0}}, nil); err == nil {
		t.Errorf("Put of a rule of version 0 = %d, want an error", n)
	}
	if all, err := db.Rules().All(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("All() after a refused Put = %v, %v, want one", all, err)
	}
}
