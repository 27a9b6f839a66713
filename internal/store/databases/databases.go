// Package databases opens the database that --db names: a file, or an address
// that says which kind of server keeps it.
//
// Who only reads never makes or changes anything: where nothing of ours is, there
// is no database, which is nil and no error. For example:
//
//	path, err := databases.Path("postgres://tagger@db.example/ttp", os.Getenv)
//	...
//	db, err := databases.Read(ctx, path, opts)
package databases

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ttpctl/internal/hint"
	"ttpctl/internal/store"
	"ttpctl/internal/store/mysql"
	"ttpctl/internal/store/postgres"
	"ttpctl/internal/store/sqldb"
	"ttpctl/internal/store/sqlite"
)

// None is the name of no database.
const None = "none"

// A server opens databases of one kind by their addresses.
type server struct {
	write, read func(ctx context.Context, address string, opts store.DBOptions) (*sqldb.DB, error)
}

// servers returns the kinds, by the scheme of an address.
func servers() map[string]server {
	m, p := server{mysql.Open, mysql.OpenReadOnly}, server{postgres.Open, postgres.OpenReadOnly}
	return map[string]server{"mysql": m, "mariadb": m, "postgres": p, "postgresql": p}
}

// IsAddress reports whether a name is that of a database with a server, and of no
// file.
func IsAddress(name string) bool { return strings.Contains(name, "://") }

// serverOf returns the kind of database that address names.
func serverOf(address string) (server, error) {
	scheme, _, _ := strings.Cut(address, "://")
	kind, ok := servers()[scheme]
	if !ok {
		known := slices.Sorted(maps.Keys(servers()))
		return kind, hint.Errorf("known are "+strings.Join(known, "://, ")+"://, and names of files", "--db: no database is called %q", scheme+"://")
	}
	return kind, nil
}

// Path returns the path, or the address, of the database that is called name; ""
// for [None]. Without a name it is where the user's state is kept.
func Path(name string, getenv func(string) string) (string, error) {
	if name == None {
		return "", nil
	}
	if name == "" {
		path, err := sqlite.DefaultPath(getenv)
		if err != nil {
			return "", hint.Errorf("", "database: %w", err)
		}
		return path, nil
	}
	if IsAddress(name) {
		if _, err := serverOf(name); err != nil {
			return "", err
		}
	}
	return name, nil
}

// Files returns the files of the database at path, of which not all need be there;
// one with a server has none.
func Files(path string) []string {
	if path == "" || IsAddress(path) {
		return nil
	}
	return []string{path, path + "-wal", path + "-shm"}
}

// Read opens the database at path without ever writing to it; nil when there is
// none.
func Read(ctx context.Context, path string, opts store.DBOptions) (store.Database, error) {
	if path == "" {
		return nil, nil
	}
	if !IsAddress(path) {
		db, err := sqlite.OpenReadOnly(ctx, path, fileOptions(opts))
		if err != nil {
			return nil, unlessMissing(err)
		}
		return db, nil
	}
	db, err := readServer(ctx, path, opts)
	if err != nil || db == nil {
		return nil, err
	}
	return db, nil
}

// readServer is Read for a server.
func readServer(ctx context.Context, address string, opts store.DBOptions) (*sqldb.DB, error) {
	kind, err := serverOf(address)
	if err != nil {
		return nil, err
	}
	db, err := kind.read(ctx, address, opts)
	return db, unlessMissing(err)
}

// unlessMissing returns err unless it says that there is no database.
func unlessMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Make opens the database at path for writing, or makes it.
func Make(ctx context.Context, path string, opts store.DBOptions) (store.Database, error) {
	open := func() (store.Database, error) { return sqlite.Open(ctx, path, fileOptions(opts)) }
	if IsAddress(path) {
		kind, err := serverOf(path)
		if err != nil {
			return nil, err
		}
		open = func() (store.Database, error) { return kind.write(ctx, path, opts) }
	}
	db, err := open()
	if err != nil {
		return nil, err // and no pointer that is nil
	}
	return db, nil
}

// There reports whether there is a database at path that Make would open, also one
// that an older ttpctl wrote.
func There(ctx context.Context, path string, opts store.DBOptions) (bool, error) {
	if !IsAddress(path) {
		_, err := os.Stat(path)
		return path != "" && !errors.Is(err, fs.ErrNotExist), nil
	}
	db, err := readServer(ctx, path, opts)
	there := db != nil
	if err == nil && there {
		err = db.Close()
	}
	if errors.Is(err, store.ErrOlderSchema) {
		return true, nil
	}
	return there && err == nil, err
}

// fileOptions returns opts for a database in a file.
func fileOptions(opts store.DBOptions) sqlite.Options {
	o := sqlite.Options{Now: opts.Now, Notify: opts.Notify, DeadLetters: opts.DeadLetters}
	if opts.Durable {
		o.Durability = sqlite.Full
	}
	return o
}

// Shown returns what people call the database that is called name.
func Shown(name string) string {
	if IsAddress(name) {
		shown, _, _ := strings.Cut(name, "?")
		return shown
	}
	if abs, err := filepath.Abs(name); err == nil {
		return abs
	}
	return name
}

// Missing says that there is no database at path.
func Missing(path string) error {
	const help = "ttpctl tag --save or ttpctl serve make it; --db names another"
	if IsAddress(path) {
		return hint.Errorf(help, "database %s: there is nothing of ttpctl in it", Shown(path))
	}
	return hint.Errorf(help, "database %s: no such file", path)
}

// InsteadOfLog is for commands that read the database when no log is named: where it
// is missing, a log may be what was meant.
func InsteadOfLog(db store.Database, err error) (store.Database, error) {
	if err != nil {
		err = fmt.Errorf("no log named: %w", err)
	}
	return db, err
}

// Beside returns the path of a file that belongs to the database db, with the
// suffix given: beside its file, or, of a database with a server, where that would
// be.
func Beside(db store.Database, suffix string, getenv func(string) string) (string, error) {
	_, name, address := strings.Cut(db.Path(), "://")
	if !address {
		return db.Path() + suffix, nil
	}
	usual, err := sqlite.DefaultPath(getenv)
	if err != nil {
		return "", err
	}
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:@`, r) {
			return '_'
		}
		return r
	}, name)
	return filepath.Join(filepath.Dir(usual), name+suffix), nil
}
