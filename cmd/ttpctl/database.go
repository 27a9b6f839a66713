package main

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
)

// noDatabase is the --db of those who want none.
const noDatabase = "none"

// dbFile returns the path of the database by --db, "" for none.
func dbFile(flag string, s *streams) (string, error) {
	switch flag {
	case noDatabase:
		return "", nil
	case "":
		path, err := sqlite.DefaultPath(s.getenv)
		if err != nil {
			return "", cannotRun("", "database: %w", err)
		}
		return path, nil
	}
	return flag, nil
}

// needDBFile is dbFile for commands that are nothing without a database.
func needDBFile(flag string, s *streams) (string, error) {
	path, err := dbFile(flag, s)
	if err == nil && path == "" {
		err = cannotRun("leave --db out, or name a file with it", "--db none: this command works on the database")
	}
	return path, err
}

func dbOptions(s *streams) sqlite.Options {
	return sqlite.Options{Now: s.now, Notify: func(n store.Notice) { logNotice(s, n) }}
}

// logNotice logs a failure after which a store goes on, and its end.
func logNotice(s *streams, n store.Notice) {
	if n.Err == nil {
		s.log.Info("works again", "subject", n.Subject)
		return
	}
	args := []any{"subject", n.Subject, "err", n.Err}
	if help := databaseHelp(n.Err); help != "" {
		args = append(args, "help", help)
	}
	s.log.Warn("trouble, what is in force stays", args...)
}

// readDB opens the database at path without ever writing to it; nil when there
// is none.
func readDB(ctx context.Context, path string, s *streams) (*sqlite.DB, error) {
	if path == "" {
		return nil, nil
	}
	s.warnExposed(path)
	db, err := sqlite.OpenReadOnly(ctx, path, dbOptions(s))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return db, err
}

// openDB opens the database at path for writing; nil when there is none: it is
// made once all else is known to be well.
func openDB(ctx context.Context, path string, s *streams) (*sqlite.DB, error) {
	if _, err := os.Stat(path); path == "" || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return makeDB(ctx, path, s)
}

// mustReadDB is readDB for commands that read what others wrote.
func mustReadDB(ctx context.Context, flag string, s *streams) (*sqlite.DB, error) {
	path, err := needDBFile(flag, s)
	if err != nil {
		return nil, err
	}
	db, err := readDB(ctx, path, s)
	if err == nil && db == nil {
		err = noDBFile(path)
	}
	return db, err
}

func noDBFile(path string) error {
	return cannotRun("ttpctl tag --save or ttpctl serve make it; --db names another", "database %s: no such file", path)
}

// statesOf returns the states in effect of db, none of a nil one.
func statesOf(ctx context.Context, db *sqlite.DB) (event.States, error) {
	if db == nil {
		return nil, nil
	}
	return db.States().States(ctx)
}

// closeDB closes db, if there is one, and gives the error of that when err is
// nil.
func closeDB(db *sqlite.DB, err *error) {
	if db == nil {
		return
	}
	if e := db.Close(); *err == nil {
		*err = e
	}
}

// ruleOrigin says where the rules in force come from.
type ruleOrigin struct {
	rules ruleLayers // --rules
	store string     // --store
	db    string     // --db
}

func (a *app) ruleOrigin() ruleOrigin {
	return ruleOrigin{a.globals.rules, a.globals.store, a.globals.db}
}

// load compiles the rules of o; db may be nil.
func (o ruleOrigin) load(ctx context.Context, db *sqlite.DB, s *streams) (*engine.Ruleset, error) {
	if o.store != "database" {
		return loadRules(ctx, s, o.rules)
	}
	if db == nil {
		return nil, cannotRun("ttpctl serve --store database --rules DIR fills it", "--store database: there is no database")
	}
	stored, err := db.Rules().All(ctx)
	if err != nil {
		return nil, err
	}
	in := newRuleInput(s, "")
	for _, r := range stored {
		in.add(r.Source())
	}
	return compileRules(s, in, " "+db.Path(), compileConfig(s, false))
}
