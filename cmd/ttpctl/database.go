package main

import (
	"context"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/databases"
	"ttpctl/internal/store/rulesdir"
	"ttpctl/internal/vitals"
)

// dbFile returns the path, or the address, of the database by --db, "" for none.
func dbFile(flag string, s *streams) (string, error) { return databases.Path(flag, s.getenv) }

// needDBFile is dbFile for commands that are nothing without a database.
func needDBFile(flag string, s *streams) (string, error) {
	path, err := dbFile(flag, s)
	if err == nil && path == "" {
		err = cannotRun("leave --db out, or name a file with it", "--db none: this command works on the database")
	}
	return path, err
}

func dbOptions(s *streams) store.DBOptions {
	return store.DBOptions{Now: s.now, Getenv: s.getenv, Notify: func(n store.Notice) { logNotice(s, n) }}
}

// logNotice logs a failure after which a store goes on, and its end.
func logNotice(s *streams, n store.Notice) { vitals.Log{Log: s.log}.Trouble(n) }

// patiently waits for a database that is locked, full or gone.
func (s *streams) patiently(ctx context.Context, do func() error) error {
	return vitals.Log{Log: s.log}.Patiently(ctx, do)
}

// readDB opens the database at path without ever writing to it; nil when there
// is none.
func readDB(ctx context.Context, path string, s *streams) (store.Database, error) {
	if databases.Files(path) != nil {
		vitals.Log{Log: s.log}.WarnExposed(path)
	}
	return databases.Read(ctx, path, dbOptions(s))
}

// openDB opens the database at path for writing; nil when there is none: it is
// made once all else is known to be well.
func openDB(ctx context.Context, path string, s *streams) (store.Database, error) {
	there, err := databases.There(ctx, path, dbOptions(s))
	if err != nil || !there {
		return nil, err
	}
	return makeDB(ctx, path, s)
}

// mustReadDB is readDB for commands that read what others wrote.
func mustReadDB(ctx context.Context, flag string, s *streams) (store.Database, error) {
	path, err := needDBFile(flag, s)
	if err != nil {
		return nil, err
	}
	db, err := readDB(ctx, path, s)
	if err == nil && db == nil {
		err = databases.Missing(path)
	}
	return db, err
}

// statesOf returns the states in effect of db, none of a nil one.
func statesOf(ctx context.Context, db store.Database) (event.States, error) {
	if db == nil {
		return nil, nil
	}
	return db.States().States(ctx)
}

// closeDB closes db, if there is one, and gives the error of that when err is
// nil.
func closeDB(db store.Database, err *error) {
	if db == nil {
		return
	}
	if e := db.Close(); *err == nil {
		*err = e
	}
}

// ruleOrigin says where the rules in force come from.
type ruleOrigin struct {
	rules rulesdir.Layers // --rules
	store string          // --store
	db    string          // --db
}

func (a *app) ruleOrigin() ruleOrigin {
	return ruleOrigin{a.globals.rules, a.globals.store, a.globals.db}
}

// load compiles the rules of o; db may be nil.
func (o ruleOrigin) load(ctx context.Context, db store.Database, s *streams) (*engine.Ruleset, error) {
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
	in := s.ruleReader("")
	for _, r := range stored {
		in.Add(r.Source())
	}
	return compileRules(s, in, " "+db.Path(), runConfig(s, false))
}
